// `cryptoki/pkcs11js`: a drop-in for pkcs11js 2.1.7. docs/pkcs11js.md says how to switch.

export * from './generated/pkcs11js-constants';
export { NativeError, Pkcs11Error } from './pkcs11js/errors';
export { PKCS11 } from './pkcs11js/pkcs11';
export type * from './pkcs11js/types';
export type * from './pkcs11js/parameter-types';
export type { Functions } from './generated/pkcs11js-functions';
