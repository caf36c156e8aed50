// Signing in a way that has been decided: the request is written once for a key, and only the data are added to it each time.

import { createHash } from 'node:crypto';
import { CALL } from './generated/calls';
import { contextOf, currentHandle } from './object';
import type { CallOptions } from './options';
import type { CryptokiObject } from './object';
import type { Job } from './crew-call';
import type { ReplyReader } from './wire/reader';
import type { RequestWriter } from './wire/writer';
import type { SignaturePlan } from './algorithms/plan-signature';
import type { TokenContext } from './token-context';

/** So much is hashed at once, while nothing else runs: a fraction of a millisecond. */
const MOST_HASHED = 1 << 16;

// Up to here a loop is quicker than the built-in function.
const SHORT = 64;

function wipe(data: Uint8Array): void {
  const { length } = data;
  if (length > SHORT) data.fill(0);
  else for (let index = 0; index < length; index++) data[index] = 0;
}

const REPEATABLE = Object.freeze({ repeatable: true });

export class PreparedSign {
  readonly #key: CryptokiObject;
  readonly #context: TokenContext;
  readonly #plan: SignaturePlan;
  readonly #room: number | undefined;
  #frame: Uint8Array | undefined;
  #session: bigint | undefined;
  #handle: bigint | undefined;

  /** For keys that do not ask for the PIN each time. */
  constructor(key: CryptokiObject, plan: SignaturePlan) {
    this.#key = key;
    this.#context = contextOf(key);
    this.#plan = plan;
    // A buffer of no bytes is to p11-kit as none at all: a question for the length.
    this.#room = plan.bytes === 0 ? 1 : plan.bytes;
  }

  /** Whether data of this size can be signed in this way. */
  takes(size: number): boolean {
    return this.#plan.hash === undefined || size <= MOST_HASHED;
  }

  /** Signs data that nobody else has; they are overwritten in the end. */
  sign(data: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    const control = options === undefined ? REPEATABLE : { signal: options.signal, timeLimit: options.timeLimit, repeatable: true };
    return this.#context.pool.run(new SignJob(this, this.#inputOf(data)), control, this.#decode);
  }

  #inputOf(data: Uint8Array): Uint8Array {
    const { hash } = this.#plan;
    if (hash === undefined) return data;
    const digest = createHash(hash.name).update(data).digest();
    data.fill(0);
    return hash.input(digest);
  }

  readonly #decode = (reply: ReplyReader): Uint8Array => {
    const { encodeFrom } = this.#plan;
    return encodeFrom === undefined ? this.#plan.encode(reply.bytes()) : reply.bytesAs(encodeFrom);
  };

  /** The request for one input, in a session or crew. */
  write(session: bigint, data: Uint8Array, options: CallOptions): RequestWriter | Promise<RequestWriter> {
    const handle = currentHandle(this.#key, this.#context, 'object', options);
    return typeof handle === 'bigint' ? this.#write(session, handle, data) : handle.then((found) => this.#write(session, found, data));
  }

  #write(session: bigint, handle: bigint, data: Uint8Array): RequestWriter {
    const { client } = this.#context;
    if (this.#frame === undefined || session !== this.#session || handle !== this.#handle) {
      const request = client.request(CALL.SignOnce).u64(session).mechanism(this.#plan.mechanism).u64(handle).contextPin(undefined);
      this.#frame = request.encodedSince(0);
      this.#session = session;
      this.#handle = handle;
      return request.rawBytes(data).capacity(this.#room);
    }
    return client.prepared(CALL.SignOnce, this.#frame).rawBytes(data).capacity(this.#room);
  }
}

/** One input on its way. */
class SignJob implements Job {
  readonly #prepared: PreparedSign;
  readonly #data: Uint8Array;

  constructor(prepared: PreparedSign, data: Uint8Array) {
    this.#prepared = prepared;
    this.#data = data;
  }

  build(session: bigint, options: CallOptions): RequestWriter | Promise<RequestWriter> {
    return this.#prepared.write(session, this.#data, options);
  }

  over(): void {
    wipe(this.#data);
  }
}
