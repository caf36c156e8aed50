// `cryptoki/raw`: the standard's functions one to one. The methods are generated from spec/; this is the shell around them.

import { inspect, type InspectOptions } from 'node:util';

import { CALL } from './generated/calls';
import { RawMethods, type ULong } from './generated/raw-methods';
import { CryptokiError, Pkcs11Error } from './errors';
import { callOptions } from './options';
import { Client, type CallOptions, type LoadedLibrary } from './wire/client';
import type { ReplyReader } from './wire/reader';

export * from './constants';
export { CryptokiError, Pkcs11Error, AbortError, type CryptokiErrorCode, type LoadFailureReason } from './errors';
export type { AttributeKey, AttributeName, Attributes, AttributeTemplate, ReadAttributes, VendorAttributeValue } from './attributes';
export type { MechanismInput, MechanismWithParameter, ParameterByStructure, ParameterInput, ParameterStructure, StructureName } from './mechanism';
export type { ByteSource, InitializeArguments, OutputOptions, ULong } from './generated/raw-methods';
export type { CallOptions, LoadedLibrary } from './wire/client';
export type { WrittenBack } from './wire/written-back';
export type * from './generated/parameters';

/** Options of `Raw.load`. */
export interface RawLoadOptions extends CallOptions {
  /** Most threads that may be in calls at once: 1 to 512, 64 when absent. Each busy session uses one. */
  readonly threads?: number | undefined;
}

/**
 * A Cryptoki library with one asynchronous method per function of the standard, named as there. Arguments come in the order of the standard without their
 * lengths; outputs are what the promise resolves to. A return value other than CKR_OK rejects with a Pkcs11Error. Sessions are numbers of this package, never
 * used twice; everything else is the library's own.
 *
 * @example
 * const raw = await Raw.load('/usr/lib/softhsm/libsofthsm2.so');
 * await raw.C_Initialize({ flags: CKF.OS_LOCKING_OK });
 * const [slot] = await raw.C_GetSlotList(true);
 * const session = await raw.C_OpenSession(slot, CKF.SERIAL_SESSION);
 * await raw.C_Login(session, CKU.USER, '1234');
 * await raw.close();
 */
export class Raw extends RawMethods {
  readonly #client: Client;
  #closed: Promise<void> | undefined;

  private constructor(client: Client) {
    super(client);
    this.#client = client;
  }

  /**
   * Loads a library. It does not initialise it: that is C_Initialize.
   * Errors: ERR_CRYPTOKI_LOAD_FAILED with its `reason`, ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY.
   *
   * @example
   * const raw = await Raw.load('/usr/lib/softhsm/libsofthsm2.so');
   * await raw.close();
   */
  static async load(path: string, options?: RawLoadOptions): Promise<Raw> {
    const client = new Client(path, { threads: options?.threads });
    await client.load(options);
    return new Raw(client);
  }

  /** The path as it was given. */
  get path(): string {
    return this.#client.path;
  }

  /** What is known of the library: the version of its interface, the functions it has. */
  get library(): LoadedLibrary {
    return this.#client.library;
  }

  /**
   * Whether the library has a function. It may still answer CKR_FUNCTION_NOT_SUPPORTED.
   *
   * @example
   * if (raw.supports('C_SessionCancel')) await raw.C_SessionCancel(handle, CKF.SIGN);
   */
  supports(functionName: string): boolean {
    return this.#client.supports(functionName);
  }

  /** Opens a session. One that opens only after its caller has given up waiting is closed again. */
  override async C_OpenSession(slot: ULong, flags: ULong, options?: CallOptions): Promise<bigint> {
    const client = this.#client;
    const close = async (settled: Promise<ReplyReader | undefined>): Promise<void> => {
      const late = await settled;
      // The library or the session may be gone by then; there is nobody left to tell.
      if (late !== undefined) await client.call(client.request(CALL.C_CloseSession).u64(late.u64())).catch(() => undefined);
    };
    const request = client.request(CALL.C_OpenSession).u64(slot, 'slot').u64(flags, 'flags');
    const reply = await client.call(request, {
      ...(options === undefined ? undefined : callOptions(options)),
      onLate: (settled) => void close(settled),
    });
    return reply.u64();
  }

  /**
   * Waits for the calls that run, closes the sessions, and finalises the library unless others use it. Closing twice is fine.
   *
   * @example
   * await raw.close();
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#client.finalize();
    } catch (error) {
      // Never initialised, or finalised by a call of C_Finalize: closed either way.
      if (!Pkcs11Error.is(error, 'CKR_CRYPTOKI_NOT_INITIALIZED') && !CryptokiError.is(error, 'ERR_CRYPTOKI_CLOSED')) throw error;
    }
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { major, minor } = this.library.version;
    return `Raw { path: ${inspect(this.path, options)}, interface: ${inspect(`${major}.${minor}`, options)} }`;
  }
}
