import { Module, Pkcs11Error, type Slot } from '../index';
import { errorCodes } from './error-codes';
import { checked, type EnvironmentOptions, type Wanted } from './environment-options';
import { operation, ScwsError, scwsError } from './error';
import { lookAt, Reader } from './reader';
import type { Environment } from './connection';

/** Called with the reader that came, went or changed. */
export type ReaderHandler = (reader: Reader) => void;

const { version } = require('../../package.json') as { version: string };

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
  #changing: Promise<void> = Promise.resolve();

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
      const wanted = checked(options);
      await this.#change(() => this.#enter(wanted));
    });
  }

  /**
   * Ends everything: events, connections, and the library where `createEnvironment` loaded it. The original has no such function.
   *
   * @example
   * await SCWS.closeEnvironment();
   */
  closeEnvironment(): Promise<void> {
    return operation(() => this.#change(() => this.#leave()));
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

  /** One comes or goes after the other: of two that were made at once, one would be left behind. */
  #change(work: () => Promise<void>): Promise<void> {
    const mine = this.#changing.catch(() => undefined).then(work);
    this.#changing = mine;
    return mine;
  }

  async #enter({ module, trust, options }: Wanted): Promise<void> {
    await this.#leave();
    const own = typeof module === 'string';
    const loaded = own ? await load(module, options) : module;
    const end = new AbortController();
    const environment = { module: loaded, own, options: { ...options, signal: end.signal }, trust, end, connections: new Set<never>() };
    this.#environment = environment;
    try {
      await this.#look(false);
    } catch (error) {
      await this.#leave();
      throw error;
    }
    void this.#watch(environment);
  }

  async #leave(): Promise<void> {
    const environment = this.#environment;
    if (environment === undefined) return;
    this.#environment = undefined;
    environment.end.abort(scwsError('MWR_SCWS_COMM_ERROR', 'The environment has ended.'));
    await this.#looking.catch(() => undefined);
    this.#readers.length = 0;
    this.#bySlot.clear();
    await Promise.allSettled([...environment.connections].map((connection) => connection.end()));
    if (environment.own) await environment.module.close();
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
      const reader = known ?? new Reader(await this.#nameOf(slot, environment), slot, environment);
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

  async #nameOf(slot: Slot, { options }: Environment): Promise<string> {
    // One that is in trouble is a reader all the same; its status says so.
    const { description } = await slot.info(options).catch(() => ({ description: '' }));
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

/** What a handler throws must be seen, now or from a promise, and must not end the events. */
function call(handler: ReaderHandler | null, reader: Reader): void {
  const calling = async (): Promise<void> => handler?.(reader);
  calling().catch((thrown: unknown) =>
    process.emitWarning(thrown instanceof Error ? thrown : new Error('A handler of SCWS threw something that is no error')),
  );
}

/** Whatever keeps the library from being used makes it unreachable: its own code of C_Initialize, too. */
async function load(path: string, options: Wanted['options']): Promise<Module> {
  try {
    return await Module.load(path, { ...options, recovery: false });
  } catch (error) {
    throw Pkcs11Error.is(error) ? scwsError('MWR_SCWS_UNREACHABLE', undefined, error) : error;
  }
}
