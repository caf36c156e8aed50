import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, verify, X509Certificate } from 'node:crypto';
import { mergeEnvironments } from '../../scripts/support/acquire.mjs';
import { selfSigned } from '../../scripts/support/certificate.mjs';
import { Progress } from '../../scripts/support/progress.mjs';
import { signDigest } from '../../scripts/tokens/piv/ecdsa.mjs';

/** What a terminal of some width, or a pipe, is sent. */
function recorder(columns?: number) {
  const written: string[] = [];
  const stream = { isTTY: columns !== undefined, columns, write: (text: string) => written.push(text) };
  return { written, stream: stream as unknown as NodeJS.WritableStream };
}

describe('the progress bar', () => {
  for (const columns of [10, 40, 80]) {
    it(`stays within ${columns} columns and ends with an empty line`, () => {
      const { written, stream } = recorder(columns);
      const progress = new Progress(1000, stream);
      for (let done = 1; done <= 1000; done += 1) progress.update(done, 'RSA-2048');
      progress.end();
      // oxlint-disable-next-line no-control-regex
      const lines = written.map((text) => text.replaceAll(/[\r]|\x1b\[K/g, ''));
      assert.ok(lines.length > 10);
      assert.ok(lines.every((line) => line.length < columns));
      assert.equal(lines.at(-1), '');
    });
  }

  it('is four plain lines where there is no terminal', () => {
    const { written, stream } = recorder();
    const progress = new Progress(1000, stream);
    for (let done = 1; done <= 1000; done += 1) progress.update(done, 'P-256');
    progress.end();
    assert.deepEqual(written, ['  250 of 1000\n', '  500 of 1000\n', '  750 of 1000\n', '  1000 of 1000\n']);
  });
});

describe('the self-signed certificate', () => {
  const kinds = {
    rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ed25519: () => generateKeyPairSync('ed25519'),
  };
  for (const [type, generate] of Object.entries(kinds)) {
    it(`of a key of type ${type} is one that node:crypto reads and verifies`, async () => {
      const { privateKey, publicKey } = generate();
      const der = await selfSigned({
        subject: 'a name',
        publicKey,
        sign: async (body: Buffer) => sign(type === 'ed25519' ? null : 'sha256', body, privateKey),
      });
      const certificate = new X509Certificate(der);
      assert.equal(certificate.subject, 'CN=a name');
      assert.ok(certificate.verify(publicKey));
      assert.ok(certificate.checkIssued(certificate));
      assert.ok(certificate.ca);
    });
  }
});

describe('the card of the tests', () => {
  it('signs digests as node:crypto verifies them', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (let round = 0; round < 50; round += 1) {
      const data = Buffer.from(`document ${round}`);
      const signature = signDigest(privateKey, createHash('sha256').update(data).digest());
      assert.ok(verify('sha256', data, publicKey, signature));
    }
  });
});

describe('environments', () => {
  it('are joined where they are search paths, and else the last one counts', () => {
    const merged = mergeEnvironments({ LD_LIBRARY_PATH: '/a:/b', NAME: '1' }, { LD_LIBRARY_PATH: '/c:/a', NAME: '2' });
    assert.deepEqual(merged, { LD_LIBRARY_PATH: '/c:/a:/b', NAME: '2' });
  });
});
