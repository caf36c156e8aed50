import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignedXml } from 'xml-crypto';
import { root } from '../../scripts/support/paths.mjs';
import { DOMParser } from '@xmldom/xmldom';
import { base64, first, NONCE, personalOf, ready, Script, TEXT, useBench, xmlOf } from './support';
import type { PersonalObject, PersonalOptions } from '../../lib/personal';
import type { Issued } from '../support/authority';

const C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const VERSION = 'Personal=1&platform=x&distribution=y&os_version=z&best_before=1293042489&';
const FIXED = { versionOrder: ['Personal'], version: '1', platform: 'x', distribution: 'y', osVersion: 'z', clock: () => 1290536889000 };

const der = ({ certificate }: Issued): string => new X509Certificate(certificate).raw.toString('base64');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');
const between = (xml: string, tag: string): string => new RegExp(`<${tag}[ >][^]*</${tag}>`).exec(xml)![0];

/** xml-crypto's judgement, with the certificate in the signature itself or another key. */
function accepts(xml: string, certificate?: string): boolean {
  const inside = /<X509Certificate>([^<]*)/.exec(xml)![1]!;
  const publicCert = certificate ?? `-----BEGIN CERTIFICATE-----\n${inside.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
  const judge = new SignedXml({ publicCert, getCertFromKeyInfo: () => null });
  const node = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
  try {
    judge.loadSignature(node as never);
    return judge.checkSignature(xml);
  } catch {
    return false;
  }
}

describe('personal: the signature', () => {
  const bench = useBench();
  let rsa: Issued;

  before(async () => {
    await bench().putChain();
    rsa = await bench().put('RSA', { options: { kind: 'rsa:2048', keyUsage: 'digitalSignature, nonRepudiation' } });
  });

  async function perform(
    action: 'Authenticate' | 'Sign',
    set: Record<string, string> = {},
    more: Partial<PersonalOptions> = {},
  ): Promise<PersonalObject> {
    const object = ready(personalOf([bench().token], new Script(first()), { ...FIXED, ...more }), action);
    for (const [name, value] of Object.entries(set)) assert.equal(object.SetParam(name, value), 0);
    assert.equal(await object.PerformAction(action), 0, String(object.cause));
    return object;
  }

  /** The form of the page, written down a second time. */
  function expected(data: string, xml: string, algorithm: string, chain: string[]): string {
    const value = /<SignatureValue>([^<]*)<\/SignatureValue>/.exec(xml)![1]!;
    const certificates = chain.map((one) => `<X509Certificate>${one}</X509Certificate>`).join('');
    const info = `<KeyInfo xmlns="${DSIG}" Id="bidKeyInfo"><X509Data>${certificates}</X509Data></KeyInfo>`;
    const reference = (attributes: string, digest: string): string =>
      `<Reference ${attributes}><Transforms><Transform Algorithm="${C14N}"></Transform></Transforms>` +
      `<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>${digest}</DigestValue></Reference>`;
    return (
      '<?xml version="1.0" encoding="UTF-8" standalone="no"?>' +
      `<Signature xmlns="${DSIG}"><SignedInfo xmlns="${DSIG}">` +
      `<CanonicalizationMethod Algorithm="${C14N}"></CanonicalizationMethod><SignatureMethod Algorithm="${algorithm}"></SignatureMethod>` +
      reference('Type="http://www.bankid.com/signature/v1.0.0/types" URI="#bidSignedData"', sha256(data)) +
      reference('URI="#bidKeyInfo"', sha256(info)) +
      `</SignedInfo><SignatureValue>${value}</SignatureValue>${info}<Object>${data}</Object></Signature>`
    );
  }

  const client = (funcId: string, host = 'www.example.com', ip = '192.0.2.10'): string =>
    `<clientInfo><funcId>${funcId}</funcId><host><fqdn>${host}</fqdn><ip>${ip}</ip></host><version>${base64(VERSION)}</version></clientInfo>`;
  const OPEN = '<bankIdSignedData xmlns="http://www.bankid.com/signature/v1.0.0/types" Id="bidSignedData">';
  const CLOSE = '</bankIdSignedData>';

  it('Authenticate: byte for byte as the page has it', async () => {
    const xml = xmlOf(await perform('Authenticate', { ServerTime: '1290536889' }));
    const data = `${OPEN}<srvInfo><nonce>${NONCE}</nonce><serverTime>1290536889</serverTime></srvInfo>${client('Identification')}${CLOSE}`;
    assert.equal(xml, expected(data, xml, `${DSIG}rsa-sha1`, [der(rsa), der(bench().middle), der(bench().root)]));
  });

  it('Sign: byte for byte as the page has it', async () => {
    const nonVisible = base64('not visible');
    const xml = xmlOf(await perform('Sign', { NonVisibleData: nonVisible, TextCharacterEncoding: 'ISO-8859-1' }));
    const data =
      `${OPEN}<usrVisibleData charset="ISO-8859-1" visible="wysiwys">${TEXT}</usrVisibleData><usrNonVisibleData>${nonVisible}</usrNonVisibleData>` +
      `<srvInfo><nonce>${NONCE}</nonce></srvInfo>${client('Signing')}${CLOSE}`;
    assert.equal(xml, expected(data, xml, `${DSIG}rsa-sha1`, [der(rsa), der(bench().middle), der(bench().root)]));
  });

  it('serverTime only when set', async () => {
    assert.ok(!xmlOf(await perform('Authenticate')).includes('serverTime'));
    assert.ok(xmlOf(await perform('Sign', { ServerTime: '1290536889' })).includes('<serverTime>1290536889</serverTime>'));
  });

  it('charset is TextCharacterEncoding, UTF-8 by default', async () => {
    assert.match(xmlOf(await perform('Sign')), /<usrVisibleData charset="UTF-8" visible="wysiwys">/);
  });

  it('NonVisibleData "" is accepted and leaves its element out', async () => {
    assert.ok(!xmlOf(await perform('Sign', { NonVisibleData: '' })).includes('usrNonVisibleData'));
    assert.ok(!xmlOf(await perform('Sign')).includes('usrNonVisibleData'));
  });

  it('empty host and ip are fine', async () => {
    const xml = xmlOf(await perform('Authenticate', {}, { hostname: '', ip: '' }));
    assert.match(xml, /<host><fqdn><\/fqdn><ip><\/ip><\/host>/);
    assert.equal(accepts(xml), true);
  });

  it('base64 on one line, of XML on one line', async () => {
    const object = await perform('Sign');
    assert.match(object.GetParam('Signature')!, /^[A-Za-z0-9+/]+={0,2}$/);
    assert.ok(!xmlOf(object).includes('\n'));
  });

  it('the signature is over the literal SignedInfo: RSA PKCS #1 v1.5 with SHA-1', async () => {
    const xml = xmlOf(await perform('Sign'));
    const value = Buffer.from(/<SignatureValue>([^<]*)/.exec(xml)![1]!, 'base64');
    assert.equal(verify('sha1', Buffer.from(between(xml, 'SignedInfo')), createPublicKey(rsa.certificate), value), true);
  });

  for (const action of ['Authenticate', 'Sign'] as const) {
    it(`${action}: an independent verifier accepts it as produced, and nothing after any change of nonce, text or certificate`, async () => {
      const nonVisible: Record<string, string> = action === 'Sign' ? { NonVisibleData: base64('not visible') } : {};
      const xml = xmlOf(await perform(action, { ServerTime: '1290536889', ...nonVisible }));
      assert.equal(accepts(xml, rsa.certificate), true);
      const other = base64('another nonce');
      for (const [from, to] of [
        [NONCE, other],
        [TEXT, base64('Jag godkänner inte')],
        [base64('not visible'), base64('invisible')],
        ['1290536889', '1290536888'],
        ['www.example.com', 'www.example.org'],
        ['192.0.2.10', '192.0.2.11'],
        [base64(VERSION), base64('another version')],
        ['charset="UTF-8"', 'charset="ISO-8859-1"'],
        ['<funcId>Signing', '<funcId>Identification'],
        [der(bench().root), der(bench().middle)],
        [der(rsa), der(bench().middle)],
      ] as const) {
        if (!xml.includes(from)) continue;
        assert.equal(accepts(xml.replace(from, to), rsa.certificate), false, `${from} → ${to}`);
      }
      assert.equal(accepts(xml, bench().middle.certificate), false, 'another certificate');
    });
  }

  it('the documentation says what SHA-1 is for', () => {
    const guide = readFileSync(join(root, 'docs', 'personal.md'), 'utf8');
    assert.match(guide, /SHA-1 are for compatibility only/);
  });

  it('signatureAlgorithm: rsa-sha256', async () => {
    const xml = xmlOf(await perform('Sign', {}, { signatureAlgorithm: 'rsa-sha256' }));
    assert.match(xml, /<SignatureMethod Algorithm="http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#rsa-sha256">/);
    assert.equal(accepts(xml), true);
    assert.equal(accepts(xml.replace(TEXT, base64('other'))), false);
  });

  it('a text of 10 MiB', async () => {
    const text = Buffer.alloc(7_864_320, 'x').toString('base64');
    assert.equal(text.length, 10 * 1024 * 1024);
    const xml = xmlOf(await perform('Sign', { TextToBeSigned: text, NonVisibleData: text }));
    assert.ok(xml.includes(sha256(between(xml, 'bankIdSignedData'))));
  }).timeout(60_000);

  describe('EC keys', () => {
    let ec: Issued;
    let key: KeyObject;

    before(async () => {
      await bench().clear();
      ec = await bench().put('EC', { options: { kind: 'ec:P-256', keyUsage: 'digitalSignature, nonRepudiation' } });
      key = createPublicKey(ec.certificate);
    });

    it('sign ecdsa-sha256, r‖s, whatever the option for RSA says', async () => {
      for (const more of [{}, { signatureAlgorithm: 'rsa-sha256' as const }]) {
        const xml = xmlOf(await perform('Sign', {}, more));
        assert.match(xml, /<SignatureMethod Algorithm="http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#ecdsa-sha256">/);
        const value = Buffer.from(/<SignatureValue>([^<]*)/.exec(xml)![1]!, 'base64');
        assert.equal(value.length, 64);
        assert.equal(verify('sha256', Buffer.from(between(xml, 'SignedInfo')), { key, dsaEncoding: 'ieee-p1363' }, value), true);
        const digests = [between(xml, 'bankIdSignedData'), between(xml, 'KeyInfo')].map(sha256);
        assert.deepEqual(
          [...xml.matchAll(/<DigestValue>([^<]*)/g)].map(([, digest]) => digest),
          digests,
        );
      }
    });
  });

  describe('the chain', () => {
    beforeEach(() => bench().clear());

    const subjects = (object: PersonalObject): string[] =>
      [...xmlOf(object).matchAll(/<X509Certificate>([^<]*)/g)].map(([, one]) =>
        new X509Certificate(Buffer.from(one!, 'base64')).subject.split('\n').at(-1)!,
      );
    const put = (label: string, more: object = {}): Promise<Issued> => bench().put(label, { options: { keyUsage: 'digitalSignature', ...more } });

    it('is leaf, issuer, issuer’s issuer, ending at a self-signed one, which is included', async () => {
      await bench().putChain();
      await put('Leaf');
      assert.deepEqual(subjects(await perform('Authenticate')), ['CN=Leaf', 'CN=Middle', 'CN=Root']);
    });

    it('ends where no issuer is found', async () => {
      await put('Leaf');
      assert.deepEqual(subjects(await perform('Authenticate')), ['CN=Leaf']);
    });

    it('of a self-signed certificate is that alone', async () => {
      const { authority, token } = bench();
      const own = authority.issue('/CN=Own', { keyUsage: 'digitalSignature' });
      await bench().put('Own', { subject: '/CN=Own', options: { keyUsage: 'digitalSignature', issuer: own, key: own.key } });
      assert.deepEqual(subjects(await perform('Authenticate')), ['CN=Own']);
      assert.equal(token.loggedIn, false);
    });

    it('with a loop in it does not hang', async () => {
      const { authority, token } = bench();
      const [one, two] = [authority.issue('/CN=One', { ca: true }), authority.issue('/CN=Two', { ca: true })];
      const oneByTwo = authority.issue('/CN=One', { ca: true, issuer: two, key: one.key });
      const twoByOne = authority.issue('/CN=Two', { ca: true, issuer: one, key: two.key });
      for (const { certificate } of [oneByTwo, twoByOne]) await token.importCertificate(certificate);
      await put('Leaf', { issuer: oneByTwo });
      assert.deepEqual(subjects(await perform('Authenticate')), ['CN=Leaf', 'CN=One', 'CN=Two']);
    });
  });
});
