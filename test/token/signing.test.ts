import assert from 'node:assert/strict';
import { constants, createHash, createHmac, randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { CKM, type KeyPair, type PrivateKey, type PublicKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { skip } from '../support/skip';
import { curveBits, requiresSize } from '../support/token';

const data = randomBytes(50_000);

async function* pieces(size = 7919): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

function changed(signature: Uint8Array): Uint8Array {
  const other = Uint8Array.from(signature);
  other[other.length - 1]! ^= 1;
  return other;
}

/** Everything a signature is good for: node:crypto judges ours, the token judges ours and that of nobody. */
async function judge(pair: KeyPair, algorithm: string | null, options: object, node: object): Promise<void> {
  const judgeKey = { key: pair.publicKey.toKeyObject(), ...node };
  for (const input of [data, pieces(), [data.subarray(0, 1), data.subarray(1)], Readable.from([data])]) {
    const signature = await pair.privateKey.sign(algorithm, input, options);
    assert.equal(verify(algorithm, data, judgeKey, signature), true);
    assert.equal(await pair.publicKey.verify(algorithm, data, signature, options), true);
    assert.equal(await pair.publicKey.verify(algorithm, pieces(1000), signature, options), true);
    assert.equal(await pair.publicKey.verify(algorithm, data, changed(signature), options), false);
    assert.equal(await pair.publicKey.verify(algorithm, data.subarray(1), signature, options), false);
    assert.equal(await pair.publicKey.verify(algorithm, data, signature.subarray(1), options), false);
    assert.equal(await pair.publicKey.verify(algorithm, data, new Uint8Array(0), options), false);
  }
}

for (const profile of profiles()) {
  describe(`signing on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().token.login(profile.pin);
    });

    /** Skips where the token has none of the mechanisms. */
    async function anyOf(context: Mocha.Context, ...mechanisms: number[]): Promise<void> {
      const there = await fixture().slot.mechanisms();
      if (!mechanisms.some((mechanism) => there.has(mechanism))) await fixture().requires(context, ...mechanisms);
    }

    describe('with RSA', () => {
      let pair: KeyPair;
      before(async function () {
        await fixture().requires(this, CKM.RSA_PKCS_KEY_PAIR_GEN, CKM.RSA_PKCS);
        pair = await fixture().token.generateKeyPair('rsa', { modulusLength: 2048, privateKey: { sign: true }, publicKey: { verify: true } });
      });

      for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha512-256']) {
        it(`PKCS#1 and ${hash}`, () => judge(pair, hash, {}, {}));
      }

      for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
        it(`PSS and ${hash}, with salts of several lengths`, async function () {
          await anyOf(this, CKM.RSA_PKCS_PSS, CKM.SHA256_RSA_PKCS_PSS);
          const padding = constants.RSA_PKCS1_PSS_PADDING;
          await judge(pair, hash, { padding: 'pss' }, { padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
          await judge(pair, hash, { padding: 'pss', saltLength: 11 }, { padding, saltLength: 11 });
        });
      }

      it('a digest made elsewhere', async function () {
        const digest = createHash('sha256').update(data).digest();
        const signature = await pair.privateKey.signDigest('sha256', digest);
        assert.equal(verify('sha256', data, pair.publicKey.toKeyObject(), signature), true);
        assert.equal(await pair.publicKey.verifyDigest('sha256', digest, signature), true);
        assert.equal(await pair.publicKey.verifyDigest('sha256', createHash('sha256').digest(), signature), false);
        await assert.rejects(pair.privateKey.signDigest('sha256', digest.subarray(1)), { code: 'ERR_INVALID_ARG_VALUE' });
      });

      it('a mechanism given in full', async () => {
        const signature = await pair.privateKey.sign({ mechanism: CKM.RSA_PKCS }, Buffer.from('anything short'));
        assert.equal(await pair.publicKey.verify({ mechanism: CKM.RSA_PKCS }, Buffer.from('anything short'), signature), true);
      });

      it('many at once, none in the way of another', async () => {
        const inputs = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? data : pieces()));
        const signatures = await Promise.all(inputs.map((input) => pair.privateKey.sign('sha256', input)));
        for (const signature of signatures) assert.equal(verify('sha256', data, pair.publicKey.toKeyObject(), signature), true);
      });

      it('the empty message', async () => {
        const signature = await pair.privateKey.sign('sha256', new Uint8Array(0));
        assert.equal(verify('sha256', new Uint8Array(0), pair.publicKey.toKeyObject(), signature), true);
        assert.deepEqual(await pair.privateKey.sign('sha256', []), signature);
      });

      it('what was given, though it changes before its turn comes', async () => {
        const mine = Buffer.from('the message');
        const running = Array.from({ length: 20 }, () => pair.privateKey.sign('sha256', mine));
        mine.fill(0);
        const [first, ...rest] = await Promise.all(running);
        assert.equal(verify('sha256', Buffer.from('the message'), pair.publicKey.toKeyObject(), first!), true);
        for (const other of rest) assert.deepEqual(other, first);
      });

      it('ends when it is told to, and the session is good for the next', async () => {
        const controller = new AbortController();
        let ended = false;
        async function* endless(): AsyncGenerator<Uint8Array> {
          try {
            yield data;
            queueMicrotask(() => controller.abort());
            for (;;) yield await new Promise<Uint8Array>((resolve) => setImmediate(resolve, data));
          } finally {
            ended = true;
          }
        }
        await assert.rejects(pair.privateKey.sign('sha256', endless(), { signal: controller.signal }), { name: 'AbortError', code: 'ABORT_ERR' });
        await assert.rejects(pair.privateKey.sign('sha256', data, { signal: AbortSignal.abort() }), { name: 'AbortError' });
        const never = async function* (): AsyncGenerator<Uint8Array> {
          yield data;
          await new Promise(() => undefined);
        };
        await assert.rejects(pair.privateKey.sign('sha256', never(), { timeLimit: 30 }), { code: 'ERR_CRYPTOKI_TIMEOUT' });
        await judge(pair, 'sha256', {}, {});
        assert.equal(ended, true);
      });

      it('passes on the error of its source, and refuses pieces that are no bytes', async () => {
        const failing = async function* (): AsyncGenerator<Uint8Array> {
          yield data;
          throw new Error('the disk is gone');
        };
        await assert.rejects(pair.privateKey.sign('sha256', failing()), { message: 'the disk is gone' });
        await assert.rejects(pair.privateKey.sign('sha256', [data, 'text' as never]), { code: 'ERR_INVALID_ARG_TYPE', message: /data\[1\]/ });
        await assert.rejects(pair.privateKey.sign('sha256', 'text' as never), { code: 'ERR_INVALID_ARG_TYPE' });
        await judge(pair, 'sha256', {}, {});
      });
    });

    for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
      it(`with ECDSA on ${namedCurve}, in both encodings`, async function () {
        await fixture().requires(this, CKM.EC_KEY_PAIR_GEN, CKM.ECDSA);
        const pair = await fixture().token.generateKeyPair('ec', { namedCurve });
        for (const hash of ['sha256', 'sha512']) {
          for (const dsaEncoding of ['der', 'ieee-p1363'] as const) await judge(pair, hash, { dsaEncoding }, { dsaEncoding });
        }
        const digest = createHash('sha384').update(data).digest();
        const signature = await pair.privateKey.signDigest('sha384', digest);
        assert.equal(verify('sha384', data, pair.publicKey.toKeyObject(), signature), true);
        assert.equal(await pair.publicKey.verifyDigest('sha384', digest, signature), true);
      });
    }

    for (const type of ['ed25519', 'ed448'] as const) {
      it(`with ${type}`, async function () {
        await fixture().requires(this, CKM.EC_EDWARDS_KEY_PAIR_GEN, CKM.EDDSA);
        await requiresSize(this, fixture(), curveBits(type), CKM.EDDSA);
        await judge(await fixture().token.generateKeyPair(type), null, {}, {});
      });
    }

    it('with a key of node:crypto, which verifies the same signatures', async function () {
      fixture().needs(this, 'import');
      await fixture().requires(this, CKM.ECDSA);
      const { generateKeyPairSync } = await import('node:crypto');
      const pair: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const theirs = (await fixture().token.importKey(pair.publicKey)) as PublicKey;
      const mine = (await fixture().token.importKey(pair.privateKey)) as PrivateKey;
      assert.equal(await theirs.verify('sha256', data, sign('sha256', data, pair.privateKey)), true);
      assert.equal(verify('sha256', data, pair.publicKey, await mine.sign('sha256', data)), true);
    });

    it('authenticates with HMAC', async function () {
      fixture().needs(this, 'import');
      await fixture().requires(this, CKM.SHA256_HMAC, CKM.SHA512_HMAC);
      const raw = randomBytes(64);
      const key = await fixture().token.importKey(raw, { type: 'hmac' });
      assert.ok('verify' in key && 'sign' in key);
      for (const hash of ['sha256', 'sha512']) {
        const code = await key.sign(hash, pieces());
        assert.deepEqual(Buffer.from(code), createHmac(hash, raw).update(data).digest());
        assert.equal(await key.verify(hash, data, code), true);
        assert.equal(await key.verify(hash, pieces(), changed(code)), false);
        assert.equal(await key.verify(hash, data, code.subarray(1)), false);
      }
    });

    it('authenticates with AES-CMAC (RFC 4493)', async function () {
      fixture().needs(this, 'import');
      await fixture().requires(this, CKM.AES_CMAC);
      const raw = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex');
      const message = Buffer.from('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411', 'hex');
      const key = await fixture().token.importKey(raw, { type: 'aes', attributes: { sign: true, verify: true, encrypt: false, decrypt: false } });
      assert.ok('verify' in key && 'sign' in key);
      assert.equal(Buffer.from(await key.sign('cmac', message)).toString('hex'), 'dfa66747de9ae63030ca32611497c827');
      const code = await key.sign('cmac', [message]);
      assert.equal(await key.verify('cmac', message, code), true);
      assert.equal(await key.verify('cmac', message, changed(code)), false);
    });

    it('asks for the PIN each time where the key wants that', async function () {
      await fixture().requires(this, CKM.RSA_PKCS_KEY_PAIR_GEN, CKM.RSA_PKCS);
      if (profile.name !== 'softhsm') skip(this, `${profile.title} makes no keys with CKA_ALWAYS_AUTHENTICATE`);
      const pair = await fixture().token.generateKeyPair('rsa', { token: true, privateKey: { alwaysAuthenticate: true } });
      assert.equal(pair.privateKey.alwaysAuthenticate, true);
      await judge(pair, 'sha256', {}, {});
      await pair.privateKey.destroy();
      await pair.publicKey.destroy();
    });

    it('digests, on the token or by node:crypto', async function () {
      for (const hash of ['sha1', 'sha256', 'sha512', 'sha3-512', 'sha512-256']) {
        const expected = createHash(hash).update(data).digest();
        assert.deepEqual(Buffer.from(await fixture().token.digest(hash, data)), expected);
        assert.deepEqual(Buffer.from(await fixture().token.digest(hash.toUpperCase(), pieces())), expected);
      }
      await assert.rejects(fixture().token.digest('sha257', data), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  });
}
