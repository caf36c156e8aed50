// The classes of webcrypto-core that ours extend, so that libraries which know those know ours. Its own declarations speak of the types of browsers, which
// programs for Node.js do not have: ours do without them.

import * as core from 'webcrypto-core';

/** The parts of webcrypto-core's registry of algorithms that we use. */
export interface Registry {
  get(name: string): object | null;
  set(provider: object): void;
  readonly algorithms: string[];
}

export const CoreCrypto: abstract new () => object = core.Crypto;
export const CoreSubtleCrypto: new () => { readonly providers: Registry } = core.SubtleCrypto as unknown as new () => {
  readonly providers: Registry;
};
export const CoreCryptoKey: new () => object = core.CryptoKey;
export const CoreProvider: abstract new () => object = core.ProviderCrypto;
