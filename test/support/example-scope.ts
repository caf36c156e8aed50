// The things that the examples in comments and documents speak of: a token called "demo", its keys, a document.

import type { KeyObject, webcrypto } from 'node:crypto';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import {
  CKO,
  type Certificate,
  type CryptokiObject,
  type DataObject,
  type Module,
  type PrivateKey,
  type PublicKey,
  type SecretKey,
  type Session,
  type Slot,
  type Token,
} from '../../lib';
import { createPersonal, type ChooseIdentity, type Personal } from '../../lib/personal';
import { Raw } from '../../lib/raw';
import { createCrypto, type Crypto, type CryptoKey } from '../../lib/webcrypto';
import { issue } from './certificates';
import { makePkcs12 } from './pkcs12';
import { openToken, type Available } from './profile';

/** What every example may use without making it. */
interface Common {
  readonly module: Module;
  readonly slot: Slot;
  readonly token: Token;
  readonly session: Session;
  readonly object: CryptokiObject;
  readonly publicKey: PublicKey;
  readonly secretKey: SecretKey;
  readonly certificate: Certificate;
  readonly data: DataObject;
  readonly hmac: SecretKey;
  readonly kek: SecretKey;
  readonly master: SecretKey;
  readonly mine: PrivateKey;
  readonly theirs: KeyObject;
  readonly kem: PrivateKey;
  readonly document: Uint8Array;
  readonly documents: readonly Uint8Array[];
  readonly message: Uint8Array;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly code: Uint8Array;
  readonly state: Uint8Array;
  readonly iv: Uint8Array;
  readonly header: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  readonly secret: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly source: Iterable<Uint8Array>;
  readonly output: Writable;
  readonly pem: string;
  readonly certificatePem: string;
  readonly raw: Raw;
  readonly handle: bigint;
  readonly pin: string;
  readonly createPersonal: typeof createPersonal;
  readonly terminalChooser: () => ChooseIdentity;
  readonly personal: Personal;
  readonly nonce: string;
  readonly password: string;
  readonly path: string;
  readonly error: unknown;
  readonly console: Pick<Console, 'log'>;
  readFileSync(path: string): Buffer;
  ask(question: string): Promise<string>;
  tell(text: string): void;
  askAgain(): void;
}

/** Of the private key, as most examples mean it. */
export interface Scope extends Common {
  readonly key: PrivateKey;
  readonly sealed: Uint8Array;
  readonly wrapped: Uint8Array;
}

/** Where the key is a secret one. */
export interface SecretScope extends Common {
  readonly key: SecretKey;
  readonly sealed: Uint8Array;
  readonly wrapped: Uint8Array;
}

/** Where the keys are CryptoKeys. */
export interface WebScope {
  readonly crypto: Crypto;
  readonly token: Token;
  readonly document: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly key: CryptoKey;
  readonly wrappingKey: CryptoKey;
  readonly mine: CryptoKey;
  readonly theirs: CryptoKey;
  readonly sealed: ArrayBuffer;
  readonly signature: ArrayBuffer;
  readonly wrapped: ArrayBuffer;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
  readonly console: Pick<Console, 'log'>;
}

