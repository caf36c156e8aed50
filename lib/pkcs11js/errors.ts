// The errors of pkcs11js: their names, fields and texts, as its callers know them.

import { CryptokiError, Pkcs11Error as OwnError } from '../errors';
import * as constants from '../generated/pkcs11js-constants';

/** `NAME:number`, as an addon words a return value. */
const ANY_CODE = /(\w+):(\d+)/;
const FIRST_FRAME = /at PKCS11\.(\w+) \(/;

/**
 * An error of the library or of the package. `code` is the number of the return value, and 0 where there is none.
 *
 * @example
 * try {
 *   pkcs11.C_GetInfo();
 * } catch (error) {
 *   if (error instanceof NativeError) console.log(error.method, error.code);
 * }
 */
export class NativeError extends Error {
  /** The name of the class. */
  override name: string;
  /** The function that was called, such as 'C_Sign'. */
  method: string;
  /** Where it was called from. */
  nativeStack: string;
  /** The return value as a number: one of the CKR_ constants, or 0. */
  code: number;

  /** A text of the form `NAME:number` is taken apart; a stack may stand behind it. */
  constructor(message?: string, method?: string) {
    super(message || '');
    this.name = NativeError.name;
    this.method = method || '';
    this.nativeStack = '';
    this.code = 0;
    const [first = '', ...others] = this.message.split('\n');
    const found = ANY_CODE.exec(this.message);
    if (found === null) {
      this.message = first;
      return;
    }
    this.message = found[1]!;
    this.code = Number(found[2]);
    if (others.length === 0) return;
    this.method = FIRST_FRAME.exec(others[0]!)?.[1] ?? this.method;
    this.nativeStack = others.join('\n');
  }
}

/**
 * The library answered with a return value other than CKR_OK. Its name is the message.
 *
 * @example
 * if (error instanceof Pkcs11Error && error.code === CKR_PIN_INCORRECT) askAgain();
 */
export class Pkcs11Error extends NativeError {
  /** What a text with a return value looks like. */
  static messageReg = /(CKR_[^:]+):(\d+)/;

  /** From a text of the form `CKR_NAME:number`, or from its parts. */
  constructor(message?: string, code?: number, method?: string) {
    super(message, method);
    this.name = Pkcs11Error.name;
    this.code = code || 0;
    const found = new RegExp(Pkcs11Error.messageReg).exec(message ?? '');
    if (found === null) return;
    this.message = found[1]!;
    this.code = Number(found[2]);
  }

  /**
   * Whether a text has a return value in it.
   *
   * @example
   * Pkcs11Error.isPkcs11('CKR_PIN_LOCKED:164'); // true
   */
  static isPkcs11(message: string): boolean {
    return new RegExp(Pkcs11Error.messageReg).test(message);
  }
}

// Two of version 2.40 have no name in pkcs11js, and so that of a vendor's code, as whatever is in no version.
const UNNAMED = new Set(['CKR_ACTION_PROHIBITED', 'CKR_CURVE_NOT_SUPPORTED', 'CKR_VENDOR_DEFINED']);
const names = new Map<number, string>();

function nameOf(rv: number): string {
  if (names.size === 0) {
    for (const [name, value] of Object.entries(constants)) {
      if (name.startsWith('CKR_') && !UNNAMED.has(name) && !names.has(Number(value))) names.set(Number(value), name);
    }
  }
  return names.get(rv) ?? 'CKR_VENDOR_DEFINED';
}

/** What pkcs11js throws in the place of one of our errors. `plain`: the message has the code, as where the addon's own errors come through. */
export function translated(error: unknown, method: string, plain: boolean, below?: Function): unknown {
  if (error instanceof NativeError || error instanceof TypeError) return error;
  const made = OwnError.is(error) ? ofLibrary(error.rv) : ofPackage(error);
  made.method = method;
  if (plain && made.code !== 0) made.message = `${made.message}:${made.code}`;
  if (below !== undefined) {
    Error.captureStackTrace(made, below);
    made.nativeStack = (made.stack ?? '')
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n');
  }
  return made;
}

function ofLibrary(rv: number): Pkcs11Error {
  return new Pkcs11Error(nameOf(rv), rv);
}

function ofPackage(error: unknown): NativeError {
  // Whoever finalises the library while calls wait: they meet what any call after it meets.
  if (CryptokiError.is(error, 'ERR_CRYPTOKI_CLOSED')) return ofLibrary(constants.CKR_CRYPTOKI_NOT_INITIALIZED);
  const made = new NativeError();
  made.message = error instanceof Error ? error.message : String(error);
  Object.defineProperty(made, 'cause', { value: error, configurable: true, writable: true });
  return made;
}
