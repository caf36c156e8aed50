import { Module } from '../index';
import { answer, callbackAmong } from './answer';
import { Pkcs11Container } from './container';
import { exceptionOf, RestException } from './errors';
import type { GCLConfig, ModuleConfig } from './config';
import type { AbstractPkcs11, Callback } from './responses';

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
  readonly #modules = new Map<string, Promise<Module>>();

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
    return new Pkcs11Container(moduleConfig ?? this.#config.pkcs11Config, (path) => this.#module(path));
  }

  /**
   * Ends what the calls of this client have loaded; the original has no such method. A later call loads it again.
   *
   * @example
   * await client.close();
   */
  async close(): Promise<void> {
    const loading = [...this.#modules.values()];
    this.#modules.clear();
    const loaded = await Promise.allSettled(loading);
    const closed = await Promise.allSettled(loaded.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    for (const one of closed) if (one.status === 'rejected') throw await exceptionOf(one.reason);
  }

  #module(path: string): Promise<Module> {
    let module = this.#modules.get(path);
    if (module === undefined) {
      // A person waits for the answer: a card that has been pulled is no reason to wait for it.
      module = Module.load(path, { recovery: false });
      this.#modules.set(path, module);
      // What could not be loaded now may be there the next time.
      module.catch(() => this.#modules.delete(path));
    }
    return module;
  }
}
