import assert from 'node:assert/strict';
import { constants, createCipheriv, generateKeyPairSync, privateDecrypt, publicEncrypt, type CipherGCM, type CipherGCMTypes } from 'node:crypto';
import fc from 'fast-check';
import { CKM, PrivateKey, PublicKey, SecretKey, type AesGcmMadeIv, type CipherAlgorithm } from '../../lib';
import { profiles, useToken } from '../support/profile';
import { refuses } from '../support/token';
import { always, asInput, bytes, flipped, given, place, type Given } from './random';

type Cipher = Exclude<CipherAlgorithm, AesGcmMadeIv>;

/** What node:crypto makes of the data, the tag behind it. */
interface Judge {
  readonly algorithm: Cipher;
  readonly node: string;
  readonly iv: Uint8Array | null;
  readonly aad?: Uint8Array;
  readonly tagLength?: number;
  readonly padding?: boolean;
}

function sealed({ node, iv, aad, tagLength = 16, padding = true }: Judge, key: Uint8Array, data: Uint8Array): Buffer {
  const cipher =
    aad === undefined || iv === null
      ? (createCipheriv(node, key, iv) as CipherGCM)
      : createCipheriv(node as CipherGCMTypes, key, iv, { authTagLength: tagLength });
  if (aad !== undefined) cipher.setAAD(aad, { plaintextLength: data.length });
  else cipher.setAutoPadding(padding);
  const body = Buffer.concat([cipher.update(data), cipher.final()]);
  return aad === undefined ? body : Buffer.concat([body, cipher.getAuthTag()]);
}

interface Kind {
  readonly title: string;
  readonly mechanism: number;
  readonly type: 'aes' | 'chacha20';
  readonly keys: readonly number[];
  /** The data must be whole blocks. */
  readonly blocks?: boolean;
  readonly judge: (keyBits: number) => fc.Arbitrary<Judge>;
}

const aad = bytes(0, 300);
const iv = bytes(16, 16);
const AES = [16, 24, 32];

const KINDS: readonly Kind[] = [
  {
    title: 'AES-CBC with padding',
    mechanism: CKM.AES_CBC_PAD,
    type: 'aes',
    keys: AES,
    judge: (bits) => iv.map((one) => ({ algorithm: { name: 'aes-cbc', iv: one }, node: `aes-${bits}-cbc`, iv: one })),
  },
  {
    title: 'AES-CBC without padding',
    mechanism: CKM.AES_CBC,
    type: 'aes',
    keys: AES,
    blocks: true,
    judge: (bits) => iv.map((one) => ({ algorithm: { name: 'aes-cbc', iv: one, padding: false }, node: `aes-${bits}-cbc`, iv: one, padding: false })),
  },
  {
    title: 'AES-ECB',
    mechanism: CKM.AES_ECB,
    type: 'aes',
    keys: AES,
    blocks: true,
    judge: (bits) => fc.constant({ algorithm: 'aes-ecb', node: `aes-${bits}-ecb`, iv: null, padding: false }),
  },
  {
    title: 'AES-CTR',
    mechanism: CKM.AES_CTR,
    type: 'aes',
    keys: AES,
    judge: (bits) => iv.map((counter) => ({ algorithm: { name: 'aes-ctr', counter }, node: `aes-${bits}-ctr`, iv: counter })),
  },
  {
    title: 'AES-GCM',
    mechanism: CKM.AES_GCM,
    type: 'aes',
    keys: AES,
    judge: (bits) =>
      fc.record({ nonce: bytes(1, 64), aad, tagLength: fc.constantFrom(12, 13, 14, 15, 16) }).map(({ nonce, aad: more, tagLength }) => ({
        algorithm: { name: 'aes-gcm', iv: nonce, additionalData: more, tagLength },
        node: `aes-${bits}-gcm`,
        iv: nonce,
        aad: more,
        tagLength,
      })),
  },
  {
    title: 'AES-CCM',
    mechanism: CKM.AES_CCM,
    type: 'aes',
    keys: AES,
    judge: (bits) =>
      fc.record({ nonce: bytes(7, 13), aad, tagLength: fc.constantFrom(4, 8, 12, 16) }).map(({ nonce, aad: more, tagLength }) => ({
        algorithm: { name: 'aes-ccm', nonce, additionalData: more, tagLength },
        node: `aes-${bits}-ccm`,
        iv: nonce,
        aad: more,
        tagLength,
      })),
  },
  {
    title: 'ChaCha20-Poly1305',
    mechanism: CKM.CHACHA20_POLY1305,
    type: 'chacha20',
    keys: [32],
    judge: () =>
      fc.record({ nonce: bytes(12, 12), aad }).map(({ nonce, aad: more }) => ({
        algorithm: { name: 'chacha20-poly1305', nonce, additionalData: more },
        node: 'chacha20-poly1305',
        iv: nonce,
        aad: more,
      })),
  },
];

