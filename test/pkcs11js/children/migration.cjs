// Runs a piece of docs/migration.md, the code of before: CODE, with what it takes for granted. OWN: it loads and initialises the library itself.
'use strict';

const { createHash } = require('node:crypto');
const graphene = require('graphene-pk11');
const pkcs11js = require('pkcs11js');
const { tell } = require('./token.cjs');

const PIN = '1234';
const loaded = graphene.Module.load(process.env.PKCS11_LIBRARY);
loaded.initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
loaded.lib.C_InitToken(loaded.getSlots(true).items(0).handle, '12345678', 'migrated'.padEnd(32));
const session = loaded
  .getSlots(true)
  .items(0)
  .open(graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION);
session.login('12345678', graphene.UserType.SO);
session.initPin(PIN);
session.logout();
session.login(PIN);

const { AES, EC, RSA } = graphene.KeyGenMechanism;
const { KeyType } = graphene;
const rsa = session.generateKeyPair(
  RSA,
  { keyType: KeyType.RSA, modulusBits: 2048, publicExponent: Buffer.from([1, 0, 1]), token: true, label: 'signer', verify: true },
  { keyType: KeyType.RSA, token: true, label: 'signer', sign: true },
);
const ec = () =>
  session.generateKeyPair(
    EC,
    { keyType: KeyType.EC, paramsEC: graphene.NamedCurve.getByName('secp256r1').value, verify: true },
    { keyType: KeyType.EC, sign: true, derive: true },
  );
const aes = (uses) => session.generateKey(AES, { keyType: KeyType.AES, valueLen: 32, extractable: true, ...uses });
const der = Buffer.from(process.env.CERTIFICATE, 'base64');
const name = Buffer.from('3000', 'hex');
const certificate = { class: graphene.ObjectClass.CERTIFICATE, certType: graphene.CertificateType.X_509, token: true, subject: name, value: der };
session.create({ ...certificate, label: 'there' });
session.create({ class: graphene.ObjectClass.DATA, application: 'my app', value: Buffer.from('value') });
const shown = [];
const asked = [];

const scope = {
  Crypto: undefined,
  ask: (text) => asked.push(text),
  console: { log: (...given) => shown.push(given.map(String)) },
  createHash,
  der,
  document: Buffer.from('the document'),
  ecKey: ec().privateKey,
  graphene,
  header: Buffer.from('header'),
  id: Buffer.from('an id'),
  issuer: name,
  module: loaded,
  object: aes({ label: 'object' }),
  pin: '99999',
  pkcs11js,
  privateKey: rsa.privateKey,
  publicKey: rsa.publicKey,
  secretKey: aes({ encrypt: true, decrypt: true }),
  serial: Buffer.from('020101', 'hex'),
  session,
  subject: name,
  // The point in an OCTET STRING of two bytes more.
  theirPoint: ec().publicKey.getAttribute({ pointEC: null }).pointEC.subarray(2),
  wrappingKey: aes({ wrap: true, unwrap: true }),
};

const { CODE } = process.env;
// What it makes is told by its names.
const made = [...CODE.matchAll(/^const (?:(\w+)|\{ ([\w, ]+) \}) = /gm)].flatMap(([, one, several]) =>
  several === undefined ? one : several.split(', '),
);
const AsyncFunction = (async () => undefined).constructor;

void (async () => {
  if (process.env.OWN) {
    session.close();
    loaded.finalize();
    loaded.close();
    const { Crypto } = require('node-webcrypto-p11');
    scope.Crypto = Crypto;
  } else if (/login\(/.test(CODE)) session.logout();
  // In a block of its own: it may give names of its own to what it finds there.
  const run = new AsyncFunction(...Object.keys(scope), `{ ${CODE}\nreturn { ${made.join(', ')} }; }`);
  const results = await run(...Object.values(scope));
  const kinds = Object.fromEntries(
    Object.entries(results).map(([one, value]) => [
      one,
      Buffer.isBuffer(value) ? `Buffer ${value.length}` : typeof value === 'boolean' ? value : typeof value,
    ]),
  );
  tell({ kinds, shown, asked });
  process.reallyExit(0);
})();
