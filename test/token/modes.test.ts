import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CKF, CKM, type AesGcmMadeIv, type CipherAlgorithm, type SecretKey } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { changed, joined, pieces, refuses, requiresUse } from '../support/token';

type Algorithm = Exclude<CipherAlgorithm, AesGcmMadeIv>;

/** What node:crypto makes of the data; the tag behind it, where there is one. */
interface Judge {
  seal(raw: Buffer, data: Buffer): Buffer;
  open(raw: Buffer, sealed: Buffer): Buffer;
}

function plain(name: string, iv: Buffer | null, padding = true): Judge {
  return {
    seal(raw, data) {
      const cipher = createCipheriv(name, raw, iv).setAutoPadding(padding);
      return Buffer.concat([cipher.update(data), cipher.final()]);
    },
    open(raw, sealed) {
      const decipher = createDecipheriv(name, raw, iv).setAutoPadding(padding);
      return Buffer.concat([decipher.update(sealed), decipher.final()]);
    },
  };
}

function authenticated(name: string, iv: Buffer, aad: Buffer | undefined, authTagLength: number): Judge {
  return {
    seal(raw, data) {
      const cipher = createCipheriv(name as 'aes-128-ccm', raw, iv, { authTagLength });
      if (aad) cipher.setAAD(aad, { plaintextLength: data.length });
      return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
    },
    open(raw, sealed) {
      const decipher = createDecipheriv(name as 'aes-128-ccm', raw, iv, { authTagLength });
      const body = sealed.subarray(0, sealed.length - authTagLength);
      decipher.setAuthTag(sealed.subarray(body.length));
      if (aad) decipher.setAAD(aad, { plaintextLength: body.length });
      return Buffer.concat([decipher.update(body), decipher.final()]);
    },
  };
}

interface Mode {
  readonly title: string;
  readonly mechanism: number;
  readonly type: 'aes' | 'des3' | 'chacha20';
  /** Sizes of data; `blocks`: whole blocks of so many bytes only. */
  readonly blocks?: number;
  readonly authenticated?: boolean;
  /** By bits of the key. */
  make(bits: number): { algorithm: Algorithm; judge: Judge };
}

const aad = Buffer.from('what is not secret');
const block = (size: number): Buffer => randomBytes(size);

