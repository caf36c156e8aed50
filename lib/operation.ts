// How an operation with a key goes to the token: in one crossing, or in many on one session.

import { Pkcs11Error } from './errors';
import { CALL } from './generated/calls';
import { CKR, CKU } from './generated/constants';
import { copyOf } from './bytes';
import { currentHandle, type CryptokiObject } from './object';
import { meaningOf } from './recovery-codes';
import { recoveredError } from './recovery';
import { callOptions, type CallOptions } from './options';
import { answersTo, isNo, type Asked } from './verdict';
import type { Lease } from './pool';
import type { MechanismInput } from './mechanism';
import type { Patience } from './patience';
import type { Pieces } from './data-source';
import { errorOf, type Decode } from './wire/pending-call';
import type { ReplyReader } from './wire/reader';
import type { RequestWriter } from './wire/writer';
import type { TokenContext } from './token-context';

/** The key of an operation. */
export interface Target {
  readonly context: TokenContext;
  readonly key: CryptokiObject;
}

type Pin = Uint8Array | null | undefined;

/** Asks for the PIN where the key wants it each time, and wipes it afterwards. */
function withPin<T>(target: Target, options: CallOptions, work: (pin: Pin) => Promise<T>): Promise<T> {
  return target.key.attributes.alwaysAuthenticate === true ? withItsPin(target, options, work) : work(undefined);
}

async function withItsPin<T>({ context, key }: Target, options: CallOptions, work: (pin: Pin) => Promise<T>): Promise<T> {
  const pin = context.keyPin(key);
  try {
    return await pin.use(options, work);
  } finally {
    pin.end();
  }
}

type Recipe = 'SignOnce' | 'EncryptOnce' | 'DecryptOnce' | 'SignRecoverOnce' | 'VerifyRecoverOnce' | 'VerifyOnce';

/** One call with a key: what was written once, and asked for the handle each time it is made. */
function inOneCrossing<T>(
  target: Target,
  recipe: Recipe,
  mechanism: MechanismInput,
  options: CallOptions,
  rest: (request: RequestWriter) => RequestWriter,
  decode: Decode<T> | undefined,
  accept?: readonly number[],
): Promise<T> {
  const { context, key } = target;
  const { client, pool } = context;
  const { signal, timeLimit } = callOptions(options);
  // Nothing has happened yet when the session turns out to be lost: a recipe is one operation from its beginning to its end.
  const control = { signal, timeLimit, accept, repeatable: true };
  return withPin(target, { signal, timeLimit }, (pin) => {
    const write = (session: bigint, handle: bigint): RequestWriter =>
      rest(client.request(CALL[recipe]).u64(session).mechanism(mechanism).u64(handle).contextPin(pin));
    const build = (session: bigint, left: CallOptions): RequestWriter | Promise<RequestWriter> => {
      // Where there is one session for all, and it is lent to this call, there is no other to search in.
      const handle = currentHandle(key, context, 'object', session === pool.crew ? left : { ...left, session });
      return typeof handle === 'bigint' ? write(session, handle) : handle.then((found) => write(session, found));
    };
    return pool.call(build, control, decode as Decode<T>);
  });
}

const bytesOf = (reply: ReplyReader): Uint8Array => reply.bytes();

/** Sign, encrypt, decrypt: the reply holds the result, and what the token wrote into the parameter. `capacity`: bytes expected. */
export function once(
  target: Target,
  recipe: Exclude<Recipe, 'VerifyOnce'>,
  mechanism: MechanismInput,
  data: Uint8Array,
  capacity: number | undefined,
  options: CallOptions,
): Promise<ReplyReader> {
  return inOneCrossing<ReplyReader>(target, recipe, mechanism, options, (request) => request.rawBytes(data).capacity(room(capacity)), undefined);
}

