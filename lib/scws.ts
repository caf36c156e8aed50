// `cryptoki/scws`: the SCWS conventions, in process.

import { Scws } from './scws/environment';

export { Scws, type ReaderHandler } from './scws/environment';
export type { EnvironmentOptions } from './scws/environment-options';
export type { DecryptAlgorithm, PssAlgorithm, SignAlgorithm } from './scws/algorithms';
export { ScwsError } from './scws/error';
export { errorCodes, type ErrorCode } from './scws/error-codes';
export { Certificate, type Trust } from './scws/certificate';
export { DataContainer } from './scws/data-container';
export { Key } from './scws/key';
export { TokenObject, type ObjectType } from './scws/object';
export { Pin } from './scws/pin';
export { Reader, type ReaderStatus } from './scws/reader';
export { Token } from './scws/token';
export { trustReasons, type CrlFetcher, type TrustReason, type Usage } from './scws/trust';

/**
 * The object of the conventions.
 *
 * @example
 * await SCWS.createEnvironment({ module: '/usr/lib/softhsm/libsofthsm2.so' });
 */
export const SCWS: Scws = new Scws();
