import { inspect, type InspectOptions } from 'node:util';
import { bytes } from './arguments';
import { copyOf, plainCopy } from './bytes';
import { inspectAs } from './inspect';
import { planToSign, sign } from './key-sign';
import { assertUsable, contextOf } from './object';
import { callOptions, type CallOptions } from './options';
import { PreparedSign } from './prepared-sign';
import type { Bytes } from './data-source';
import type { Key } from './key';
import type { SignatureAlgorithm } from './algorithms/plan-signature';
import type { SignatureOptions } from './algorithms/signatures';

/**
 * A key with an algorithm and its options, for programs that sign again and again: everything that does not depend on the data was decided and written when it was
 * made. It goes on after the token was lost and found again. Any number of signatures may be on their way at once.
 *
 * @example
 * const signer = await key.signer('sha256', { padding: 'pss' });
 * const signature = await signer.sign(document);
 */
export class Signer {
  readonly #key: Key;
  readonly #algorithm: SignatureAlgorithm;
  readonly #options: SignatureOptions;
  /** Undefined where the key asks for the PIN each time. */
  readonly #prepared: PreparedSign | undefined;

  /** Not for callers: `key.signer` makes signers. */
  constructor(key: Key, algorithm: SignatureAlgorithm, options: SignatureOptions, prepared: PreparedSign | undefined) {
    this.#key = key;
    this.#algorithm = algorithm;
    this.#options = options;
    this.#prepared = prepared;
  }

  /** The key that it signs with. */
  get key(): Key {
    return this.#key;
  }

  /**
   * Signs; the options are those of this one call. Data in pieces are for `key.sign`.
   *
   * @example
   * const signer = await key.signer('sha256');
   * const signature = await signer.sign(document, { timeLimit: 5_000 });
   */
  sign(data: Bytes, options?: CallOptions): Promise<Uint8Array> {
    const prepared = options === undefined ? this.#prepared : undefined;
    const copy = prepared && plainCopy(data);
    return copy !== undefined && prepared!.takes(copy.length) ? prepared!.sign(copy) : this.#signAnyhow(data, options);
  }

  async #signAnyhow(data: Bytes, options: CallOptions = {}): Promise<Uint8Array> {
    const given = callOptions(options);
    const whole = copyOf(bytes(data, 'data', true));
    if (this.#prepared?.takes(whole.length) === true) return this.#prepared.sign(whole, given);
    try {
      return await sign(this.#key, this.#algorithm, whole, { ...this.#options, ...given });
    } finally {
      whole.fill(0);
    }
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    const { label, type } = this.#key;
    return inspectAs(
      this,
      { ...(label !== undefined && { label }), type, ...(typeof this.#algorithm === 'string' && { algorithm: this.#algorithm }) },
      depth,
      options,
    );
  }
}

/** `key.signer`: all that can be wrong with algorithm and options shows here. */
export async function signer(key: Key, algorithm: SignatureAlgorithm, options: SignatureOptions = {}): Promise<Signer> {
  assertUsable(key, contextOf(key));
  const { question, plan } = await planToSign(key, algorithm, options);
  const { signal: _signal, timeLimit: _timeLimit, ...kept } = question.options;
  const prepared = key.attributes.alwaysAuthenticate === true ? undefined : new PreparedSign(key, plan);
  return new Signer(key, question.algorithm, kept, prepared);
}