/** As `once`, for the result alone. */
export function resultOf(
  target: Target,
  recipe: Exclude<Recipe, 'VerifyOnce'>,
  mechanism: MechanismInput,
  data: Uint8Array,
  capacity: number | undefined,
  options: CallOptions,
): Promise<Uint8Array> {
  return inOneCrossing(target, recipe, mechanism, options, (request) => request.rawBytes(data).capacity(room(capacity)), bytesOf);
}

/** A buffer of no bytes is to p11-kit as none at all: a question for the length. */
const room = (capacity: number | undefined): number | undefined => (capacity === 0 ? 1 : capacity);

/** Reads the answer of C_Verify or C_VerifyFinal; throws where it says nothing of the signature. */
const verdictOn =
  (asked: Asked) =>
  (reply: ReplyReader): boolean => {
    if (reply.rv === CKR.OK) return true;
    if (isNo(reply, asked)) return false;
    throw errorOf(reply, reply.functionIndex);
  };

/** Whether the signature is the data's. `size`: the bytes of a signature, where they are known. */
export function verifyOnce(
  target: Target,
  mechanism: MechanismInput,
  data: Uint8Array,
  signature: Uint8Array,
  size: number | undefined,
  options: CallOptions,
): Promise<boolean> {
  const asked = { key: target.key, mechanism, signature, input: data, size };
  const rest = (request: RequestWriter): RequestWriter => request.rawBytes(data).rawBytes(signature);
  return inOneCrossing(target, 'VerifyOnce', mechanism, options, rest, verdictOn(asked), answersTo(asked));
}

/** The three functions of an operation in many parts. */
const PARTS = Object.freeze({
  sign: { init: CALL.C_SignInit, update: CALL.C_SignUpdate, final: CALL.C_SignFinal },
  verify: { init: CALL.C_VerifyInit, update: CALL.C_VerifyUpdate, final: CALL.C_VerifyFinal },
  encrypt: { init: CALL.C_EncryptInit, update: CALL.C_EncryptUpdate, final: CALL.C_EncryptFinal },
  decrypt: { init: CALL.C_DecryptInit, update: CALL.C_DecryptUpdate, final: CALL.C_DecryptFinal },
  digest: { init: CALL.C_DigestInit, update: CALL.C_DigestUpdate, final: CALL.C_DigestFinal },
});

export type PartsOf = keyof typeof PARTS;

/** What tokens answer to the first part of an operation that they do in one piece only. */
const NOT_IN_PARTS: ReadonlySet<number> = new Set<number>([CKR.OPERATION_NOT_INITIALIZED, CKR.FUNCTION_NOT_SUPPORTED]);

/** An operation in many parts: it has a session for itself until `leave`, which belongs into a finally. */
export class MultiPart {
  readonly #context: TokenContext;
  readonly #calls: (typeof PARTS)[PartsOf];
  readonly #patience: Patience;
  readonly #lease: Lease;
  readonly #mechanism: MechanismInput;
  readonly #key: CryptokiObject | undefined;
  /** An operation is active in the session. */
  #active = false;
  #fresh = true;
  #failure: unknown;

  private constructor(
    context: TokenContext,
    operation: PartsOf,
    patience: Patience,
    lease: Lease,
    mechanism: MechanismInput,
    key: CryptokiObject | undefined,
  ) {
    this.#context = context;
    this.#mechanism = mechanism;
    this.#key = key;
    this.#calls = PARTS[operation];
    this.#patience = patience;
    this.#lease = lease;
  }

  /** `key` is left out for digests. */
  static async begin(
    context: TokenContext,
    operation: PartsOf,
    mechanism: MechanismInput,
    patience: Patience,
    key?: CryptokiObject,
  ): Promise<MultiPart> {
    const { pool } = context;
    let { generation } = pool.recovery;
    const open = async (pin: Pin, fresh: boolean): Promise<MultiPart> => {
      const lease = await pool.lease({ ...patience.options, fresh });
      ({ generation } = pool.recovery);
      const parts = new MultiPart(context, operation, patience, lease, mechanism, key);
      try {
        await parts.#start(pin);
        return parts;
      } catch (error) {
        parts.leave();
        throw error;
      }
    };
    const start = async (pin: Pin): Promise<MultiPart> => {
      try {
        return await open(pin, false);
      } catch (error) {
        if (!(await pool.recovery.mend(error, generation, patience.options))) throw error;
        // Nothing of the data is gone yet.
        return open(pin, true);
      }
    };
    return key === undefined ? start(undefined) : withPin({ context, key }, patience.options, start);
  }

