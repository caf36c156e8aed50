import { X509Certificate } from 'node:crypto';
import { Module, type CallOptions } from '../index';
import { errorCodes } from './error-codes';
import { badParameters, operation, ScwsError, scwsError } from './error';
import { lookAt, Reader } from './reader';
import type { CrlFetcher, TrustSources } from './trust';

/** What `createEnvironment` takes. */
export interface EnvironmentOptions {
  /** The path of the Cryptoki library, or a module that has been loaded already, which then stays the caller's. */
  readonly module: string | Module;
  /** Certificates that are trusted: PEM, DER or as node:crypto has them. Without them nothing is. */
  readonly trustedRoots?: readonly (string | Uint8Array | X509Certificate)[] | undefined;
  /** Revocation lists in DER or PEM. */
  readonly crls?: readonly (string | Uint8Array)[] | undefined;
  /** Fetches revocation lists by their address; nothing is fetched without it. */
  readonly fetchCrl?: CrlFetcher | undefined;
  /** Milliseconds for each call to the library; beyond it MWR_SCWS_COMM_TIMEOUT. Default: none. */
  readonly timeLimit?: number | undefined;
}

/** Called with the reader that came, went or changed. */
export type ReaderHandler = (reader: Reader) => void;

const { version } = require('../../package.json') as { version: string };

interface Environment {
  readonly module: Module;
  readonly own: boolean;
  readonly options: CallOptions;
  readonly trust: TrustSources;
  readonly end: AbortController;
}

/**
 * The object of the SCWS conventions. There is one, `SCWS`; a program that works with several libraries makes more.
 *
 * @example
 * await SCWS.createEnvironment({ module: '/usr/lib/softhsm/libsofthsm2.so' });
 * for (const reader of SCWS.readers) console.log(reader.name, reader.cardPresent);
 */
export class Scws {
  /** The class of every error. */
  readonly Error: typeof ScwsError = ScwsError;
  /** All codes with what they mean. */
  readonly errorCodes: Readonly<Record<string, string>> = errorCodes;
  /** A new slot. */
  onreaderadded: ReaderHandler | null = null;
  /** A slot that is no more. */
  onreaderremoved: ReaderHandler | null = null;
  /** A card has come or gone, or the status has changed. */
  onreaderstatechanged: ReaderHandler | null = null;
  readonly #readers: Reader[] = [];
  readonly #bySlot = new Map<number, Reader>();
  #environment: Environment | undefined;
  #looking: Promise<void> = Promise.resolve();

  /** The version of this package. */
  get version(): string {
    return version;
  }

  /** The readers that were there at the last look: the same array for ever. Empty before `createEnvironment`. */
  get readers(): Reader[] {
    return this.#readers;
  }

  /**
   * Loads the library and looks for readers. Called again, it ends what was there before.
   *
   * @example
   * await SCWS.createEnvironment({ module: '/usr/lib/softhsm/libsofthsm2.so', trustedRoots: [rootPem] });
   */
  createEnvironment(options: EnvironmentOptions): Promise<void> {
    return operation(async () => {
      const { module, trust, call } = checked(options);
      await this.#leave();
      const loaded =
        typeof module === 'string'
          ? await Module.load(module, { ...call, recovery: false }).catch((error: unknown) => Promise.reject(unreachable(error)))
          : module;
      const environment = { module: loaded, own: typeof module === 'string', options: call, trust, end: new AbortController() };
      this.#environment = environment;
      await this.#look(false);
      void this.#watch(environment);
    });
  }

  /**
   * Ends everything: events, connections, and the library where `createEnvironment` loaded it. The original has no such function.
   *
   * @example
   * await SCWS.closeEnvironment();
   */
  closeEnvironment(): Promise<void> {
    return operation(() => this.#leave());
  }

  /**
   * Looks again, and resolves to the array that `readers` is.
   *
   * @example
   * const readers = await SCWS.updateReaderList();
   */
  updateReaderList(): Promise<Reader[]> {
    return operation(async () => {
      await this.#look(true);
      return this.#readers;
    });
  }

  /**
   * The reader with this name, as far as `readers` knows it; undefined where there is none.
   *
   * @example
   * const reader = SCWS.getReader('Reader 1');
   */
  getReader(name: string): Reader | undefined {
    return this.#readers.find((reader) => reader.name === name);
  }

  async #leave(): Promise<void> {
    const environment = this.#environment;
    this.#environment = undefined;
    environment?.end.abort();
    await this.#looking.catch(() => undefined);
    this.#readers.length = 0;
    this.#bySlot.clear();
    if (environment?.own) await environment.module.close();
  }

