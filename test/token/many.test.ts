import assert from 'node:assert/strict';
import { createHmac, randomBytes, verify } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { CKM, Module, type KeyPair, type SecretKey } from '../../lib';
import { openToken, profiles, useToken, type Fixture } from '../support/profile';
import { skip } from '../support/skip';
import { all, pieces, refuses } from '../support/token';

const AT_ONCE = 64;

for (const profile of profiles()) {
  describe(`many at once on ${profile.title}`, () => {
    const fixture = useToken(profile);
    let pair: KeyPair;

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDSA);
      await fixture().token.login(fixture().pin);
      pair = await fixture().token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'shared' });
    });

    it('signatures with one key', async () => {
      const publicKey = pair.publicKey.toKeyObject();
      const documents = Array.from({ length: AT_ONCE }, (_, index) => Buffer.from(`document ${index}`));
      const signatures = await Promise.all(documents.map((document) => pair.privateKey.sign('sha256', document)));
      documents.forEach((document, index) => assert.equal(verify('sha256', document, publicKey, signatures[index]!), true));
      assert.equal(new Set(signatures.map((signature) => Buffer.from(signature).toString('hex'))).size, AT_ONCE);
    });

    it('operations of every kind, none in the way of another', async function () {
      fixture().needs(this, 'import');
      await fixture().requires(this, CKM.SHA256_HMAC, CKM.AES_CBC_PAD);
      const { token } = fixture();
      const raw = randomBytes(32);
      const mac = (await token.importKey(raw, { type: 'hmac' })) as SecretKey;
      const aes = (await token.importKey(raw, { type: 'aes' })) as SecretKey;
      const iv = randomBytes(16);
      const data = randomBytes(30_000);
      const kinds: (() => Promise<void>)[] = [
        async () => assert.equal(await pair.publicKey.verify('sha256', data, await pair.privateKey.sign('sha256', pieces(data, 999))), true),
        async () => assert.deepEqual(Buffer.from(await mac.sign('sha256', pieces(data, 4999))), createHmac('sha256', raw).update(data).digest()),
        async () => {
          const sealed = Buffer.concat(await all(aes.encryptStream({ name: 'aes-cbc', iv }, pieces(data, 3001))));
          assert.deepEqual(Buffer.from(await aes.decrypt({ name: 'aes-cbc', iv }, sealed)), data);
        },
        async () => assert.equal((await token.random(100)).length, 100),
        async () => assert.equal((await pair.privateKey.get(['label'])).label, 'shared'),
        async () => assert.equal((await all(token.privateKeys({ label: 'shared' }))).length, 1),
        async () => (await token.generateKey('aes', { length: 128 })).destroy(),
        async () => void (await token.info()),
      ];
      await Promise.all(Array.from({ length: 2 * AT_ONCE }, (_, index) => kinds[index % kinds.length]!()));
    });

    it('that fail leave the others alone', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: AT_ONCE }, (_, index) =>
          index % 2 === 0 ? pair.privateKey.sign('sha256', Buffer.from('x')) : pair.privateKey.sign({ mechanism: CKM.AES_ECB }, Buffer.from('x')),
        ),
      );
      results.forEach(({ status }, index) => assert.equal(status, index % 2 === 0 ? 'fulfilled' : 'rejected'));
    });

    it('loads of one library are one user each of it', async function () {
      const { module, token } = fixture();
      const again = await Module.load(profile.module);
      try {
        const same = await again.slot(token.slot.id).token();
        assert.equal(same.serialNumber, token.serialNumber);
        assert.notEqual(same, token);
        // The login is the application's, whichever object asked for it (PKCS #11 v3.2, section 5.6.8, C_Login).
        const found = await same.privateKey({ label: 'shared' });
        assert.equal(verify('sha256', Buffer.from('x'), pair.publicKey.toKeyObject(), await found.sign('sha256', Buffer.from('x'))), true);
        await assert.rejects(same.secretKey({ label: 'none' }), { code: 'ERR_CRYPTOKI_NOT_FOUND' });
        const mixed = pair.publicKey.wrap({ mechanism: CKM.RSA_PKCS }, found);
        await refuses(mixed, 'ERR_CRYPTOKI_FOREIGN_OBJECT');
      } finally {
        await again.close();
      }
      await refuses(again.info(), 'ERR_CRYPTOKI_CLOSED');
      assert.ok((await module.info()).manufacturer.length > 0, 'the first goes on');
      assert.equal((await pair.privateKey.sign('sha256', Buffer.from('x'))).length > 0, true);
    });

    it('threads use one library', async () => {
      const entry = require.resolve('../../lib/index.ts');
      const code = `
        require('tsx/cjs');
        const { parentPort, workerData } = require('node:worker_threads');
        const { Module } = require(workerData.entry);
        (async () => {
          const module = await Module.load(workerData.path);
          const token = await module.slot(workerData.slot).token();
          const bytes = await Promise.all(Array.from({ length: 20 }, () => token.random(16)));
          const key = await token.privateKey({ label: 'shared' });
          const signature = await key.sign('sha256', Buffer.from('from a thread'));
          await module.close();
          parentPort.postMessage({ bytes: bytes.length, signature });
        })();
      `;
      const answers = await Promise.all(
        Array.from({ length: 3 }, () => {
          const worker = new Worker(code, {
            eval: true,
            execArgv: [],
            workerData: { entry, path: profile.module, slot: fixture().slot.id },
          });
          return new Promise<{ bytes: number; signature: Uint8Array }>((resolve, reject) => {
            worker.once('message', resolve).once('error', reject);
          });
        }),
      );
      const publicKey = pair.publicKey.toKeyObject();
      for (const { bytes, signature } of answers) {
        assert.equal(bytes, 20);
        assert.equal(verify('sha256', Buffer.from('from a thread'), publicKey, signature), true);
      }
      assert.equal((await fixture().token.random(8)).length, 8, 'the library is still initialised');
    });
  });
}

describe('two libraries at once', () => {
  it('each with its own keys, and closed one by one', async function () {
    this.timeout(60_000);
    const here = profiles().filter(
      ({ reason, skips }) => reason === undefined && skips.generate === undefined && skips['session-objects'] === undefined,
    );
    const [one, other] = here;
    if (one === undefined || other === undefined) skip(this, 'one library is here, not two');
    const open: Fixture[] = [await openToken(one), await openToken(other)];
    try {
      const pairs = await Promise.all(
        open.map(async ({ token, pin }) => {
          await token.login(pin);
          return token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'mine' });
        }),
      );
      const data = Buffer.from('a document');
      const signatures = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => pairs[index % 2]!.privateKey.sign('sha256', data)));
      signatures.forEach((signature, index) => {
        assert.equal(verify('sha256', data, pairs[index % 2]!.publicKey.toKeyObject(), signature), true);
        assert.equal(verify('sha256', data, pairs[1 - (index % 2)]!.publicKey.toKeyObject(), signature), false);
      });
      await refuses(pairs[0]!.publicKey.wrap({ mechanism: CKM.RSA_PKCS }, pairs[1]!.privateKey), 'ERR_CRYPTOKI_FOREIGN_OBJECT');
      await open[0]!.close();
      await refuses(pairs[0]!.privateKey.sign('sha256', data), 'ERR_CRYPTOKI_CLOSED');
      assert.equal((await pairs[1]!.privateKey.sign('sha256', data)).length > 0, true);
    } finally {
      await Promise.all(open.map((fixture) => fixture.close()));
    }
  });
});
