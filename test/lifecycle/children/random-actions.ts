// What a random sequence may do; each action judges its own result.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import { CKR, type CallOptions, type Module, type PrivateKey, type PublicKey, type SecretKey, type Session, type Token } from '../../../lib';
import type { FaultModule, FunctionName } from '../../support/fault-module';

type SlotId = 1 | 2;

export interface Call {
  readonly name: keyof typeof ACTIONS;
  readonly slot: SlotId;
  readonly number: number;
  readonly timeLimit: number | undefined;
  readonly abortAfter: number | undefined;
}

export type Action =
  | Call
  | { readonly name: 'pause'; readonly time: number }
  | { readonly name: 'turn' }
  | { readonly name: 'gc' }
  | { readonly name: 'slow'; readonly call: FunctionName; readonly time: number }
  | { readonly name: 'fail'; readonly call: FunctionName; readonly rv: number; readonly skip: number; readonly times: number };

/** C_Finalize is left alone: a library that refuses it stays initialised, and the next sequence is not its first user. */
export const FAILURES = {
  calls: [
    'C_OpenSession',
    'C_CloseSession',
    'C_GetSessionInfo',
    'C_SessionCancel',
    'C_Login',
    'C_Logout',
    'C_SignInit',
    'C_Sign',
    'C_SignUpdate',
    'C_SignFinal',
    'C_VerifyInit',
    'C_Verify',
    'C_EncryptInit',
    'C_Encrypt',
    'C_EncryptUpdate',
    'C_EncryptFinal',
    'C_DecryptInit',
    'C_Decrypt',
    'C_DecryptUpdate',
    'C_Digest',
    'C_FindObjectsInit',
    'C_FindObjects',
    'C_FindObjectsFinal',
    'C_GetAttributeValue',
    'C_SetAttributeValue',
    'C_CreateObject',
    'C_DestroyObject',
    'C_GenerateKey',
    'C_GenerateRandom',
    'C_GetSlotList',
    'C_GetTokenInfo',
    'C_GetMechanismList',
    'C_WaitForSlotEvent',
  ] satisfies FunctionName[],
  // Without those that are an answer of C_Verify, and CKR_OK, which would be a lie.
  codes: [
    CKR.HOST_MEMORY,
    CKR.GENERAL_ERROR,
    CKR.FUNCTION_FAILED,
    CKR.FUNCTION_CANCELED,
    CKR.DEVICE_ERROR,
    CKR.DEVICE_REMOVED,
    CKR.TOKEN_NOT_PRESENT,
    CKR.SESSION_HANDLE_INVALID,
    CKR.SESSION_CLOSED,
    CKR.SESSION_COUNT,
    CKR.OPERATION_ACTIVE,
    CKR.OPERATION_NOT_INITIALIZED,
    CKR.OBJECT_HANDLE_INVALID,
    CKR.KEY_HANDLE_INVALID,
    CKR.USER_NOT_LOGGED_IN,
    CKR.USER_ALREADY_LOGGED_IN,
    CKR.BUFFER_TOO_SMALL,
    CKR.CRYPTOKI_NOT_INITIALIZED,
    CKR.VENDOR_DEFINED + 0x123,
  ],
};

/** Calls that are given up while they run when they are slow, one of each kind. */
export const SLOW = [
  'C_OpenSession',
  'C_OpenSession',
  'C_CloseSession',
  'C_Login',
  'C_SignInit',
  'C_Sign',
  'C_SignUpdate',
  'C_EncryptUpdate',
  'C_Digest',
  'C_CreateObject',
  'C_GenerateKey',
  'C_FindObjectsInit',
  'C_GetAttributeValue',
] satisfies FunctionName[];

const MESSAGES = [0, 1, 100, 5000].map((size, index) => Buffer.alloc(size, `message ${index}`));

/** What the sequence works with on one token. */
interface Place {
  token: Token;
  privateKey: PrivateKey;
  publicKey: PublicKey;
  secretKey: SecretKey;
  /** The signature of each message: the module signs alike each time. */
  readonly signatures: Uint8Array[];
}

export class State {
  readonly module: Module;
  readonly fault: FaultModule;
  readonly places = new Map<SlotId, Place>();
  readonly sessions: Session[] = [];

  private constructor(module: Module, fault: FaultModule) {
    this.module = module;
    this.fault = fault;
  }

