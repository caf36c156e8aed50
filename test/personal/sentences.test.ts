// Every sentence of the page that settles the behaviour (personal.md) has a test.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { skip } from '../support/skip';

/** How a sentence begins, and words of the title of its test. */
const SENTENCES: readonly (readonly [beginning: string, title: string])[] = [
  ['`createPersonal({', 'createPersonal returns'],
  ['also `create(mimeType)`', 'create(mimeType) makes them'],
  ["A browser gave the page's URL", 'the host name defaults to that of the URL'],
  ['here the host program does', 'options that cannot be right are refused'],
  ['`hostname` defaults', 'the host name defaults to that of the URL'],
  ['Version object:', 'version object: GetVersion() only'],
  ['The other two:', 'version object: GetVersion() only'],
  ['no GetVersion', 'version object: GetVersion() only'],
  ['All are synchronous', 'all are synchronous except PerformAction'],
  ['Method names are', 'method names are case-sensitive'],
  ['PARAMETER and ACTION', 'parameter names are case-insensitive'],
  ['PARAMETER and ACTION', 'action names are case-insensitive'],
  ['Wrong argument count', 'wrong argument count'],
  ['A second PerformAction', 'a second PerformAction'],

  ['`chooseIdentity({', '{ action, identities, hostname, signal }'],
  ['Identities are the certificates', 'a private key with the same CKA_ID'],
  ['Identities are the certificates', 'Authenticate needs keyUsage digitalSignature'],
  ['no keyUsage extension', 'no keyUsage extension = not offered'],
  ['RSA and EC keys alike', 'each signs on its own token'],
  ['An identity is', 'an identity is {'],
  ['With no identity', 'with no identity the chooser is still called'],
  ['A wrong PIN never', 'the chooser is called again with lastError CKR_PIN_INCORRECT'],
  ['A wrong PIN never', 'a locked PIN: the chooser is called again'],
  ['`text` is TextToBeSigned', 'text is TextToBeSigned decoded for display'],
  ['with a NUL in it', 'with a NUL in it, it is not displayable'],

  ['authentication: Challenge', 'authentication and signer2 have those of the page'],
  ['signer2: Nonce', 'authentication and signer2 have those of the page'],
  ['A name of the other kind', 'authentication and signer2 have those of the page'],
  ['SetParam returns', 'parameter names are case-insensitive'],
  ['unknown name', 'parameter names are case-insensitive'],
  ['Value over 10 MiB', 'SetParam: a value over 10 MiB'],
  ['string parameters', 'string parameters, Signature too'],
  ['ServerTime, in this order', 'ServerTime ${JSON.stringify(value)}'],
  ['integer prefix', 'ServerTime ${JSON.stringify(value)}'],
  ['fewer than 10', 'ServerTime ${JSON.stringify(value)}'],
  ['else 0', 'ServerTime ${JSON.stringify(value)}'],
  ['OnlyAcceptMRU: "true"', 'OnlyAcceptMRU: '],
  ['TextCharacterEncoding: exactly', 'TextCharacterEncoding: exactly'],
  ['GetParam: unknown', 'GetParam: unknown'],
  ['A known name', 'a known name leaves the last error alone'],
  ['Unset string', 'GetParam: what is unset'],
  ['ServerTime unset', 'GetParam: what is unset'],
  ['set → decimal', 'ServerTime ${JSON.stringify(value)}'],
  ['OnlyAcceptMRU default', 'GetParam: what is unset'],
  ['TextCharacterEncoding default', 'GetParam: what is unset'],
  ['Signature: null before', 'GetParam: what is unset'],
  ['Signature: null before', '6: cancelled'],
  ['Signature: null before', '7: 0, and Signature is set'],
  ['Reset() → 0', 'Reset() → 0'],

  ['unknown action', '1: unknown action'],
  ['required parameter', '2: a required parameter'],
  ['Nonce and TextToBeSigned)', '2: a required parameter'],
  ['the URL does not', '3: the URL does not'],
  ['Challenge/Nonce', '4: what is no canonical base64'],
  ['host name with a character', '4: a host name'],
  ['ip with a character', '4: a host name'],
  ['Empty host and ip', 'empty host and ip are fine'],
  ['Canonical means', '4: what is no canonical base64'],
  ['Subjects that is no canonical', '5: Subjects that is no canonical'],
  ['Policys is stored', 'Policys is stored and has no effect'],
  ['cancelled → 8002', '6: cancelled'],
  ['0, and Signature', '7: 0, and Signature is set'],
  ['From stage 3 on', '3: the URL does not'],
  ['From stage 3 on', '6: cancelled'],
  ['An internal failure', 'an internal failure → 1'],
  ['An internal failure', 'a token pulled in mid-call'],
  ['the host program sees', 'an internal failure → 1, and the program sees the cause'],
  ['Subjects: decodes', 'Subjects: anything else'],
  ['It is compared', 'Subjects: compared with the first'],
  ['a certificate without one', 'a certificate without a serialNumber'],
  ['NonVisibleData "" is', 'NonVisibleData "" is accepted'],
  ['Error codes: 0', 'the error codes are an enum'],
  ['Export them', 'the error codes are an enum'],

  ['`Personal=V&', 'has the form of the page'],
  ['V (4.10.2.16)', 'V, platform, distribution'],
  ['T = now', 'T = now + 29 days'],
  ['No spaces', 'no spaces; always ends'],
  ['always ends with', 'no spaces; always ends'],

  ['Base64, one line', 'base64 on one line'],
  ['SignatureMethod rsa-sha1', 'the signature is over the literal SignedInfo'],
  ['The text is written', 'byte for byte as the page has it'],
  ['Empty elements', 'byte for byte as the page has it'],
  ['The chain is leaf', 'is leaf, issuer, issuer’s issuer'],
  ['The chain is leaf', 'ends where no issuer is found'],
  ['a loop must not hang', 'with a loop in it does not hang'],
  ['Test the result', 'an independent verifier accepts it'],
  ['Beyond the original', 'signatureAlgorithm: rsa-sha256'],
  ['Beyond the original', 'sign ecdsa-sha256'],
  ['SHA-1 signatures', 'the documentation says what SHA-1 is for'],
];