  /** Looks are made one after the other: two at once would tell a change twice. */
  #look(tell: boolean): Promise<void> {
    const mine = this.#looking.catch(() => undefined).then(() => this.#lookNow(tell));
    this.#looking = mine;
    return mine;
  }

  async #lookNow(tell: boolean): Promise<void> {
    const environment = this.#environment;
    if (environment === undefined) throw scwsError('MWR_SCWS_UNREACHABLE', 'Call createEnvironment first.');
    const slots = await environment.module.slots(environment.options);
    const present = new Set(slots.map(({ id }) => id));
    for (const [id, reader] of this.#bySlot) {
      if (present.has(id)) continue;
      this.#bySlot.delete(id);
      this.#readers.splice(this.#readers.indexOf(reader), 1);
      if (tell) call(this.onreaderremoved, reader);
    }
    for (const slot of slots) {
      const known = this.#bySlot.get(slot.id);
      const reader = known ?? new Reader(await this.#nameOf(slot, environment.options), slot, environment.options, environment.trust);
      const changed = await lookAt(reader);
      if (this.#environment !== environment) return;
      if (known === undefined) {
        this.#bySlot.set(slot.id, reader);
        this.#readers.push(reader);
        if (tell) call(this.onreaderadded, reader);
      } else if (changed && tell) {
        call(this.onreaderstatechanged, reader);
      }
    }
  }

  async #nameOf(slot: Awaited<ReturnType<Module['slots']>>[number], options: CallOptions): Promise<string> {
    const { description } = await slot.info(options);
    const plain = description === '' ? `Reader ${slot.id}` : description;
    let name = plain;
    for (let number = 2; this.getReader(name) !== undefined; number++) name = `${plain} ${number}`;
    return name;
  }

  async #watch(environment: Environment): Promise<void> {
    try {
      for await (const event of environment.module.slotEvents({ signal: environment.end.signal })) {
        void event;
        if (this.#environment !== environment) return;
        await this.#look(true).catch(() => undefined);
      }
    } catch {
      // The environment has ended, or its library: the next operation says so.
    }
  }
}

// What a handler throws must be seen, and must not end the events.
function call(handler: ReaderHandler | null, reader: Reader): void {
  try {
    handler?.(reader);
  } catch (thrown) {
    process.emitWarning(thrown instanceof Error ? thrown : new Error('A handler of SCWS threw something that is no error'));
  }
}

/** Whatever keeps the library from being used: its own code of C_Initialize, too. */
function unreachable(error: unknown): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && code.startsWith('CKR_') ? scwsError('MWR_SCWS_UNREACHABLE', undefined, error) : error;
}

function checked(options: EnvironmentOptions): { module: string | Module; trust: TrustSources; call: CallOptions } {
  if (typeof options !== 'object' || options === null) throw badParameters('The options must be an object.');
  const { module, trustedRoots = [], crls = [], fetchCrl, timeLimit } = options;
  if (!(module instanceof Module) && (typeof module !== 'string' || module === '')) {
    throw badParameters('"module" must be the path of a Cryptoki library, or a Module.');
  }
  if (!Array.isArray(trustedRoots) || !Array.isArray(crls)) throw badParameters('"trustedRoots" and "crls" must be arrays.');
  if (fetchCrl !== undefined && typeof fetchCrl !== 'function') throw badParameters('"fetchCrl" must be a function.');
  if (timeLimit !== undefined && !(Number.isSafeInteger(timeLimit) && timeLimit > 0))
    throw badParameters('"timeLimit" must be a number of milliseconds.');
  const roots = trustedRoots.map((root: string | Uint8Array | X509Certificate, index) => {
    try {
      return root instanceof X509Certificate ? root : new X509Certificate(root);
    } catch (error) {
      throw badParameters(`"trustedRoots[${index}]" is no certificate.`, error);
    }
  });
  return { module, trust: { roots, crls: crls.map(derOf), fetchCrl }, call: timeLimit === undefined ? {} : { timeLimit } };
}

function derOf(list: string | Uint8Array, index: number): Uint8Array {
  if (typeof list !== 'string' && !(list instanceof Uint8Array)) throw badParameters(`"crls[${index}]" must be PEM or DER.`);
  const text = typeof list === 'string' ? list : Buffer.from(list).toString('latin1');
  const pem = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/.exec(text)?.[1];
  if (pem !== undefined) return Buffer.from(pem, 'base64');
  if (typeof list === 'string') throw badParameters(`"crls[${index}]" is no revocation list in PEM.`);
  return list;
}
