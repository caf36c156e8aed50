// The classes of webcrypto-core that ours extend, so that libraries which know those know ours. Its own declarations speak of the types of browsers, which
// programs for Node.js do not have: ours do without them.

import * as core from 'webcrypto-core';

/** The parts of webcrypto-core's registry of algorithms that we use. */
export interface Registry {
  get(name: string): object | null;
  set(provider: object): void;
  readonly algorithms: string[];
}

/** What the SubtleCrypto of webcrypto-core has. */
export interface WithProviders {
  /** The algorithms, by their names. */
  readonly providers: Registry;
}

/** The Crypto of webcrypto-core. */
export const CoreCrypto: abstract new () => object = core.Crypto;
/** The SubtleCrypto of webcrypto-core. */
export const CoreSubtleCrypto: new () => WithProviders = core.SubtleCrypto as unknown as new () => WithProviders;
/** The CryptoKey of webcrypto-core. */
export const CoreCryptoKey: new () => object = core.CryptoKey;
/** The algorithms of webcrypto-core. */
export const CoreProvider: abstract new () => object = core.ProviderCrypto;