  async #start(pin: Pin): Promise<void> {
    const { client } = this.#context;
    const key = this.#key;
    const handle = key && (await currentHandle(key, this.#context, 'object', { ...this.#patience.options, session: this.#lease.id }));
    const init = (): RequestWriter => {
      const request = client.request(this.#calls.init).u64(this.#lease.id).mechanism(this.#mechanism);
      return handle === undefined ? request : request.u64(handle);
    };
    await this.#call(init);
    this.#active = true;
    if (pin === undefined) return;
    await this.#call(() => client.request(CALL.C_Login).u64(this.#lease.id).u64(CKU.CONTEXT_SPECIFIC).pin(pin));
  }

  /**
   * One piece; the reply holds what came out, where something can. Undefined, for the first piece only, when the token takes this
   * mechanism in one piece alone: NSS says so for AES-GCM.
   */
  async update(piece: Uint8Array, capacity?: number): Promise<ReplyReader | undefined> {
    const isFirst = this.#fresh;
    this.#fresh = false;
    try {
      return await this.#call(() => {
        const request = this.#context.client.request(this.#calls.update).u64(this.#lease.id).rawBytes(piece);
        return capacity === undefined ? request : request.capacity(capacity);
      });
    } catch (error) {
      if (isFirst && Pkcs11Error.is(error) && NOT_IN_PARTS.has(error.rv)) return undefined;
      throw error;
    }
  }

  /** All pieces of a source, the first of which has been taken already. Answers a copy of it when the token wants them all as one. */
  async feed(first: Uint8Array, pieces: Pieces): Promise<Uint8Array | undefined> {
    for (let piece: Uint8Array | undefined = first; piece !== undefined; piece = await pieces.next()) {
      if ((await this.update(piece)) === undefined) return copyOf(piece);
    }
    return undefined;
  }

  /** The end of sign, digest, encrypt and decrypt. */
  async final(capacity: number | undefined): Promise<Uint8Array> {
    const reply = await this.#call(() => this.#context.client.request(this.#calls.final).u64(this.#lease.id).capacity(capacity));
    this.#active = false;
    return reply.bytes();
  }

  /** The end of verify. */
  async verify(signature: Uint8Array): Promise<boolean> {
    const asked = { key: this.#key!, mechanism: this.#mechanism, signature, input: undefined, size: undefined };
    const final = (): RequestWriter => this.#context.client.request(this.#calls.final).u64(this.#lease.id).rawBytes(signature);
    const reply = await this.#call(final, answersTo(asked));
    this.#active = false;
    return verdictOn(asked)(reply);
  }

  /** Gives the session back; what is still active in it is ended. */
  leave(): void {
    // A lost session is for the pool to judge; otherwise tokens differ in whether a failed part has ended its operation.
    if (this.#active && meaningOf(this.#failure) === undefined) this.#lease.discard();
    else this.#lease.release(this.#failure);
  }

  async #call(request: () => RequestWriter, accept?: readonly number[]): Promise<ReplyReader> {
    const { generation } = this.#context.pool.recovery;
    try {
      return await this.#context.client.call(request(), accept === undefined ? this.#patience.options : { ...this.#patience.options, accept });
    } catch (error) {
      this.#failure = error;
      throw this.#active ? await this.#judged(error, generation) : error;
    }
  }

  /** What has been given to the operation is gone with it: it cannot be made again by us. */
  async #judged(error: unknown, generation: number): Promise<unknown> {
    const { recovery } = this.#context.pool;
    const mended = await recovery.mend(error, generation, this.#patience.options);
    return mended ? recoveredError(error, generation !== recovery.generation) : error;
  }
}
