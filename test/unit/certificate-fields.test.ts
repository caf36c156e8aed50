import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { keyUsagesOf, nameAttributes, type KeyUsage } from '../../lib/certificate-fields';
import { certificateParts } from '../../lib/certificate-parts';
import { element, oid, sequence } from '../../lib/der';
import { Authority, noOpenssl } from '../support/authority';
import { skip } from '../support/skip';

describe('certificates: what node:crypto does not tell', () => {
  let authority: Authority;
  before(function () {
    if (noOpenssl !== undefined) skip(this, noOpenssl);
    authority = new Authority();
  });
  after(() => authority?.remove());

  const der = (subject: string, keyUsage?: string): Uint8Array =>
    new X509Certificate(authority.issue(subject, keyUsage === undefined ? {} : { keyUsage }).certificate).raw;

  it('keyUsage', () => {
    const every =
      'digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement, keyCertSign, cRLSign, encipherOnly, decipherOnly';
    for (const words of ['digitalSignature', 'nonRepudiation', 'decipherOnly', 'keyCertSign, cRLSign', every]) {
      assert.deepEqual(keyUsagesOf(der('/CN=x', words)), words.split(', ') as KeyUsage[]);
    }
    assert.equal(keyUsagesOf(der('/CN=x')), undefined);
    for (const none of [new Uint8Array(0), Uint8Array.of(0x30, 0), Buffer.from('text'), der('/CN=x', 'keyAgreement').subarray(0, 200)]) {
      assert.equal(keyUsagesOf(none), undefined);
    }
  });

  it('the attributes of a name, in their order', () => {
    const { subject } = certificateParts(der('/serialNumber=1/CN=Å, b=c\\/d/serialNumber=2'))!;
    assert.deepEqual(nameAttributes(subject), [
      { type: '2.5.4.5', value: '1' },
      { type: '2.5.4.3', value: 'Å, b=c/d' },
      { type: '2.5.4.5', value: '2' },
    ]);
    assert.equal(nameAttributes(Buffer.from('no name')), undefined);
  });

  it('text in every kind of string', () => {
    const name = (tag: number, content: Uint8Array): Uint8Array => sequence(element(0x31, sequence(oid('2.5.4.3'), element(tag, content))));
    for (const [tag, content, value] of [
      [0x0c, Buffer.from('é😀'), 'é😀'],
      [0x13, Buffer.from('plain'), 'plain'],
      [0x14, Buffer.from('é', 'latin1'), 'é'],
      [0x1e, Buffer.from('é', 'utf16le').swap16(), 'é'],
      [0x1c, Buffer.from([0, 1, 0xf6, 0, 0x7f, 0xff, 0xff, 0xff]), '😀\ufffd'],
    ] as const) {
      assert.deepEqual(nameAttributes(name(tag, content)), [{ type: '2.5.4.3', value }]);
    }
  });
});
