import { CryptokiError, Pkcs11Error } from '../index';
import { errorCodes, type ErrorCode } from './error-codes';

/** What every operation of `SCWS` rejects with. Branch on `code`. */
export class ScwsError extends Error {
  /** One of `SCWS.errorCodes`. */
  readonly code: string;
  /** HTTP status of a transport; 0 here, where there is none. */
  readonly httpStatus: number;
  /** More about it: with MWR_SCWS_UNKNOWN_ERROR the name and the number of the token's own code. */
  readonly customData: unknown;

  /** As in the original: `status` is what becomes `httpStatus`. */
  constructor(message: string, code: string, status = 0, customData?: unknown, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.httpStatus = status;
    this.customData = customData;
  }
}
Object.defineProperty(ScwsError.prototype, 'name', { value: 'SCWS.Error', configurable: true, writable: true });

function make(
  code: ErrorCode,
  options: { readonly more?: string | undefined; readonly customData?: unknown; readonly cause?: unknown } = {},
): ScwsError {
  const { more, customData, cause } = options;
  const message = more === undefined ? errorCodes[code] : `${errorCodes[code]} ${more}`;
  return new ScwsError(message, code, 0, customData, cause === undefined ? undefined : { cause });
}

/** Bad parameters; `more` names them. */
export const badParameters = (more: string, cause?: unknown): ScwsError => make('MWR_SCWS_BAD_PARAMS', { more, cause });

/** The error of a code, for situations that have no error of the library behind them. */
export const scwsError = (code: ErrorCode, more?: string, cause?: unknown): ScwsError => make(code, { more, cause });

/** The library's own errors; what is not here is an unknown one. */
const OF_OURS: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['ERR_CRYPTOKI_LOAD_FAILED', 'MWR_SCWS_UNREACHABLE'],
  ['ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY', 'MWR_SCWS_UNREACHABLE'],
  ['ERR_CRYPTOKI_ADDON', 'MWR_SCWS_UNREACHABLE'],
  ['ERR_CRYPTOKI_CLOSED', 'MWR_SCWS_COMM_ERROR'],
  ['ERR_CRYPTOKI_UNAVAILABLE', 'MWR_SCWS_COMM_ERROR'],
  ['ERR_CRYPTOKI_TIMEOUT', 'MWR_SCWS_COMM_TIMEOUT'],
  ['ERR_CRYPTOKI_NOT_FOUND', 'CXR_CONTAINER_INVALID'],
  ['ERR_CRYPTOKI_STALE', 'CXR_CONTAINER_INVALID'],
  ['ERR_CRYPTOKI_UNSUPPORTED', 'CKR_FUNCTION_NOT_SUPPORTED'],
  ['ERR_CRYPTOKI_MEMORY', 'CKR_HOST_MEMORY'],
]);

const isArgument = (error: unknown): error is Error =>
  error instanceof Error &&
  ((error as { code?: unknown }).code === 'ERR_INVALID_ARG_TYPE' ||
    (error as { code?: unknown }).code === 'ERR_INVALID_ARG_VALUE' ||
    error instanceof RangeError);

/** The error of these conventions for whatever an operation ended with. */
export function errorOf(error: unknown): ScwsError {
  if (error instanceof ScwsError) return error;
  if (Pkcs11Error.is(error)) {
    // Of objects and containers the conventions have a name of their own.
    if (error.code === 'CKR_OBJECT_HANDLE_INVALID') return make('CXR_CONTAINER_INVALID', { cause: error });
    if (Object.hasOwn(errorCodes, error.code)) return make(error.code as ErrorCode, { cause: error });
    return make('MWR_SCWS_UNKNOWN_ERROR', { customData: { name: error.code, number: error.rv }, cause: error });
  }
  if (CryptokiError.is(error)) {
    const code = OF_OURS.get(error.code);
    return code === undefined ? make('MWR_SCWS_UNKNOWN_ERROR', { customData: { name: error.code }, cause: error }) : make(code, { cause: error });
  }
  if (isArgument(error)) return make('MWR_SCWS_BAD_PARAMS', { more: error.message, cause: error });
  return make('MWR_SCWS_UNKNOWN_ERROR', { cause: error });
}

/** Runs an operation: nothing is thrown at once, and everything it rejects with is an error of these conventions. */
export async function operation<Result>(
  work: () => Result | Promise<Result>,
  translate: (error: unknown) => unknown = (error) => error,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw errorOf(translate(error));
  }
}
