// `cryptoki/webcrypto`: a W3C Crypto on a token.

export type * from './webcrypto/algorithm-types';
export { combineWithNode, type CombinedCrypto, type CombinedSubtleCrypto } from './webcrypto/combined';
export { Crypto, createCrypto, type CryptoOptions } from './webcrypto/crypto';
export { CryptoKey } from './webcrypto/crypto-key';
export type { KeySource } from './webcrypto/key-of';
export type { CryptoKeyPair, Format, Placement } from './webcrypto/provider';
export { SubtleCrypto } from './webcrypto/subtle';
export type { Usage } from './webcrypto/usages';
