// Must and must not compile: `tsc` is the test.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CKM,
  mechanisms,
  type Certificate,
  type DataInput,
  type KeyPair,
  type PrivateKey,
  type PublicHalf,
  type PublicKey,
  type SecretKey,
  type Token,
} from '../../lib';

const bytes = new Uint8Array(16);

export async function signatures(key: PrivateKey, publicKey: PublicKey, mac: SecretKey): Promise<void> {
  const signature: Uint8Array = await key.sign('sha256', bytes, { padding: 'pss', saltLength: 32, mgf1Hash: 'sha256' });
  await key.sign(null, bytes, { context: bytes, prehash: true, hedge: 'required' });
  await key.sign({ mechanism: mechanisms.rsaPss({ hash: 'sha256' }) }, Readable.from([bytes]));
  await key.sign({ mechanism: 0x80000001 }, [bytes, new DataView(bytes.buffer), bytes.buffer]);
  await key.signDigest('sha256', bytes, { dsaEncoding: 'ieee-p1363', signal: AbortSignal.timeout(1), timeLimit: 1 });
  const valid: boolean = await publicKey.verify('sha256', bytes, signature);
  const equal: boolean = await mac.verify('cmac', bytes, await mac.sign('cmac', bytes, { macLength: 8 }));
  void [valid, equal];

  // @ts-expect-error data is bytes, not text
  await key.sign('sha256', 'text');
  // @ts-expect-error a digest comes in one piece
  await key.signDigest('sha256', [bytes]);
  // @ts-expect-error there is no such padding
  await key.sign('sha256', bytes, { padding: 'oaep' });
  // @ts-expect-error there is no such encoding
  await key.sign('sha256', bytes, { dsaEncoding: 'raw' });
  // @ts-expect-error a mechanism is given as an object
  await key.sign(CKM.RSA_PKCS, bytes);
  // @ts-expect-error public keys do not sign
  void publicKey.sign;
  // @ts-expect-error the key is on the token: nobody reads its value here
  void key.value;
}

export async function ciphers(key: PrivateKey, publicKey: PublicKey, secret: SecretKey, data: DataInput): Promise<void> {
  const sealed: Uint8Array = await secret.encrypt({ name: 'aes-gcm', iv: bytes, additionalData: bytes, tagLength: 16 }, data);
  const made: { readonly iv: Uint8Array; readonly ciphertext: Uint8Array } = await secret.encrypt({ name: 'aes-gcm' }, data);
  await secret.decrypt({ name: 'aes-cbc', iv: bytes, padding: false }, sealed);
  await publicKey.encrypt('rsa-oaep', bytes);
  await key.decrypt({ name: 'rsa-oaep', hash: 'sha256', label: bytes }, sealed);
  for await (const piece of secret.encryptStream({ name: 'aes-ctr', counter: bytes }, data)) void piece.byteLength;
  await secret.wrap('aes-kwp', key);
  await secret.unwrap('aes-kwp', bytes, { type: 'aes', label: 'x', attributes: { encrypt: true } });
  void made;

  // @ts-expect-error there is no such algorithm
  await secret.encrypt({ name: 'aes-gmc', iv: bytes }, data);
  // @ts-expect-error AES-CBC needs an IV
  await secret.encrypt({ name: 'aes-cbc' }, data);
  // @ts-expect-error AES-CBC needs more than its name
  await secret.encrypt('aes-cbc', data);
  // @ts-expect-error a field that the algorithm does not have
  await secret.encrypt({ name: 'aes-ctr', counter: bytes, additionalData: bytes }, data);
  // @ts-expect-error an IV cannot be made while decrypting
  await secret.decrypt({ name: 'aes-gcm' }, sealed);
  // @ts-expect-error private keys decrypt
  void key.encrypt;
  // @ts-expect-error wrapping takes a key
  await secret.wrap('aes-kw', bytes);
  // @ts-expect-error the type of what was wrapped is needed
  await secret.unwrap('aes-kw', bytes, {});
}

export async function agreement(mine: PrivateKey, theirs: KeyObject, master: SecretKey, publicKey: PublicKey): Promise<void> {
  const derived: SecretKey = await mine.derive({ name: 'ecdh', publicKey: theirs, kdf: 'sha256' }, { type: 'aes', length: 256 });
  const bits: Uint8Array = await master.deriveBits({ name: 'hkdf', salt: master, info: bytes }, 256);
  const { ciphertext, key } = await publicKey.encapsulate({ type: 'generic' });
  const same: SecretKey = await mine.decapsulate(ciphertext);
  void [derived, bits, key, same];

  // @ts-expect-error the other side's key is needed
  await mine.derive({ name: 'ecdh' });
  // @ts-expect-error a private key cannot be derived
  await mine.derive({ name: 'dh', publicKey: bytes }, { type: 'rsa' });
  // @ts-expect-error private keys do not encapsulate
  void mine.encapsulate;
}

export async function making(token: Token): Promise<void> {
  const pair: KeyPair = await token.generateKeyPair('rsa', { modulusLength: 2048, privateKey: { decrypt: true }, token: true });
  await token.generateKeyPair('ml-dsa-65');
  await token.generateKeyPair('slh-dsa-shake-192f');
  await token.generateKey('aes', { length: 256, pbkdf2: { password: 'x', salt: bytes, iterations: 1000 } });
  const imported: PrivateKey | PublicKey | SecretKey = await token.importKey(createPrivateKey('…'), { label: 'x' });
  const certificate: Certificate = await token.importCertificate(bytes, { id: bytes });
  const half: PublicHalf | undefined = await pair.privateKey.findPublicKey();
  const digest: Uint8Array = await token.digest('sha256', bytes);
  void [imported, certificate, half?.toKeyObject(), digest];

  // @ts-expect-error there is no such parameter set
  await token.generateKeyPair('ml-dsa-66');
  // @ts-expect-error keys are public or private, not both
  await token.generateKey('rsa');
  // @ts-expect-error lengths are numbers
  await token.generateKey('aes', { length: '256' });
  // @ts-expect-error attributes have their types
  await token.generateKeyPair('rsa', { privateKey: { decrypt: 1 } });
  // @ts-expect-error a certificate is not a number
  await token.importCertificate(7);
  // @ts-expect-error the public half may be unknown
  void pair.privateKey.publicKey.toKeyObject();
}
