import { Module, Pkcs11Error } from '../index';
import { answer, callbackAmong } from './answer';
import { Pkcs11Container } from './container';
import { exceptionOf, RestException } from './errors';
import type { GCLConfig, ModuleConfig } from './config';
import type { AbstractPkcs11, Callback } from './responses';

/** A library that is loaded, or being loaded, and the calls that use it. */
interface Library {
  readonly module: Promise<Module>;
  readonly running: Set<Promise<unknown>>;
}

/**
 * The client of the Trust1Connector API. There is no agent: the library is loaded into this process, at the first call that needs it.
 *
 * @example
 * const client = await GCLClient.initialize(new GCLConfig('ds uri', 'apikey', moduleConfig));
 * const { data } = await client.pkcs11().info();
 * await client.close();
 */
export class GCLClient {
  readonly #config: GCLConfig;
  readonly #libraries = new Map<string, Library>();

  private constructor(config: GCLConfig) {
    this.#config = config;
  }

  /**
   * Makes a client; nothing is loaded yet. The callback gets an exception or the client, before the promise settles.
   *
   * @example
   * GCLClient.initialize(config, (error, client) => {
   *   if (client) client.pkcs11().info(callback);
   * });
   */
  static initialize(config: GCLConfig, callback?: Callback<GCLClient>): Promise<GCLClient> {
    return answer(callbackAmong([callback]), async () => {
      if (typeof config !== 'object' || config === null) throw new RestException(901, 'the first argument must be a GCLConfig');
      return new GCLClient(config);
    });
  }

  /** The configuration it was made with. */
  get config(): GCLConfig {
    return this.#config;
  }

  /**
   * The PKCS#11 container. A wrong path shows at its first call.
   *
   * @param moduleConfig instead of that of the configuration
   * @example
   * const pkcs11 = client.pkcs11({ linux: '/usr/lib/softhsm/libsofthsm2.so' });
   */
  pkcs11(moduleConfig?: ModuleConfig): AbstractPkcs11 {
    return new Pkcs11Container(moduleConfig ?? this.#config.pkcs11Config, (path, work) => this.#with(path, work));
  }

  /**
   * Ends what the calls of this client have loaded, when those that run have finished; the original has no such method. A later call loads it again.
   *
   * @example
   * await client.close();
   */
  async close(): Promise<void> {
    const libraries = [...this.#libraries.values()];
    this.#libraries.clear();
    const closed = await Promise.allSettled(libraries.map(end));
    for (const one of closed) if (one.status === 'rejected') throw await exceptionOf(one.reason);
  }

  async #with<Result>(path: string, work: (module: Module) => Promise<Result>): Promise<Result> {
    const { module, running } = this.#library(path);
    const call = module.then(work);
    running.add(call);
    try {
      return await call;
    } finally {
      running.delete(call);
    }
  }

  #library(path: string): Library {
    const known = this.#libraries.get(path);
    if (known !== undefined) return known;
    const library: Library = { module: load(path), running: new Set() };
    this.#libraries.set(path, library);
    // What could not be loaded now may be there the next time.
    library.module.catch(() => {
      if (this.#libraries.get(path) === library) this.#libraries.delete(path);
    });
    return library;
  }
}

const GIVES_FUNCTIONS = /^C_Get(?:FunctionList|Interface)/;

async function load(path: string): Promise<Module> {
  try {
    // A person waits for the answer: a card that has been pulled is no reason to wait for it.
    return await Module.load(path, { recovery: false });
  } catch (error) {
    // A path with a NUL in it, or half a surrogate pair, is nothing's; what gives no functions is no library to be used.
    const unloaded = error instanceof TypeError || (Pkcs11Error.is(error) && GIVES_FUNCTIONS.test(error.call));
    throw unloaded ? new RestException(300, undefined, error) : error;
  }
}

async function end({ module, running }: Library): Promise<void> {
  await Promise.allSettled(running);
  const [loaded] = await Promise.allSettled([module]);
  if (loaded.status === 'fulfilled') await loaded.value.close();
}
