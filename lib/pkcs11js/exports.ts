// The names of pkcs11js.

export * from '../generated/pkcs11js-constants';
export { NativeError, Pkcs11Error } from './errors';
export { PKCS11 } from './pkcs11';
export type * from './types';
export type * from './parameter-types';
export type { Functions } from '../generated/pkcs11js-functions';