const aesModes: readonly Mode[] = [
  {
    title: 'AES-ECB',
    mechanism: CKM.AES_ECB,
    type: 'aes',
    blocks: 16,
    make: (bits) => ({ algorithm: 'aes-ecb', judge: plain(`aes-${bits}-ecb`, null, false) }),
  },
  {
    title: 'AES-CBC without padding',
    mechanism: CKM.AES_CBC,
    type: 'aes',
    blocks: 16,
    make(bits) {
      const iv = block(16);
      return { algorithm: { name: 'aes-cbc', iv, padding: false }, judge: plain(`aes-${bits}-cbc`, iv, false) };
    },
  },
  {
    title: 'AES-CBC with padding',
    mechanism: CKM.AES_CBC_PAD,
    type: 'aes',
    make(bits) {
      const iv = block(16);
      return { algorithm: { name: 'aes-cbc', iv }, judge: plain(`aes-${bits}-cbc`, iv) };
    },
  },
  {
    title: 'AES-CTR',
    mechanism: CKM.AES_CTR,
    type: 'aes',
    make(bits) {
      const counter = block(16);
      return { algorithm: { name: 'aes-ctr', counter }, judge: plain(`aes-${bits}-ctr`, counter) };
    },
  },
  {
    title: 'AES-OFB',
    mechanism: CKM.AES_OFB,
    type: 'aes',
    make(bits) {
      const iv = block(16);
      return { algorithm: { name: 'aes-ofb', iv }, judge: plain(`aes-${bits}-ofb`, iv) };
    },
  },
  {
    title: 'AES-CFB128',
    mechanism: CKM.AES_CFB128,
    type: 'aes',
    make(bits) {
      const iv = block(16);
      return { algorithm: { name: 'aes-cfb128', iv }, judge: plain(`aes-${bits}-cfb`, iv) };
    },
  },
  {
    title: 'AES-CFB8',
    mechanism: CKM.AES_CFB8,
    type: 'aes',
    make(bits) {
      const iv = block(16);
      return { algorithm: { name: 'aes-cfb8', iv }, judge: plain(`aes-${bits}-cfb8`, iv) };
    },
  },
  {
    title: 'AES-GCM',
    mechanism: CKM.AES_GCM,
    type: 'aes',
    authenticated: true,
    make(bits) {
      const iv = block(12);
      return { algorithm: { name: 'aes-gcm', iv, additionalData: aad }, judge: authenticated(`aes-${bits}-gcm`, iv, aad, 16) };
    },
  },
  {
    title: 'AES-GCM with a short tag and no additional data',
    mechanism: CKM.AES_GCM,
    type: 'aes',
    authenticated: true,
    make(bits) {
      const iv = block(12);
      return { algorithm: { name: 'aes-gcm', iv, tagLength: 12 }, judge: authenticated(`aes-${bits}-gcm`, iv, undefined, 12) };
    },
  },
  {
    title: 'AES-CCM',
    mechanism: CKM.AES_CCM,
    type: 'aes',
    authenticated: true,
    make(bits) {
      const nonce = block(12);
      return { algorithm: { name: 'aes-ccm', nonce, additionalData: aad }, judge: authenticated(`aes-${bits}-ccm`, nonce, aad, 16) };
    },
  },
  {
    title: 'AES-CCM with a short tag',
    mechanism: CKM.AES_CCM,
    type: 'aes',
    authenticated: true,
    make(bits) {
      const nonce = block(7);
      return { algorithm: { name: 'aes-ccm', nonce, tagLength: 8 }, judge: authenticated(`aes-${bits}-ccm`, nonce, undefined, 8) };
    },
  },
];

const otherModes: readonly Mode[] = [
  {
    title: 'DES3-CBC with padding',
    mechanism: CKM.DES3_CBC_PAD,
    type: 'des3',
    make() {
      const iv = block(8);
      return { algorithm: { name: 'des3-cbc', iv }, judge: plain('des-ede3-cbc', iv) };
    },
  },
  {
    title: 'DES3-ECB',
    mechanism: CKM.DES3_ECB,
    type: 'des3',
    blocks: 8,
    make: () => ({ algorithm: 'des3-ecb', judge: plain('des-ede3-ecb', null, false) }),
  },
  {
    title: 'ChaCha20-Poly1305',
    mechanism: CKM.CHACHA20_POLY1305,
    type: 'chacha20',
    authenticated: true,
    make() {
      const nonce = block(12);
      return { algorithm: { name: 'chacha20-poly1305', nonce, additionalData: aad }, judge: authenticated('chacha20-poly1305', nonce, aad, 16) };
    },
  },
];

const cases: readonly [Mode, number][] = [
  ...aesModes.flatMap((mode) => [128, 192, 256].map((bits): [Mode, number] => [mode, bits])),
  ...otherModes.map((mode): [Mode, number] => [mode, mode.type === 'des3' ? 192 : 256]),
];