/** A token with everything on it, for as long as no example takes it apart. */
export interface Prepared {
  readonly scope: Scope;
  readonly secretScope: SecretScope;
  readonly webScope: WebScope;
  /** Removes what an example has left on the token. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

const documents = [Buffer.from('a document'), Buffer.from('another one')];
const pin = '1234';
const password = 'a password';

async function demo(token: Token, soPin: string): Promise<void> {
  await token.initialize({ label: 'demo', soPin });
  await token.login(soPin, { user: 'so' });
  await token.initPin(pin);
  await token.logout();
  await token.login(pin);
}

export async function prepare(profile: Available): Promise<Prepared> {
  const fixture = await openToken(profile);
  const { module, slot, token } = fixture;
  await demo(token, fixture.soPin);
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const session = await token.session({ readWrite: true });
  // A short key, for it is made again and again.
  const uses = { privateKey: { unwrap: true }, publicKey: { wrap: true } };
  const { privateKey: key, publicKey } = await token.generateKeyPair('rsa', { modulusLength: 1024, label: 'signer', token: true, ...uses });
  const { privateKey: mine } = await token.generateKeyPair('ec', { namedCurve: 'P-256', privateKey: { derive: true } });
  const aes = { length: 256, attributes: { wrap: true, unwrap: true, derive: true } };
  const secretKey = await token.generateKey('aes', { ...aes, label: 'data key', token: true, extractable: true });
  const kek = await token.generateKey('aes', aes);
  const master = await token.generateKey('generic', { length: 256, attributes: { derive: true } });
  const hmac = await token.generateKey('hmac', { length: 256 });
  const halves = { publicKey: publicKey.toKeyObject(), privateKey: stranger.privateKey };
  const issuer = { name: 'an issuer', certificate: Buffer.alloc(0), ...stranger };
  const certificatePem = `-----BEGIN CERTIFICATE-----\n${issue('signer', issuer, halves).certificate.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const certificate = await token.importCertificate(certificatePem, { label: 'signer' });
  const pkcs12 = await makePkcs12([{ key: stranger.privateKey }, { certificate: issue('a file', undefined, stranger).certificate }], { password });
  const data = await token.createData({ label: 'note', application: 'my app', value: documents[0]! });
  const object = await token.create({ class: CKO.DATA, label: 'an object', value: documents[0]! });
  const [iv, header, secret, message] = [randomBytes(12), Buffer.from('not secret'), randomBytes(32), Buffer.from('a message')];
  const digest = await token.digest('sha256', message);
  const gcm = { name: 'aes-gcm', iv, additionalData: header } as const;
  const raw = await Raw.load(profile.module);
  await raw.C_Initialize();
  const common: Common = {
    module,
    slot,
    token,
    session,
    object,
    publicKey,
    secretKey,
    certificate,
    data,
    hmac,
    kek,
    master,
    mine,
    kem: mine,
    theirs: stranger.publicKey,
    pem: stranger.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificatePem,
    document: documents[0]!,
    documents,
    message,
    digest,
    iv,
    header,
    secret,
    salt: randomBytes(16),
    info: header,
    ciphertext: secret,
    state: secret,
    signature: await key.sign('sha256', documents[0]!),
    code: await hmac.sign('sha256', message),
    source: [Buffer.alloc(1000)],
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    pin,
    // Nobody sits at the terminal of a test.
    terminalChooser: () => () => null,
    createPersonal,
    personal: createPersonal({ module, url: 'https://www.example.com/', chooseIdentity: () => null }),
    nonce: iv.toString('base64'),
    password,
    path: profile.module,
    raw,
    handle: 1n,
    error: new Error('any'),
    console: { log: () => undefined },
    readFileSync: (file) => (file.endsWith('.p12') ? pkcs12 : Buffer.from(certificatePem)),
    ask: async () => pin,
    tell: () => undefined,
    askAgain: () => undefined,
  };
  const scope = { ...common, key, sealed: await publicKey.encrypt('rsa-oaep', secret), wrapped: await publicKey.wrap('rsa-oaep', secretKey) };
  const secretScope = {
    ...common,
    key: secretKey,
    sealed: await secretKey.encrypt(gcm, documents[0]!),
    wrapped: await kek.wrap('aes-kwp', secretKey),
  };
  const webScope = await webScopeOf(token, common.console);
  const handles = async (): Promise<CryptokiObject[]> => {
    const found: CryptokiObject[] = [];
    for await (const one of token.objects()) found.push(one);
    return found;
  };
  const ours = new Set((await handles()).map(({ handle }) => handle));
  return {
    scope,
    secretScope,
    webScope,
    async tidy() {
      for (const left of await handles()) if (!ours.has(left.handle)) await left.destroy();
    },
    async close() {
      await raw.close();
      await fixture.close();
    },
  };
}

async function webScopeOf(token: Token, console: Pick<Console, 'log'>): Promise<WebScope> {
  const crypto = createCrypto(token);
  const { subtle } = crypto;
  const [iv, document, secret] = [randomBytes(12), documents[0]!, randomBytes(32)].map((bytes) => Uint8Array.from(bytes));
  const { privateKey, publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const agreeing = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits', 'deriveKey']);
  const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
  const wrappingKey = await subtle.generateKey({ name: 'AES-KW', length: 256 }, false, ['wrapKey', 'unwrapKey']);
  return {
    crypto,
    token,
    document: document!,
    iv: iv!,
    secret: secret!,
    privateKey,
    publicKey,
    key,
    wrappingKey,
    mine: agreeing.privateKey,
    theirs: agreeing.publicKey,
    sealed: await subtle.encrypt({ name: 'AES-GCM', iv } as webcrypto.AesGcmParams, key, document!),
    signature: await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' } as webcrypto.EcdsaParams, privateKey, document!),
    wrapped: await subtle.wrapKey('raw', key, wrappingKey, 'AES-KW'),
    ciphertext: secret!,
    console,
  };
}
