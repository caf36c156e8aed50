// The signature: XML that is written in its canonical form, so that what is hashed and signed is literally a part of it
// (XML Signature 1.0; Canonical XML 1.0, inclusive, without comments).

import { createHash } from 'node:crypto';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const BANKID = 'http://www.bankid.com/signature/v1.0.0/types';
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

/** How signatures are made: the name of XML Signature, and the hash. */
export interface Method {
  readonly uri: string;
  readonly hash: 'sha1' | 'sha256';
}

/** SHA-1 is what the original has, and the servers that know nothing else. */
export const RSA_SHA1: Method = { uri: `${DSIG}rsa-sha1`, hash: 'sha1' };
export const RSA_SHA256: Method = { uri: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', hash: 'sha256' };
export const ECDSA_SHA256: Method = { uri: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256', hash: 'sha256' };

/** What is signed. All text in it has been checked: it needs no escapes. */
export interface Content {
  readonly text?: { readonly base64: string; readonly charset: string } | undefined;
  readonly nonVisible?: string | undefined;
  readonly nonce: string;
  readonly serverTime?: string | undefined;
  readonly funcId: 'Identification' | 'Signing';
  readonly hostname: string;
  readonly ip: string;
  readonly version: string;
}

type Attributes = Readonly<Record<string, string>>;

/** An element in canonical form: start and end tag always, the attributes as given. */
function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
  return `<${name}${written.join('')}>${content.join('')}</${name}>`;
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('base64');

function signedData({ text, nonVisible, nonce, serverTime, funcId, hostname, ip, version }: Content): string {
  return element(
    'bankIdSignedData',
    { xmlns: BANKID, Id: 'bidSignedData' },
    ...(text === undefined ? [] : [element('usrVisibleData', { charset: text.charset, visible: 'wysiwys' }, text.base64)]),
    ...(nonVisible === undefined ? [] : [element('usrNonVisibleData', {}, nonVisible)]),
    element('srvInfo', {}, element('nonce', {}, nonce), ...(serverTime === undefined ? [] : [element('serverTime', {}, serverTime)])),
    element(
      'clientInfo',
      {},
      element('funcId', {}, funcId),
      element('host', {}, element('fqdn', {}, hostname), element('ip', {}, ip)),
      element('version', {}, Buffer.from(version).toString('base64')),
    ),
  );
}

function keyInfo(chain: readonly Uint8Array[]): string {
  const certificates = chain.map((der) => element('X509Certificate', {}, Buffer.from(der).toString('base64')));
  return element('KeyInfo', { xmlns: DSIG, Id: 'bidKeyInfo' }, element('X509Data', {}, ...certificates));
}

function reference(attributes: Attributes, canonical: string): string {
  return element(
    'Reference',
    attributes,
    element('Transforms', {}, element('Transform', { Algorithm: C14N })),
    element('DigestMethod', { Algorithm: SHA256 }),
    element('DigestValue', {}, sha256(canonical)),
  );
}

/** Builds the whole; `sign` gets the octets of SignedInfo. The result is base64 on one line. */
export async function signature(
  content: Content,
  chain: readonly Uint8Array[],
  method: Method,
  sign: (data: Uint8Array) => Promise<Uint8Array>,
): Promise<string> {
  const [data, info] = [signedData(content), keyInfo(chain)];
  const signedInfo = element(
    'SignedInfo',
    { xmlns: DSIG },
    element('CanonicalizationMethod', { Algorithm: C14N }),
    element('SignatureMethod', { Algorithm: method.uri }),
    reference({ Type: BANKID, URI: '#bidSignedData' }, data),
    reference({ URI: '#bidKeyInfo' }, info),
  );
  const value = Buffer.from(await sign(Buffer.from(signedInfo))).toString('base64');
  const whole = element('Signature', { xmlns: DSIG }, signedInfo, element('SignatureValue', {}, value), info, element('Object', {}, data));
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8" standalone="no"?>${whole}`).toString('base64');
}