  static async open(module: Module, fault: FaultModule): Promise<State> {
    const state = new State(module, fault);
    for (const slot of [1, 2] as const) {
      const token = await module.slot(slot).token();
      await token.login('1234');
      const { privateKey, publicKey } = await token.generateKeyPair('rsa', { token: true, label: 'pair' });
      const secretKey = await token.generateKey('aes', { token: true, label: 'secret' });
      const signatures = await Promise.all(MESSAGES.map((message) => privateKey.sign('sha256', message)));
      state.places.set(slot, { token, privateKey, publicKey, secretKey, signatures });
    }
    return state;
  }

  place({ slot }: Call): Place {
    return this.places.get(slot)!;
  }

  /** Closes what the sequence has open, except for the module. */
  async tidy(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.close()));
    // A token that was closed may have been opened again by somebody else than the place's owner.
    for (const slot of this.places.keys()) await (await this.module.slot(slot).token()).close();
  }
}

function optionsOf({ timeLimit, abortAfter }: Call): CallOptions {
  if (abortAfter === undefined) return { timeLimit };
  const controller = new AbortController();
  if (abortAfter === 0) controller.abort();
  else setTimeout(() => controller.abort(), abortAfter);
  return { timeLimit, signal: controller.signal };
}

/** A message in pieces; one in four sources fails, one in four is slow. */
async function* pieces({ number }: Call, message: Uint8Array): AsyncGenerator<Uint8Array> {
  const size = 1 + (number % 700);
  for (let at = 0; at < message.length; at += size) {
    if (number % 4 === 1) await after(1);
    if (number % 4 === 2 && at > 0) throw Object.assign(new Error('the source fails'), { code: 'SOURCE_FAILED' });
    yield message.subarray(at, at + size);
  }
}

const messageOf = ({ number }: Call): Buffer => MESSAGES[number % MESSAGES.length]!;
const equal = (got: Uint8Array, wanted: Uint8Array): void => assert.ok(Buffer.compare(got, wanted) === 0, 'a wrong result');
const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

