// What every public method answers in every state. A row says what it gives normally and which kind of method it is; the kind says the rest.

import { ofGroups } from './groups';

/** The states of the world in which a method is called. */
export const STATES = ['normal', 'logged out', 'sessions lost', 'token removed', 'token closed', 'module closed', 'busy'] as const;
export type State = (typeof STATES)[number];

/** What comes of a call: see `outcome`. A code is followed by the function of the standard that returned it. */
export type Row = Readonly<Record<State, string>>;

const CLOSED = 'ERR_CRYPTOKI_CLOSED';
/** Before the outcome in the state `busy`: it comes only when what occupies the sessions has ended. */
export const WAITS = 'waits: ';

type Exceptions = Partial<Row>;

/** Asks nobody: the same in every state. */
function offline(gives: string): Row {
  return Object.fromEntries(STATES.map((state) => [state, gives])) as Row;
}

/** Asks the library, in no session of the pool. */
function library(gives: string, exceptions: Exceptions = {}): Row {
  return { ...offline(gives), 'module closed': CLOSED, ...exceptions };
}

/** Closes: always right, and after what runs. */
function closes(): Row {
  return { ...offline('undefined'), busy: `${WAITS}undefined` };
}

interface Pooled {
  /** Whether it is done a second time, in a fresh session, when the session was lost. */
  readonly again: boolean;
  /** Whether it is about a private object: gone for who is not logged in. */
  readonly secret?: boolean;
}

const UNAVAILABLE = 'ERR_CRYPTOKI_UNAVAILABLE';

/** Takes a session of the pool, and makes this call first. Sessions that are lost take the login with them; both are restored. */
function pooled(gives: string, call: string, { again, secret = false }: Pooled, exceptions: Exceptions = {}): Row {
  const lost = again ? gives : `CKR_SESSION_HANDLE_INVALID ${call}`;
  return {
    normal: gives,
    'logged out': secret ? 'ERR_CRYPTOKI_STALE' : gives,
    'sessions lost': lost,
    'token removed': UNAVAILABLE,
    'token closed': CLOSED,
    'module closed': CLOSED,
    busy: `${WAITS}${gives}`,
    ...exceptions,
  };
}

const read = (gives: string, call: string, exceptions?: Exceptions): Row => pooled(gives, call, { again: true }, exceptions);
const write = (gives: string, call: string, exceptions?: Exceptions): Row => pooled(gives, call, { again: false }, exceptions);
/** Makes something that only who is logged in may have. */
const make = (gives: string, call: string): Row => write(gives, call, { 'logged out': `CKR_USER_NOT_LOGGED_IN ${call}` });
const find = (gives: string, exceptions?: Exceptions): Row => read(gives, 'C_FindObjectsInit', exceptions);
const findSecret = (gives: string, nothing: string): Row => find(gives, { 'logged out': nothing });
const use = (gives: string, call: string, exceptions?: Exceptions): Row => pooled(gives, call, { again: true, secret: true }, exceptions);
const useOnce = (gives: string, call: string): Row => pooled(gives, call, { again: false, secret: true });
/** In a session of the caller's own. */
const own = (gives: string, call: string): Row => write(gives, call, { 'token removed': `CKR_DEVICE_REMOVED ${call}` });

const NOT_FOUND = 'ERR_CRYPTOKI_NOT_FOUND';
const TOKEN_URI = 'pkcs11:token=fault%200;manufacturer=Fault%20works;serial=FA00000000000000;model=Fault%20model';
const four = (name: string): string => `[${Array.from({ length: 4 }, () => name).join(', ')}]`;

