// Module, slots, tokens, mechanisms, sessions, login and errors through graphene-pk11.

import assert from 'node:assert/strict';
import type { Session } from 'graphene-pk11';
import type { Checks, Stage } from '../stage';

// Unknown to pkcs11js.
const CKS_RW_PUBLIC_SESSION = 2;
const CKS_RW_USER_FUNCTIONS = 3;

/** Reads state and flags again: not public in graphene's types. */
const refresh = (session: Session): void => (session as unknown as { getInfo(): void }).getInfo();

/** Asserts that graphene lets an error of pkcs11js through: class, code, message, function. */
function fails(stage: Stage, code: string, method: string, body: () => unknown): void {
  const { Pkcs11Error } = stage.pkcs11;
  const number = (stage.pkcs11 as unknown as Record<string, number>)[code];
  assert.throws(body, (error: Error & { code: number; method: string; nativeStack: string }) => {
    assert.ok(error instanceof Pkcs11Error, `${error.name}: ${error.message}`);
    assert.deepEqual([error.message, error.code, error.method], [code, number, method]);
    assert.equal(typeof error.nativeStack, 'string');
    return true;
  });
}

export const checks: Checks = {
  'tells of the module, and is initialised again without harm': ({ module, pkcs11 }) => {
    assert.deepEqual(module.cryptokiVersion, { major: 2, minor: 40 });
    assert.ok(module.manufacturerID.length > 0 && !module.manufacturerID.endsWith(' '));
    assert.equal(typeof module.libraryDescription, 'string');
    assert.equal(typeof module.libraryVersion.minor, 'number');
    assert.equal(module.flags, 0);
    module.initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  },

  'lists slots, as a collection and one by one': ({ module, slot, graphene }) => {
    const slots = module.getSlots(true);
    assert.equal([...slots].length, slots.length);
    const index = slots.indexOf(slot);
    assert.ok(index >= 0);
    const again = module.getSlots(index) as unknown as typeof slot;
    assert.ok(again.handle.equals(slot.handle));
    assert.ok(again.flags & graphene.SlotFlag.TOKEN_PRESENT);
    assert.ok(slot.slotDescription.length > 0 && !slot.slotDescription.includes('\0'));
    assert.equal(slot.handle.length, 8);
    assert.equal(typeof slot.firmwareVersion.major, 'number');
    assert.ok(module.getSlots(false).length >= slots.length);
  },

  'tells of the token': ({ slot, graphene }) => {
    const token = slot.getToken();
    assert.ok(token.label.length > 0);
    for (const flag of ['TOKEN_INITIALIZED', 'USER_PIN_INITIALIZED', 'LOGIN_REQUIRED', 'RNG'] as const)
      assert.ok(token.flags & graphene.TokenFlag[flag], flag);
    assert.ok(token.maxPinLen >= token.minPinLen);
    assert.equal(typeof token.serialNumber, 'string');
    // What the library does not tell is all ones.
    assert.ok(['number', 'bigint'].includes(typeof token.totalPublicMemory));
  },

  'lists mechanisms with their flags and sizes': ({ slot, graphene }) => {
    const mechanisms = slot.getMechanisms();
    assert.ok(mechanisms.length > 20);
    const named = new Map([...mechanisms].map((mechanism) => [mechanism.name, mechanism]));
    const rsa = named.get('RSA_PKCS_KEY_PAIR_GEN')!;
    assert.equal(rsa.type, graphene.MechanismEnum.RSA_PKCS_KEY_PAIR_GEN);
    assert.ok(rsa.flags & graphene.MechanismFlag.GENERATE_KEY_PAIR);
    assert.ok(rsa.maxKeySize >= 4096 && rsa.minKeySize <= 2048);
    assert.ok(named.get('SHA256_RSA_PKCS')!.flags & graphene.MechanismFlag.VERIFY);
    const raw = graphene.MechanismEnum.AES_KEY_GEN;
    assert.ok([...mechanisms].some(({ type }) => type === raw));
  },

  'opens sessions that read and that write, and closes them': (stage) => {
    const { slot, graphene } = stage;
    const { RW_SESSION, SERIAL_SESSION } = graphene.SessionFlag;
    const reading = slot.open();
    assert.equal(reading.flags & RW_SESSION, 0);
    const writing = slot.open(SERIAL_SESSION | RW_SESSION);
    assert.equal(writing.flags & RW_SESSION, RW_SESSION);
    assert.equal(writing.state, CKS_RW_USER_FUNCTIONS);
    assert.equal(writing.deviceError, 0);
    assert.ok(!reading.handle.equals(writing.handle));
    const template = { class: graphene.ObjectClass.DATA, token: true, private: false, label: 'not written', value: Buffer.from('a') };
    assert.throws(() => reading.create(template), /CKR_SESSION_READ_ONLY/);
    reading.close();
    writing.close();
    fails(stage, 'CKR_SESSION_HANDLE_INVALID', 'C_GetSessionInfo', () => refresh(writing));
    fails(stage, 'CKR_SESSION_HANDLE_INVALID', 'C_CloseSession', () => writing.close());
  },

  'gives random bytes': ({ session }) => {
    const [one, other] = [session.generateRandom(32), session.generateRandom(32)];
    assert.equal(one.length, 32);
    assert.ok(!one.equals(other));
  },

  'logs in and out, and says why not': (stage) => {
    const { session, pin, graphene } = stage;
    fails(stage, 'CKR_USER_ALREADY_LOGGED_IN', 'C_Login', () => session.login(pin));
    session.logout();
    fails(stage, 'CKR_PIN_INCORRECT', 'C_Login', () => session.login('not the PIN'));
    refresh(session);
    assert.equal(session.state, CKS_RW_PUBLIC_SESSION);
    session.login(pin, graphene.UserType.USER);
    refresh(session);
    assert.equal(session.state, CKS_RW_USER_FUNCTIONS);
  },

  'changes the PIN': ({ session, pin }) => {
    session.setPin(pin, 'another PIN');
    session.logout();
    session.login('another PIN');
    session.setPin('another PIN', pin);
    session.logout();
    session.login(pin);
  },

  'has no mechanism of an unknown name': ({ session }) => {
    assert.throws(() => session.createDigest('NO_SUCH_THING'), { name: 'TypeError', message: "Unknown mechanism name 'NO_SUCH_THING'" });
  },

  'lets the refusals of the token through': (stage) => {
    const { session, graphene } = stage;
    const key = session.generateKey(graphene.KeyGenMechanism.AES, { keyType: graphene.KeyType.AES, valueLen: 16, token: false, encrypt: true });
    fails(stage, 'CKR_MECHANISM_INVALID', 'C_DigestInit', () => session.createDigest(graphene.MechanismEnum.VENDOR_DEFINED));
    key.destroy();
    const cipher = graphene.MechanismEnum.AES_ECB;
    assert.throws(() => session.createCipher(cipher, key), {
      name: 'Pkcs11Error',
      message: /^CKR_(?:KEY|OBJECT)_HANDLE_INVALID$/,
      method: 'C_EncryptInit',
    });
    fails(stage, 'CKR_OBJECT_HANDLE_INVALID', 'C_GetAttributeValue', () => key.label);
  },

  'closes all sessions of a slot': (stage) => {
    const { slot, graphene, pin, session } = stage;
    slot.closeAll();
    fails(stage, 'CKR_SESSION_HANDLE_INVALID', 'C_GetSessionInfo', () => refresh(session));
    const { RW_SESSION, SERIAL_SESSION } = graphene.SessionFlag;
    const fresh = slot.open(RW_SESSION | SERIAL_SESSION);
    // Nobody is logged in where no session is open.
    assert.equal(fresh.state, CKS_RW_PUBLIC_SESSION);
    fresh.login(pin);
    session.handle = fresh.handle;
  },
};
