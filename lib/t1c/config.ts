import { RestException } from './errors';

/** Where the Cryptoki library is, by operating system. */
export interface ModuleConfig {
  /** Linux and other systems of its kind. */
  readonly linux?: string | undefined;
  /** macOS. */
  readonly mac?: string | undefined;
  /** Windows. */
  readonly win?: string | undefined;
}

/** The members of the released form of the configuration that matter here; the others are kept and have no effect. */
export interface GCLConfigOptions {
  /** Where the Cryptoki library is. */
  readonly pkcs11Config?: ModuleConfig | undefined;
  /** Address of the agent: kept, not used. */
  readonly gclUrl?: string | undefined;
  /** Kept, not used. */
  readonly apiKey?: string | undefined;
  /** Kept, not used: PINs come with the calls, or from the reader's own PIN pad. */
  readonly osPinDialog?: boolean | undefined;
  /** Address of the distribution service: kept, not used. */
  readonly dsUri?: string | undefined;
  readonly [name: string]: unknown;
}

/**
 * The configuration, in either of its two forms. There is no agent to talk to: only the paths of the library matter.
 *
 * @example
 * const config = new GCLConfig('ds uri', 'apikey', { linux: '/usr/lib/softhsm/libsofthsm2.so' });
 * const same = new GCLConfig({ pkcs11Config: { linux: '/usr/lib/softhsm/libsofthsm2.so' } });
 */
export class GCLConfig {
  /** Where the Cryptoki library is. */
  readonly pkcs11Config: ModuleConfig | undefined;
  readonly [name: string]: unknown;

  /** In the form of the document. */
  constructor(dsUri?: string, apiKey?: string, moduleConfig?: ModuleConfig);
  /** In the released form. */
  constructor(options: GCLConfigOptions);
  constructor(first?: string | GCLConfigOptions, apiKey?: string, moduleConfig?: ModuleConfig) {
    if (typeof first === 'object' && first !== null) {
      Object.assign(this, first);
      this.pkcs11Config = first.pkcs11Config;
    } else {
      Object.assign(this, { dsUri: first, apiKey });
      this.pkcs11Config = moduleConfig;
    }
  }
}

const SYSTEM: Readonly<Record<string, keyof ModuleConfig>> = { win32: 'win', darwin: 'mac' };

/** The library of this operating system. */
export function libraryPath(moduleConfig: unknown): string {
  const system = SYSTEM[process.platform] ?? 'linux';
  const path: unknown = typeof moduleConfig === 'object' && moduleConfig !== null ? (moduleConfig as ModuleConfig)[system] : undefined;
  if (typeof path === 'string' && path !== '') return path;
  throw new RestException(902, `give the path of the Cryptoki library for this system as the member "${system}" of the module configuration`);
}