const ownRows: Readonly<Record<string, Row>> = {
  'Module.supports': offline('true'),
  'Module.info': library('{…}'),
  'Module.slots': library('[Slot, Slot, Slot, Slot, Slot, Slot]'),
  'Module.slot': library('Slot'),
  'Module.tokens': library('[Token, Token, Token, Token, Token]', { 'token removed': four('Token') }),
  'Module.token': library('Token', { 'token removed': NOT_FOUND }),
  'Module.slotEvents': library('true', { 'token removed': 'false' }),
  'Module.close': closes(),
  'Module.[Symbol.asyncDispose]': closes(),

  'Slot.info': library('{…}'),
  'Slot.token': library('Token', { 'token removed': 'CKR_TOKEN_NOT_PRESENT C_GetTokenInfo' }),
  'Slot.mechanisms': library('Map', { 'token removed': 'CKR_TOKEN_NOT_PRESENT C_GetMechanismList' }),
  'Slot.mechanism': library('{…}', { 'token removed': 'CKR_TOKEN_NOT_PRESENT C_GetMechanismInfo' }),
  'Slot.initToken': library('Token', { 'token removed': 'CKR_TOKEN_NOT_PRESENT C_InitToken', busy: `${WAITS}Token` }),

  'Token.uri': offline(TOKEN_URI),
  'Token.info': library('{…}', { 'token removed': 'CKR_TOKEN_NOT_PRESENT C_GetTokenInfo', 'token closed': CLOSED }),
  'Token.stats': offline('{…}'),
  'Token.mechanisms': library('Map', { 'token closed': CLOSED }),
  'Token.login': read('undefined', 'C_Login'),
  'Token.logout': read('undefined', 'C_Logout'),
  'Token.initPin': write('CKR_USER_NOT_LOGGED_IN C_InitPIN', 'C_InitPIN'),
  'Token.setPin': write('undefined', 'C_SetPIN'),
  'Token.initialize': library('undefined', {
    'token removed': 'CKR_TOKEN_NOT_PRESENT C_InitToken',
    'token closed': CLOSED,
    busy: `${WAITS}undefined`,
  }),
  'Token.session': library('Session', {
    'token removed': 'CKR_TOKEN_NOT_PRESENT C_OpenSession',
    'token closed': CLOSED,
    busy: 'CKR_SESSION_COUNT C_OpenSession',
  }),
  'Token.random': read('bytes 8', 'C_GenerateRandom'),
  'Token.digest': read('bytes 32', 'C_DigestInit'),
  'Token.digestMany': read('[bytes 32, bytes 32]', 'C_DigestInit'),
  'Token.seedRandom': write('undefined', 'C_SeedRandom'),
  'Token.close': closes(),
  'Token.[Symbol.asyncDispose]': closes(),

  'TokenObjects.objects': findSecret('[PublicKey, PrivateKey]', '[PublicKey]'),
  'TokenObjects.privateKeys': findSecret(four('PrivateKey'), '[]'),
  'TokenObjects.publicKeys': find(four('PublicKey')),
  'TokenObjects.secretKeys': findSecret('[SecretKey, SecretKey]', '[]'),
  'TokenObjects.certificates': find('[Certificate]'),
  'TokenObjects.dataObjects': find('[DataObject]'),
  'TokenObjects.object': find('DataObject'),
  'TokenObjects.privateKey': findSecret('PrivateKey', NOT_FOUND),
  'TokenObjects.publicKey': find('PublicKey'),
  'TokenObjects.secretKey': findSecret('SecretKey', NOT_FOUND),
  'TokenObjects.certificate': find('Certificate'),
  'TokenObjects.dataObject': find('DataObject'),
  'TokenObjects.create': write('DataObject', 'C_CreateObject'),
  'TokenObjects.createData': write('DataObject', 'C_CreateObject'),
  'TokenObjects.generateKeyPair': make('{…}', 'C_GenerateKeyPair'),
  'TokenObjects.generateKey': make('SecretKey', 'C_GenerateKey'),
  'TokenObjects.importKey': make('SecretKey', 'C_CreateObject'),
  // They look for what is there first: then that sessions are lost shows before anything is done that may not be repeated.
  'TokenObjects.importPkcs12': read('{…}', 'C_CreateObject', { 'logged out': 'CKR_USER_NOT_LOGGED_IN C_CreateObject' }),
  'TokenObjects.importCertificate': read('Certificate', 'C_CreateObject'),

  'Session.info': own('{…}', 'C_GetSessionInfo'),
  'Session.create': own('DataObject', 'C_CreateObject'),
  'Session.operationState': own('CKR_OPERATION_NOT_INITIALIZED C_GetOperationState', 'C_GetOperationState'),
  'Session.setOperationState': own('CKR_SAVED_STATE_INVALID C_SetOperationState', 'C_SetOperationState'),
  'Session.cancel': own('undefined', 'C_SessionCancel'),
  'Session.close': closes(),
  'Session.[Symbol.asyncDispose]': closes(),

  'CryptokiObject.get': read('[label, value, id]', 'C_GetAttributeValue'),
  'CryptokiObject.set': write('undefined', 'C_SetAttributeValue'),
  'CryptokiObject.copy': write('DataObject', 'C_CopyObject'),
  'CryptokiObject.destroy': write('undefined', 'C_DestroyObject'),
  'CryptokiObject.size': read('number', 'C_GetObjectSize'),
  'CryptokiObject.uri': offline(`${TOKEN_URI};object=data;type=data`),
  'DataObject.value': read('bytes 4', 'C_GetAttributeValue'),

  'Certificate.privateKey': findSecret('PrivateKey', NOT_FOUND),
  'Certificate.publicKey': find('PublicKey'),
  'Certificate.toSpki': offline('bytes 91'),
  'Certificate.toKeyObject': offline('PublicKeyObject'),
  'Certificate.toCryptoKey': offline('CryptoKey'),
  'Certificate.chain': find('[Certificate]'),

  'PrivateKey.sign': use('bytes 256', 'C_SignInit'),
  'PrivateKey.signer': library('Signer', { 'logged out': 'ERR_CRYPTOKI_STALE', 'token closed': CLOSED }),
  'Signer.sign': use('bytes 256', 'C_SignInit'),
  'PrivateKey.signDigest': use('bytes 64', 'C_SignInit'),
  'PrivateKey.signMany': use('[bytes 256, bytes 256]', 'C_SignInit'),
  'PrivateKey.signDigestMany': use('[bytes 64]', 'C_SignInit'),
  'PrivateKey.signStream': use('[bytes 256, bytes 256]', 'C_SignInit'),
  'PrivateKey.decryptMany': use('[bytes 0]', 'C_DecryptInit'),
  'PrivateKey.decrypt': use('bytes 0', 'C_DecryptInit'),
  'PrivateKey.decryptStream': use('[bytes 0]', 'C_DecryptInit'),
  'PrivateKey.unwrap': useOnce('SecretKey', 'C_UnwrapKey'),
  'PrivateKey.derive': useOnce('SecretKey', 'C_DeriveKey'),
  'PrivateKey.deriveBits': useOnce('bytes 32', 'C_DeriveKey'),
  'PrivateKey.decapsulate': useOnce('SecretKey', 'C_DecapsulateKey'),
  'PrivateKey.findPublicKey': find('PublicKey'),
  'PrivateKey.certificate': find('Certificate'),

  'PublicKey.verify': read('false', 'C_VerifyInit'),
  'PublicKey.verifyDigest': read('false', 'C_VerifyInit'),
  'PublicKey.verifyMany': read('[false]', 'C_VerifyInit'),
  'PublicKey.encryptMany': read('[bytes 256, bytes 256]', 'C_EncryptInit'),
  'PublicKey.encrypt': read('bytes 256', 'C_EncryptInit'),
  'PublicKey.encryptStream': read('[bytes 256]', 'C_EncryptInit'),
  'PublicKey.wrap': use('bytes 56', 'C_WrapKey'),
  'PublicKey.encapsulate': make('SecretKey', 'C_EncapsulateKey'),
  'PublicKey.toSpki': offline('bytes 294'),
  'PublicKey.toKeyObject': offline('PublicKeyObject'),
  'PublicKey.toCryptoKey': offline('CryptoKey'),

  'SecretKey.sign': use('bytes 32', 'C_SignInit'),
  'SecretKey.signer': library('Signer', { 'logged out': 'ERR_CRYPTOKI_STALE', 'token closed': CLOSED }),
  'SecretKey.verify': use('false', 'C_VerifyInit'),
  'SecretKey.signMany': use('[bytes 32, bytes 32]', 'C_SignInit'),
  'SecretKey.verifyMany': use('[false]', 'C_VerifyInit'),
  'SecretKey.signStream': use('[bytes 32, bytes 32]', 'C_SignInit'),
  'SecretKey.encryptMany': use('[bytes 16, bytes 16]', 'C_EncryptInit'),
  'SecretKey.decryptMany': use('[bytes 4, bytes 4]', 'C_DecryptInit'),
  'SecretKey.encrypt': use('bytes 16', 'C_EncryptInit'),
  'SecretKey.encryptStream': use('[bytes 16]', 'C_EncryptInit'),
  'SecretKey.decrypt': use('bytes 4', 'C_DecryptInit'),
  'SecretKey.decryptStream': use('[bytes 4, bytes 4]', 'C_DecryptInit'),
  'SecretKey.wrap': use('bytes 56', 'C_WrapKey'),
  'SecretKey.unwrap': useOnce('SecretKey', 'C_UnwrapKey'),
  'SecretKey.derive': useOnce('SecretKey', 'C_DeriveKey'),
  'SecretKey.deriveBits': useOnce('bytes 32', 'C_DeriveKey'),

  'TokenGroup.privateKey': findSecret('PrivateKeyGroup', NOT_FOUND),
  'TokenGroup.publicKey': find('PublicKeyGroup'),
  'TokenGroup.secretKey': findSecret('SecretKeyGroup', NOT_FOUND),
  'TokenGroup.stats': offline('{…}'),

  'Slab.at': offline('bytes 32'),
  'Slab.toArray': offline('[bytes 32, bytes 32]'),
  'Slab.[Symbol(Symbol.iterator)]': offline('[bytes 32, bytes 32]'),

  'Pkcs11Uri.toString': offline('pkcs11:token=demo'),
};

export const rows: Readonly<Record<string, Row>> = { ...ownRows, ...ofGroups(ownRows) };