const page = resolve(__dirname, '..', '..', '..', 'shared', 'seeds', 'personal.md');

/** The sentences of its text; the form of the signature, in lines of code, has a test of its own that writes it down again. */
function sentencesOf(text: string): string[] {
  const body = text
    .slice(text.indexOf('\n## '))
    .replace(/^(## .*)$/gm, '$1\n')
    .replace(/^ {4}.*$/gm, '')
    .replace(/\n(?=[^\n#\-0-9])\s*/g, ' ');
  return body
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => line.replace(/^(- |\d\. )/, '').split(/(?<=[.;])\s+(?=[A-Z`"a-z0])/))
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

describe('personal: the sentences of the page', () => {
  it('each has a test', () => {
    const titles = readdirSync(__dirname)
      .filter((name) => name.endsWith('.test.ts') && name !== 'sentences.test.ts')
      .map((name) => readFileSync(join(__dirname, name), 'utf8'))
      .flatMap((source) => source.split('\n').filter((line) => /^\s*it\(/.test(line)))
      .join('\n');
    for (const [beginning, title] of SENTENCES) assert.ok(titles.includes(title), `${beginning} … has no test "${title}"`);
  });

  it('they are those of the page', function () {
    if (!existsSync(page)) skip(this, 'the page is not beside this project');
    const sentences = sentencesOf(readFileSync(page, 'utf8'));
    assert.ok(sentences.length > 60);
    for (const sentence of sentences)
      assert.ok(
        SENTENCES.some(([beginning]) => sentence.startsWith(beginning)),
        `nothing stands for: ${sentence}`,
      );
    for (const [beginning] of SENTENCES)
      assert.ok(
        sentences.some((sentence) => sentence.startsWith(beginning)),
        `it is not there: ${beginning}`,
      );
  });
});
