// One of everything that has public methods, and how each method is called.

import { generateKeyPairSync } from 'node:crypto';
import {
  Module,
  Pkcs11Uri,
  type Certificate,
  type CryptokiObject,
  type DataObject,
  type PrivateKey,
  type PublicKey,
  type SecretKey,
  type Signer,
  type Slab,
  type Session,
  type Slot,
  type Token,
} from '../../lib';
import type { FaultModule } from '../support/fault-module';
import { issue } from '../support/certificates';
import { makeGroups, ofGroups, withGroups, type Groups } from './groups';
import { makePkcs12 } from '../support/pkcs12';

export interface Subjects extends Groups {
  readonly fault: FaultModule;
  readonly module: Module;
  readonly slot: Slot;
  readonly token: Token;
  readonly session: Session;
  readonly rsa: { readonly privateKey: PrivateKey; readonly publicKey: PublicKey };
  readonly ec: { readonly privateKey: PrivateKey; readonly publicKey: PublicKey };
  readonly kem: { readonly privateKey: PrivateKey; readonly publicKey: PublicKey };
  readonly aes: SecretKey;
  readonly hmac: SecretKey;
  /** The key pair of the certificate. */
  readonly certified: PrivateKey;
  readonly certificate: Certificate;
  readonly data: DataObject;
  /** Of `rsa`. */
  readonly signer: Signer;
  /** Two digests. */
  readonly slab: Slab;
  /** `hmac`, wrapped by `rsa` and by `aes`; and what `kem` has encapsulated. */
  readonly wrapped: { readonly rsa: Uint8Array; readonly aes: Uint8Array; readonly kem: Uint8Array };
}

export const PIN = '1234';
export const SO_PIN = '12345678';
export const DATA = Buffer.from('data');
export const DIGEST = Buffer.alloc(32, 7);
export const CBC = { name: 'aes-cbc', iv: new Uint8Array(16) } as const;
export const holder = issue('subject');
const another = issue('another');
const file = makePkcs12([{ key: another.privateKey }, { certificate: another.certificate }], { password: 'a password' });
export const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;

/** Milliseconds that a lost token is looked for, where it is known that it does not come back. */
const SHORT = 20;

/** A module with a token whose user is logged in, a session, and objects of every class that stay on the token. */
export async function makeSubjects(fault: FaultModule, timeLimit = SHORT): Promise<Subjects> {
  const module = await Module.load(fault.path, { recovery: { timeLimit } });
  const slot = module.slot(1);
  const token = await slot.token();
  await token.login(PIN);
  const id = Buffer.from('certified');
  const session = await token.session({ readWrite: true });
  const [rsa, ec, kem, aes, hmac, certified, , certificate, data] = await Promise.all([
    token.generateKeyPair('rsa', { modulusLength: 2048, label: 'rsa', token: true, publicKey: { wrap: true }, privateKey: { unwrap: true } }),
    token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'ec', token: true, privateKey: { derive: true } }),
    token.generateKeyPair('ml-kem-768', { label: 'kem', token: true }),
    token.generateKey('aes', { length: 256, label: 'aes', token: true, extractable: true, attributes: { wrap: true, unwrap: true } }),
    token.generateKey('generic', { length: 256, label: 'hmac', token: true, extractable: true }),
    token.importKey(holder.privateKey, { label: 'certified', id, token: true }),
    token.importKey(holder.publicKey, { label: 'certified', id, token: true }),
    token.importCertificate(holder.certificate, { label: 'certificate', id }),
    token.createData({ label: 'data', value: DATA }),
  ]);
  const { ciphertext, key } = await kem.publicKey.encapsulate();
  await key.destroy();
  const wrapped = { rsa: await rsa.publicKey.wrap('rsa-pkcs1', hmac), aes: await aes.wrap('aes-kw', hmac), kem: ciphertext };
  const groups = await makeGroups(token, { rsa, ec, aes, hmac });
  const slab = await token.digestMany('sha256', [DATA, DATA], { results: 'slab', concurrency: 1 });
  const signer = await rsa.privateKey.signer('sha256');
  return {
    ...groups,
    fault,
    module,
    slot,
    token,
    session,
    wrapped,
    signer,
    slab,
    rsa,
    ec,
    kem,
    aes,
    hmac,
    certified: certified as PrivateKey,
    certificate,
    data,
  };
}