async function joined(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

export const ACTIONS = {
  async sign(state: State, call: Call): Promise<void> {
    const { privateKey, signatures } = state.place(call);
    equal(await privateKey.sign('sha256', messageOf(call), optionsOf(call)), signatures[call.number % MESSAGES.length]!);
  },

  async signMany(state: State, call: Call): Promise<void> {
    const { privateKey, signatures } = state.place(call);
    const options = optionsOf(call);
    const results = await Promise.allSettled(MESSAGES.map((message) => privateKey.sign('sha256', message, options)));
    for (const [index, result] of results.entries()) if (result.status === 'fulfilled') equal(result.value, signatures[index]!);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  },

  async signPieces(state: State, call: Call): Promise<void> {
    const { privateKey, signatures } = state.place(call);
    const signature = await privateKey.sign('sha256', pieces(call, messageOf(call)), optionsOf(call));
    equal(signature, signatures[call.number % MESSAGES.length]!);
  },

  async verify(state: State, call: Call): Promise<void> {
    const { publicKey, signatures } = state.place(call);
    const given = call.number % MESSAGES.length;
    const other = call.number % 2 === 0 ? given : (given + 1) % MESSAGES.length;
    assert.equal(await publicKey.verify('sha256', messageOf(call), signatures[other]!, optionsOf(call)), other === given);
  },

  async cipher(state: State, call: Call): Promise<void> {
    const { secretKey } = state.place(call);
    const algorithm = { name: 'aes-cbc', iv: Buffer.alloc(16, call.number) } as const;
    const secret = await secretKey.encrypt(algorithm, messageOf(call), optionsOf(call));
    equal(await secretKey.decrypt(algorithm, secret, optionsOf(call)), messageOf(call));
  },

  async cipherStream(state: State, call: Call): Promise<void> {
    const { secretKey } = state.place(call);
    const algorithm = { name: 'aes-cbc', iv: Buffer.alloc(16, call.number) } as const;
    const secret = secretKey.encryptStream(algorithm, pieces(call, messageOf(call)), optionsOf(call));
    equal(await joined(secretKey.decryptStream(algorithm, secret, optionsOf(call))), messageOf(call));
  },

  async cipherLeft(state: State, call: Call): Promise<void> {
    const { secretKey } = state.place(call);
    const stream = secretKey.encryptStream({ name: 'aes-cbc', iv: Buffer.alloc(16) }, pieces(call, MESSAGES[3]!), optionsOf(call));
    for await (const part of stream) {
      assert.ok(part.length > 0);
      return;
    }
  },

  async digest(state: State, call: Call): Promise<void> {
    equal(await state.place(call).token.digest('sha256', messageOf(call), optionsOf(call)), sha256(messageOf(call)));
  },

  async random(state: State, call: Call): Promise<void> {
    assert.equal((await state.place(call).token.random(1 + call.number, optionsOf(call))).length, 1 + call.number);
  },

  async login(state: State, call: Call): Promise<void> {
    await state.place(call).token.login('1234', optionsOf(call));
  },

  async logout(state: State, call: Call): Promise<void> {
    await state.place(call).token.logout(optionsOf(call));
  },

  /** Keys found anew: those from before a logout are stale. */
  async find(state: State, call: Call): Promise<void> {
    const place = state.place(call);
    const options = optionsOf(call);
    const [privateKey, secretKey] = await Promise.allSettled([
      place.token.privateKey({ label: 'pair' }, options),
      place.token.secretKey({ label: 'secret' }, options),
    ]);
    if (privateKey.status === 'fulfilled') place.privateKey = privateKey.value;
    if (secretKey.status === 'fulfilled') place.secretKey = secretKey.value;
    for (const result of [privateKey, secretKey]) if (result.status === 'rejected') throw result.reason;
  },

  async list(state: State, call: Call): Promise<void> {
    let most = call.number % 5;
    for await (const object of state.place(call).token.objects({}, optionsOf(call))) {
      assert.ok(object.handle > 0n);
      if (most-- === 0) break;
    }
  },

  async read(state: State, call: Call): Promise<void> {
    const { label } = await state.place(call).publicKey.get(['label', 'modulus', 'class'], optionsOf(call));
    assert.equal(label, 'pair');
  },

  async change(state: State, call: Call): Promise<void> {
    await state.place(call).publicKey.set({ id: Buffer.from([call.number & 0xff]) }, optionsOf(call));
  },

  /** Made, read, and destroyed. */
  async object(state: State, call: Call): Promise<void> {
    const value = Buffer.from(`value ${call.number}`);
    const object = await state.place(call).token.createData({ label: 'data', value, token: call.number % 2 === 0 }, optionsOf(call));
    const read = (await object.get(['value'], optionsOf(call))).value;
    if (read !== undefined) equal(read, value);
    await object.destroy(optionsOf(call));
  },

  async generate(state: State, call: Call): Promise<void> {
    const key = await state.place(call).token.generateKey('aes', { label: 'made', ...optionsOf(call) });
    await key.destroy(optionsOf(call));
  },

  async openSession(state: State, call: Call): Promise<void> {
    state.sessions.push(await state.place(call).token.session({ readWrite: call.number % 2 === 0, ...optionsOf(call) }));
  },

  async useSession(state: State, call: Call): Promise<void> {
    await state.sessions.at(-1)?.info(optionsOf(call));
  },

  async closeSession(state: State): Promise<void> {
    await state.sessions.pop()?.close();
  },

  async closeToken(state: State, call: Call): Promise<void> {
    if (call.number % 4 === 0) await state.place(call).token.close();
  },

  /** The token again, after it was closed. */
  async openToken(state: State, call: Call): Promise<void> {
    const place = state.place(call);
    place.token = await state.module.slot(call.slot).token(optionsOf(call));
    place.publicKey = await place.token.publicKey({ label: 'pair' }, optionsOf(call));
  },

  async module(state: State, call: Call): Promise<void> {
    assert.ok((await state.module.info(optionsOf(call))).manufacturer.length > 0);
    assert.ok((await state.module.slots(optionsOf(call))).length > 1);
  },

  async tokens(state: State, call: Call): Promise<void> {
    assert.ok((await state.module.tokens(undefined, optionsOf(call))).length > 0);
  },

  /** One event, or the end of the waiting: `return` of a generator waits for the `next` before it, only the signal does not. */
  async events(state: State, call: Call): Promise<void> {
    const { signal } = optionsOf({ ...call, abortAfter: call.abortAfter ?? call.number % 10 });
    const events = state.module.slotEvents({ interval: 1, signal });
    const event = events.next();
    if (call.number % 2 === 0) state.fault.insert(4);
    else state.fault.remove(4);
    await event;
    await events.return();
  },

  async pull(state: State, call: Call): Promise<void> {
    if (call.number % 3 !== 0) return;
    state.fault.remove(call.slot);
    await after(call.number % 5);
    state.fault.insert(call.slot);
  },

  async drop(state: State, call: Call): Promise<void> {
    if (call.number % 4 === 0) state.fault.dropSessions();
    if (call.number % 4 === 1) state.fault.dropLogins();
  },
};

export const perform = (state: State, call: Call): Promise<void> => ACTIONS[call.name](state, call);
