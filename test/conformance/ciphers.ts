// Ciphers: what comes out of the tests is compared in both directions where the encryption has one result only.

import { CKF, CKG, CKK, CKM, CKO, CKZ, PrivateKey, SecretKey, type AesGcmMadeIv, type CipherAlgorithm, type MechanismInput } from '../../lib';
import { compared, isValid, type Family, type KeySpec, type Operation } from './family';
import { big, hex, number, type Case, type Fields, type Group } from './vectors';

type Cipher = Exclude<CipherAlgorithm, AesGcmMadeIv>;

interface Sealed {
  readonly algorithm: (test: Case, group: Group) => Cipher;
  readonly mechanism: (test: Case, group: Group) => MechanismInput;
}

/** The tag, where there is one, stands behind the ciphertext. */
const sealedOf = (test: Case): Buffer => Buffer.concat([hex(test, 'ct'), test['tag'] === undefined ? Buffer.alloc(0) : hex(test, 'tag')]);

const opens = ({ algorithm, mechanism }: Sealed): Operation => ({
  name: 'decrypt',
  async answer({ key }, test, group) {
    if (!(key instanceof SecretKey || key instanceof PrivateKey)) throw new TypeError('not a key that decrypts');
    return compared(await key.decrypt(algorithm(test, group), sealedOf(test)), hex(test, 'msg'));
  },
  async raw({ raw, session }, key, test, group) {
    await raw.C_DecryptInit(session, mechanism(test, group), key);
    return compared(await raw.C_Decrypt(session, sealedOf(test)), hex(test, 'msg'));
  },
});

const seals = ({ algorithm, mechanism }: Sealed): Operation => ({
  name: 'encrypt',
  on: isValid,
  async answer({ key }, test, group) {
    if (!(key instanceof SecretKey)) throw new TypeError('not a secret key');
    return compared(await key.encrypt(algorithm(test, group), hex(test, 'msg')), sealedOf(test));
  },
  async raw({ raw, session }, key, test, group) {
    await raw.C_EncryptInit(session, mechanism(test, group), key);
    return compared(await raw.C_Encrypt(session, hex(test, 'msg')), sealedOf(test));
  },
});

const both = (sealed: Sealed): readonly Operation[] => [opens(sealed), seals(sealed)];

const secret =
  (type: 'aes' | 'chacha20', keyType: number) =>
  (test: Case): KeySpec => {
    const value = hex(test, 'key');
    const template = { class: CKO.SECRET_KEY, keyType, value, token: false, private: true, sensitive: true, encrypt: true, decrypt: true };
    return { name: value.toString('hex'), make: (token) => token.importKey(value, { type }), template };
  };

function rsaKey(_test: Case, group: Group): KeySpec {
  const der = hex(group, 'privateKeyPkcs8');
  const numbers = group['privateKey'] as Fields;
  const names = ['modulus', 'publicExponent', 'privateExponent', 'prime1', 'prime2', 'exponent1', 'exponent2', 'coefficient'];
  const template = {
    class: CKO.PRIVATE_KEY,
    keyType: CKK.RSA,
    token: false,
    private: true,
    decrypt: true,
    ...Object.fromEntries(names.map((name) => [name, big(numbers, name)])),
  };
  return { name: der.toString('hex'), make: (token) => token.importKey(der), template };
}

const tagBits = (group: Group): number => number(group, 'tagSize');

const ccmParameter = (test: Case, group: Group): object => ({
  dataLen: hex(test, 'msg').length,
  nonce: hex(test, 'iv'),
  aad: hex(test, 'aad'),
  macLen: tagBits(group) / 8,
});

export const ciphers: readonly Family[] = [
  {
    file: 'aes_cbc_pkcs5',
    title: 'AES-CBC with padding',
    needs: [[CKM.AES_CBC_PAD, CKF.DECRYPT]],
    key: secret('aes', CKK.AES),
    operations: both({
      algorithm: (test) => ({ name: 'aes-cbc', iv: hex(test, 'iv') }),
      mechanism: (test) => ({ mechanism: CKM.AES_CBC_PAD, parameter: hex(test, 'iv') }),
    }),
  },
  {
    file: 'aes_gcm',
    title: 'AES-GCM',
    needs: [[CKM.AES_GCM, CKF.DECRYPT]],
    key: secret('aes', CKK.AES),
    operations: both({
      algorithm: (test, group) => ({ name: 'aes-gcm', iv: hex(test, 'iv'), additionalData: hex(test, 'aad'), tagLength: tagBits(group) / 8 }),
      mechanism: (test, group) => ({
        mechanism: CKM.AES_GCM,
        parameter: { iv: hex(test, 'iv'), aad: hex(test, 'aad'), tagBits: tagBits(group) },
      }),
    }),
  },
  {
    file: 'aes_ccm',
    title: 'AES-CCM',
    needs: [[CKM.AES_CCM, CKF.DECRYPT]],
    key: secret('aes', CKK.AES),
    operations: both({
      algorithm: (test, group) => ({ name: 'aes-ccm', nonce: hex(test, 'iv'), additionalData: hex(test, 'aad'), tagLength: tagBits(group) / 8 }),
      mechanism: (test, group) => ({ mechanism: CKM.AES_CCM, parameter: ccmParameter(test, group) as never }),
    }),
  },
  {
    file: 'chacha20_poly1305',
    title: 'ChaCha20-Poly1305',
    needs: [[CKM.CHACHA20_POLY1305, CKF.DECRYPT]],
    key: secret('chacha20', CKK.CHACHA20),
    operations: both({
      algorithm: (test) => ({ name: 'chacha20-poly1305', nonce: hex(test, 'iv'), additionalData: hex(test, 'aad') }),
      mechanism: (test) => ({ mechanism: CKM.CHACHA20_POLY1305, parameter: { nonce: hex(test, 'iv'), aad: hex(test, 'aad') } }),
    }),
  },
  {
    file: 'rsa_oaep_2048_sha256_mgf1sha256',
    title: 'RSAES-OAEP with SHA-256',
    needs: [[CKM.RSA_PKCS_OAEP, CKF.DECRYPT]],
    key: rsaKey,
    operations: [
      opens({
        algorithm: (test) => ({ name: 'rsa-oaep', hash: 'sha256', label: hex(test, 'label') }),
        mechanism: (test) => ({
          mechanism: CKM.RSA_PKCS_OAEP,
          parameter: { hashAlg: CKM.SHA256, mgf: CKG.MGF1_SHA256, source: CKZ.DATA_SPECIFIED, sourceData: hex(test, 'label') },
        }),
      }),
    ],
  },
  {
    file: 'rsa_pkcs1_2048',
    title: 'RSAES-PKCS1-v1_5',
    needs: [[CKM.RSA_PKCS, CKF.DECRYPT]],
    key: rsaKey,
    operations: [opens({ algorithm: () => 'rsa-pkcs1', mechanism: () => CKM.RSA_PKCS })],
  },
];