for (const profile of profiles()) {
  describe(`ciphers and node:crypto, each way, on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    for (const [mode, bits] of cases) {
      it(`${mode.title}, ${bits} bits`, async function () {
        await requiresUse(this, fixture(), mode.mechanism, CKF.ENCRYPT, 'encrypt');
        const raw = randomBytes(bits / 8);
        const key = (await fixture().token.importKey(raw, { type: mode.type })) as SecretKey;
        // opencryptoki wants whole blocks where data comes at once, for CTR too.
        const blocks = mode.blocks ?? (profile.name === 'opencryptoki' && mode.mechanism === CKM.AES_CTR ? 16 : undefined);
        const sizes = blocks === undefined ? [0, 1, 16, 1000, 65_537] : [blocks, 64 * blocks];
        for (const size of sizes) {
          const data = randomBytes(size);
          const { algorithm, judge } = mode.make(bits);
          const what = `${size} bytes`;
          const sealed = Buffer.from(await key.encrypt(algorithm, data));
          assert.deepEqual(judge.open(raw, sealed), data, what);
          assert.deepEqual(Buffer.from(await key.decrypt(algorithm, judge.seal(raw, data))), data, what);
          assert.deepEqual(await joined(key.encryptStream(algorithm, pieces(data, 777))), sealed, `${what} in pieces`);
          assert.deepEqual(await joined(key.decryptStream(algorithm, pieces(sealed, 7_777))), data, `${what} in pieces`);
          if (mode.authenticated !== true) continue;
          await refuses(key.decrypt(algorithm, changed(sealed)));
          // A tag that is cut off makes opencryptoki count a length below zero, which no buffer has.
          await assert.rejects(key.decrypt(algorithm, sealed.subarray(1)), { code: /^(CKR_.*|ERR_CRYPTOKI_TOO_LARGE)$/ });
          await refuses(joined(key.decryptStream(algorithm, pieces(changed(sealed), 777))));
          assert.deepEqual(Buffer.from(await key.decrypt(algorithm, sealed)), data, 'and goes on');
        }
        await key.destroy();
      });
    }

    it('AES-GCM of one MiB, at once and as a stream', async function () {
      await requiresUse(this, fixture(), CKM.AES_GCM, CKF.ENCRYPT, 'encrypt');
      const [raw, data, iv] = [randomBytes(32), randomBytes(1 << 20), randomBytes(12)];
      const key = (await fixture().token.importKey(raw, { type: 'aes' })) as SecretKey;
      const expected = authenticated('aes-256-gcm', iv, undefined, 16).seal(raw, data);
      const algorithm = { name: 'aes-gcm', iv } as const;
      assert.deepEqual(Buffer.from(await key.encrypt(algorithm, data)), expected);
      assert.deepEqual(await joined(key.decryptStream(algorithm, pieces(expected, 60_000))), data);
    });

    it('what does not fit its mode is refused before it reaches the token', async () => {
      const { token } = fixture();
      const key = (await token.importKey(randomBytes(16), { type: 'aes' })) as SecretKey;
      const data = Buffer.alloc(16);
      const there = await token.mechanisms();
      const wrong: unknown[] = [
        ...(there.has(CKM.AES_CBC_PAD) ? [{ name: 'aes-cbc', iv: Buffer.alloc(15) }] : []),
        ...(there.has(CKM.AES_GCM) ? [{ name: 'aes-gcm', iv: Buffer.alloc(0) }] : []),
        ...(there.has(CKM.AES_GCM) ? [{ name: 'aes-gcm', iv: Buffer.alloc(12), tagLength: 11 }] : []),
        ...(there.has(CKM.AES_CCM) ? [{ name: 'aes-ccm', nonce: Buffer.alloc(6) }] : []),
        ...(there.has(CKM.AES_CTR) ? [{ name: 'aes-ctr', counter: Buffer.alloc(12) }] : []),
        { name: 'aes-gcm', iv: Buffer.alloc(12), aditionalData: aad },
        { name: 'aes-nonsense' },
        { name: 'rsa-oaep' },
      ];
      for (const algorithm of wrong) await assert.rejects(key.encrypt(algorithm as 'aes-ecb', data), { code: 'ERR_INVALID_ARG_VALUE' });
      for (const algorithm of [undefined, null, 5, {}]) await assert.rejects(key.encrypt(algorithm as never, data), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(key.encrypt('aes-ecb', 'text' as never), { code: 'ERR_INVALID_ARG_TYPE' });
      await refuses(key.encrypt('aes-ecb', Buffer.alloc(15)), there.has(CKM.AES_ECB) ? 'CKR_DATA_LEN_RANGE' : 'ERR_CRYPTOKI_UNSUPPORTED');
    });
  });
}