const whole = (input: Given): Given => {
  const length = input.data.length - (input.data.length % 16);
  return { ...input, data: input.data.subarray(0, length), ends: input.ends.filter((end) => end <= length) };
};

for (const profile of profiles()) {
  describe(`random data encrypted and decrypted on ${profile.title}`, () => {
    const fixture = useToken(profile);

    before(async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().token.login(fixture().pin);
    });

    for (const { title, mechanism, type, keys, blocks, judge } of KINDS) {
      it(title, async function () {
        await fixture().requires(this, mechanism);
        // opencryptoki ends AES-CTR in parts after a whole block only.
        const isWhole = blocks === true || (profile.name === 'opencryptoki' && mechanism === CKM.AES_CTR);
        const cases = fc
          .constantFrom(...keys)
          .chain((length) => fc.record({ raw: bytes(length, length), how: judge(8 * length), input: isWhole ? given().map(whole) : given() }));
        await always(cases, place, async ({ raw, how, input }, bit) => {
          const key = await fixture().token.importKey(raw, { type });
          assert.ok(key instanceof SecretKey);
          const expected = sealed(how, raw, input.data);
          assert.deepEqual(Buffer.from(await key.encrypt(how.algorithm, asInput(input))), expected);
          assert.deepEqual(Buffer.from(await key.decrypt(how.algorithm, asInput({ ...input, data: expected }))), Buffer.from(input.data));
          if (how.aad !== undefined) await refuses(key.decrypt(how.algorithm, flipped(expected, bit)));
          await key.destroy();
        });
      });
    }

    it('RSAES-OAEP and RSAES-PKCS1-v1_5', async function () {
      await fixture().requires(this, CKM.RSA_PKCS_OAEP, CKM.RSA_PKCS);
      const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const { token } = fixture();
      const [privateKey, publicKey] = await Promise.all([token.importKey(theirs.privateKey), token.importKey(theirs.publicKey)]);
      assert.ok(privateKey instanceof PrivateKey && publicKey instanceof PublicKey);
      // SoftHSM 2.6 has no other hash, and no labels.
      const isSoftHsm = profile.name === 'softhsm' || profile.name === 'p11kit';
      const hashes = isSoftHsm ? ['sha1'] : ['sha1', 'sha256', 'sha384', 'sha512'];
      const labels = isSoftHsm ? fc.constant(new Uint8Array(0)) : bytes(0, 40);
      await always(bytes(0, 126), fc.constantFrom(...hashes), labels, async (data, hash, label) => {
        const oaep = { name: 'rsa-oaep', hash, label } as const;
        const node = { oaepHash: hash, oaepLabel: label };
        assert.deepEqual(privateDecrypt({ key: theirs.privateKey, ...node }, await publicKey.encrypt(oaep, data)), Buffer.from(data));
        assert.deepEqual(Buffer.from(await privateKey.decrypt(oaep, publicEncrypt({ key: theirs.publicKey, ...node }, data))), Buffer.from(data));
        const pkcs1 = publicEncrypt({ key: theirs.publicKey, padding: constants.RSA_PKCS1_PADDING }, data);
        assert.deepEqual(Buffer.from(await privateKey.decrypt('rsa-pkcs1', pkcs1)), Buffer.from(data));
      });
    });
  });
}