async function listed<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of source) list.push(one);
  return list;
}

type Call = (subjects: Subjects) => unknown;

const ownCalls: Readonly<Record<string, Call>> = {
  'Module.supports': ({ module }) => module.supports('C_Sign'),
  'Module.info': ({ module }) => module.info(),
  'Module.slots': ({ module }) => module.slots(),
  'Module.slot': ({ module }) => module.slot(2),
  'Module.tokens': ({ module }) => module.tokens(),
  'Module.token': ({ module }) => module.token({ label: 'fault 0' }),
  'Module.slotEvents': async ({ module, fault }) => {
    const events = module.slotEvents();
    const next = events.next();
    fault.insert(4);
    const { value } = await next;
    await events.return();
    return value?.tokenPresent;
  },
  'Module.close': ({ module }) => module.close(),
  'Module.[Symbol.asyncDispose]': ({ module }) => module[Symbol.asyncDispose](),

  'Slot.info': ({ slot }) => slot.info(),
  'Slot.token': ({ slot }) => slot.token(),
  'Slot.mechanisms': ({ slot }) => slot.mechanisms(),
  'Slot.mechanism': ({ slot }) => slot.mechanism(0x1082),
  'Slot.initToken': async ({ slot, session }) => {
    await session.close();
    return slot.initToken({ label: 'anew', soPin: SO_PIN });
  },

  'Token.uri': ({ token }) => token.uri(),
  'Token.info': ({ token }) => token.info(),
  'Token.stats': ({ token }) => token.stats(),
  'Token.mechanisms': ({ token }) => token.mechanisms(),
  'Token.login': ({ token }) => token.login(PIN),
  'Token.logout': ({ token }) => token.logout(),
  'Token.initPin': ({ token }) => token.initPin(PIN),
  'Token.setPin': ({ token }) => token.setPin(PIN, PIN),
  'Token.initialize': async ({ token, session }) => {
    await session.close();
    return token.initialize({ label: 'anew', soPin: SO_PIN });
  },
  'Token.session': ({ token }) => token.session(),
  'Token.random': ({ token }) => token.random(8),
  'Token.digest': ({ token }) => token.digest('sha256', DATA),
  'Token.digestMany': ({ token }) => token.digestMany('sha256', [DATA, DATA]),
  'Token.seedRandom': ({ token }) => token.seedRandom(DATA),
  'Token.close': ({ token }) => token.close(),
  'Token.[Symbol.asyncDispose]': ({ token }) => token[Symbol.asyncDispose](),

  'TokenObjects.objects': ({ token }) => listed(token.objects({ label: 'rsa' })),
  'TokenObjects.privateKeys': ({ token }) => listed(token.privateKeys()),
  'TokenObjects.publicKeys': ({ token }) => listed(token.publicKeys()),
  'TokenObjects.secretKeys': ({ token }) => listed(token.secretKeys()),
  'TokenObjects.certificates': ({ token }) => listed(token.certificates()),
  'TokenObjects.dataObjects': ({ token }) => listed(token.dataObjects()),
  'TokenObjects.object': ({ token }) => token.object({ label: 'data' }),
  'TokenObjects.privateKey': ({ token }) => token.privateKey({ label: 'rsa' }),
  'TokenObjects.publicKey': ({ token }) => token.publicKey({ label: 'rsa' }),
  'TokenObjects.secretKey': ({ token }) => token.secretKey({ label: 'aes' }),
  'TokenObjects.certificate': ({ token }) => token.certificate(),
  'TokenObjects.dataObject': ({ token }) => token.dataObject(),
  'TokenObjects.create': ({ token }) => token.create({ class: 0, token: true, label: 'made', value: DATA }),
  'TokenObjects.createData': ({ token }) => token.createData({ label: 'made', value: DATA }),
  'TokenObjects.generateKeyPair': ({ token }) => token.generateKeyPair('ec', { namedCurve: 'P-256' }),
  'TokenObjects.generateKey': ({ token }) => token.generateKey('aes', { length: 128 }),
  'TokenObjects.importKey': ({ token }) => token.importKey(DIGEST, { type: 'aes' }),
  'TokenObjects.importPkcs12': async ({ token }) => token.importPkcs12(await file, 'a password'),
  'TokenObjects.importCertificate': ({ token }) => token.importCertificate(holder.certificate),

  'Session.info': ({ session }) => session.info(),
  'Session.create': ({ session }) => session.create({ class: 0, label: 'made', value: DATA }),
  'Session.operationState': ({ session }) => session.operationState(),
  'Session.setOperationState': ({ session }) => session.setOperationState(DATA),
  'Session.cancel': ({ session }) => session.cancel(0x800),
  'Session.close': ({ session }) => session.close(),
  'Session.[Symbol.asyncDispose]': ({ session }) => session[Symbol.asyncDispose](),

  'CryptokiObject.get': async ({ data }) => Object.keys(await (data as CryptokiObject).get(['label', 'value', 'id'])),
  'CryptokiObject.set': ({ data }) => data.set({ label: 'changed' }),
  'CryptokiObject.copy': ({ data }) => data.copy({ label: 'copy' }),
  'CryptokiObject.destroy': ({ data }) => data.destroy(),
  'CryptokiObject.size': ({ data }) => data.size(),
  'CryptokiObject.uri': ({ data }) => data.uri(),

  'DataObject.value': ({ data }) => data.value(),

  'Certificate.privateKey': ({ certificate }) => certificate.privateKey(),
  'Certificate.publicKey': ({ certificate }) => certificate.publicKey(),
  'Certificate.toSpki': ({ certificate }) => certificate.toSpki(),
  'Certificate.toKeyObject': ({ certificate }) => certificate.toKeyObject(),
  'Certificate.toCryptoKey': ({ certificate }) => certificate.toCryptoKey('ECDSA'),
  'Certificate.chain': ({ certificate }) => certificate.chain(),

  'PrivateKey.sign': ({ rsa }) => rsa.privateKey.sign('sha256', DATA),
  'PrivateKey.signer': ({ rsa }) => rsa.privateKey.signer('sha256'),
  'Signer.sign': ({ signer }) => signer.sign(DATA),
  'PrivateKey.signDigest': ({ ec }) => ec.privateKey.signDigest('sha256', DIGEST, { dsaEncoding: 'ieee-p1363' }),
  'PrivateKey.signMany': ({ rsa }) => rsa.privateKey.signMany('sha256', [DATA, DATA]),
  'PrivateKey.signDigestMany': ({ ec }) => ec.privateKey.signDigestMany('sha256', [DIGEST], { dsaEncoding: 'ieee-p1363' }),
  'PrivateKey.signStream': ({ rsa }) => listed(rsa.privateKey.signStream('sha256', [DATA, DATA])),
  'PrivateKey.decryptMany': ({ rsa }) => rsa.privateKey.decryptMany('rsa-pkcs1', [Buffer.alloc(256)]),
  'PrivateKey.decrypt': ({ rsa }) => rsa.privateKey.decrypt('rsa-pkcs1', Buffer.alloc(256)),
  'PrivateKey.decryptStream': ({ rsa }) => listed(rsa.privateKey.decryptStream('rsa-pkcs1', Buffer.alloc(256))),
  'PrivateKey.unwrap': ({ rsa, wrapped }) => rsa.privateKey.unwrap('rsa-pkcs1', wrapped.rsa, { type: 'generic' }),
  'PrivateKey.derive': ({ ec }) => ec.privateKey.derive({ name: 'ecdh', publicKey: peer }, { length: 256 }),
  'PrivateKey.deriveBits': ({ ec }) => ec.privateKey.deriveBits({ name: 'ecdh', publicKey: peer }, 256),
  'PrivateKey.decapsulate': ({ kem, wrapped }) => kem.privateKey.decapsulate(wrapped.kem),
  'PrivateKey.findPublicKey': ({ rsa }) => rsa.privateKey.findPublicKey(),
  'PrivateKey.certificate': ({ certified }) => certified.certificate(),

  'PublicKey.verify': ({ rsa }) => rsa.publicKey.verify('sha256', DATA, Buffer.alloc(256)),
  'PublicKey.verifyDigest': ({ ec }) => ec.publicKey.verifyDigest('sha256', DIGEST, Buffer.alloc(64), { dsaEncoding: 'ieee-p1363' }),
  'PublicKey.verifyMany': ({ rsa }) => rsa.publicKey.verifyMany('sha256', [{ data: DATA, signature: Buffer.alloc(256) }]),
  'PublicKey.encryptMany': ({ rsa }) => rsa.publicKey.encryptMany('rsa-pkcs1', [DATA, DATA]),
  'PublicKey.encrypt': ({ rsa }) => rsa.publicKey.encrypt('rsa-pkcs1', DATA),
  'PublicKey.encryptStream': ({ rsa }) => listed(rsa.publicKey.encryptStream('rsa-pkcs1', DATA)),
  'PublicKey.wrap': ({ rsa, aes }) => rsa.publicKey.wrap('rsa-pkcs1', aes),
  'PublicKey.encapsulate': async ({ kem }) => (await kem.publicKey.encapsulate()).key,
  'PublicKey.toSpki': ({ rsa }) => rsa.publicKey.toSpki(),
  'PublicKey.toKeyObject': ({ rsa }) => rsa.publicKey.toKeyObject(),
  'PublicKey.toCryptoKey': ({ rsa }) => rsa.publicKey.toCryptoKey({ name: 'RSA-OAEP', hash: 'SHA-256' }),

  'SecretKey.sign': ({ hmac }) => hmac.sign('sha256', DATA),
  'SecretKey.signer': ({ hmac }) => hmac.signer('sha256'),
  'SecretKey.verify': ({ hmac }) => hmac.verify('sha256', DATA, DIGEST),
  'SecretKey.signMany': ({ hmac }) => hmac.signMany('sha256', [DATA, DATA]),
  'SecretKey.verifyMany': ({ hmac }) => hmac.verifyMany('sha256', [{ data: DATA, signature: DIGEST }]),
  'SecretKey.signStream': ({ hmac }) => listed(hmac.signStream('sha256', [DATA, DATA])),
  'SecretKey.encryptMany': ({ aes }) => aes.encryptMany(CBC, [DATA, DATA]),
  'SecretKey.decryptMany': ({ aes }) => aes.decryptMany({ name: 'aes-ctr', counter: new Uint8Array(16) }, [DATA, DATA]),
  'SecretKey.encrypt': ({ aes }) => aes.encrypt(CBC, DATA),
  'SecretKey.encryptStream': ({ aes }) => listed(aes.encryptStream(CBC, [DATA, DATA])),
  'SecretKey.decrypt': ({ aes }) => aes.decrypt({ name: 'aes-ctr', counter: new Uint8Array(16) }, DATA),
  'SecretKey.decryptStream': ({ aes }) => listed(aes.decryptStream({ name: 'aes-ctr', counter: new Uint8Array(16) }, [DATA, DATA])),
  'SecretKey.wrap': ({ aes, hmac }) => aes.wrap('aes-kw', hmac),
  'SecretKey.unwrap': ({ aes, wrapped }) => aes.unwrap('aes-kw', wrapped.aes, { type: 'generic' }),
  'SecretKey.derive': ({ hmac }) => hmac.derive({ name: 'hkdf', hash: 'sha256', info: DATA }, { length: 256 }),
  'SecretKey.deriveBits': ({ hmac }) => hmac.deriveBits({ name: 'hkdf', hash: 'sha256', info: DATA }, 256),

  'Slab.at': ({ slab }) => slab.at(1),
  'Slab.toArray': ({ slab }) => slab.toArray(),
  'Slab.[Symbol(Symbol.iterator)]': ({ slab }) => [...slab[Symbol.iterator]()],

  'Pkcs11Uri.toString': () => new Pkcs11Uri({ token: 'demo' }).toString(),

  'TokenGroup.privateKey': ({ group }) => group.privateKey({ label: 'rsa' }),
  'TokenGroup.publicKey': ({ group }) => group.publicKey({ label: 'rsa' }),
  'TokenGroup.secretKey': ({ group }) => group.secretKey({ label: 'aes' }),
  'TokenGroup.stats': ({ group }) => group.stats(),
};

const groupCalls = Object.entries(ofGroups(ownCalls)).map(([name, call]): [string, Call] => [name, (subjects) => call(withGroups(subjects))]);

/** Every public method, as `Class.method` of the class that declares it, called with arguments that are right. */
export const calls: Readonly<Record<string, Call>> = { ...ownCalls, ...Object.fromEntries(groupCalls) };
