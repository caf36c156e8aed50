// The class of pkcs11js. Its functions are properties of each object, as there: they are made when the object is.

import { FUNCTIONS, type Functions } from '../generated/pkcs11js-functions';
import { Base, below, loadedOf } from './base';
import { wrong } from './checks';
import { PreparedFunction } from './function';
import { Library } from './library';
import { promise, quick, sync, told, type Loaded } from './forms';
import type { Handle, Template } from './types';

type Method = (...given: unknown[]) => unknown;
type Methods = Record<string, Method>;

const prepared = FUNCTIONS.map((row) => new PreparedFunction(row));
const named = (name: string): PreparedFunction => prepared.find((one) => one.name === name)!;
const createObject = named('C_CreateObject');
const copyObject = named('C_CopyObject');
const setAttributeValue = named('C_SetAttributeValue');

/** The functions of the standard, which each object has. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor makes every one of them
export interface PKCS11 extends Functions {}

/**
 * A Cryptoki library with the functions of the standard as pkcs11js has them, and those of versions 3.0 to 3.2. Each exists in a synchronous form, which waits for the
 * calls that run on its session, and in one that ends in `Async`.
 *
 * @example
 * const pkcs11 = new PKCS11();
 * pkcs11.load('/usr/lib/softhsm/libsofthsm2.so');
 * pkcs11.C_Initialize({ flags: CKF_OS_LOCKING_OK });
 * const [slot] = pkcs11.C_GetSlotList(true);
 * const session = pkcs11.C_OpenSession(slot, CKF_SERIAL_SESSION);
 * pkcs11.C_Finalize();
 * pkcs11.close();
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- as above
export class PKCS11 extends Base {
  /** The path that was loaded last. */
  declare libPath: string;
  readonly #loaded = loadedOf(this);

  /** With a path: loads it. */
  constructor(libPath?: string) {
    super();
    const methods = this as unknown as Methods;
    for (const one of prepared) define(methods, one, this.#loaded);
    if (libPath) this.load(libPath);
  }

  /**
   * Loads a library. Whoever loads the same file in the same thread shares its state and its sessions.
   *
   * @example
   * pkcs11.load('/usr/lib/softhsm/libsofthsm2.so');
   */
  load(library: string): void {
    this.#loaded.replace(Library.load(checkedPath(library)));
    this.libPath = library;
  }

  /**
   * As `load`, not on this thread: a vendor's library may take its time.
   *
   * @example
   * await pkcs11.loadAsync('/usr/lib/softhsm/libsofthsm2.so');
   */
  async loadAsync(library: string): Promise<void> {
    this.#loaded.replace(await Library.loadAsync(checkedPath(library)));
    this.libPath = library;
  }

  /**
   * Gives the library back. Calls that run end first; what nobody has finalised is finalised with its last user.
   *
   * @example
   * pkcs11.close();
   */
  close(): void {
    this.#loaded.replace(undefined);
  }

  /** Gives attributes of an object new values. */
  C_SetAttributeValue(session: Handle, object: Handle, attrs: Template): void {
    sync(setAttributeValue, this.#loaded, [session, object, attrs]);
  }

  /** Makes an object. */
  C_CreateObject(session: Handle, attrs: Template): Handle {
    return sync(createObject, this.#loaded, [session, attrs]) as Handle;
  }

  /** Makes a copy of an object, with some attributes of its own. */
  C_CopyObject(session: Handle, object: Handle, attrs: Template): Handle {
    return sync(copyObject, this.#loaded, [session, object, attrs]) as Handle;
  }
}

function checkedPath(path: unknown): string {
  if (typeof path !== 'string') throw wrong(0, 'a String');
  return path;
}

function define(methods: Methods, one: PreparedFunction, loaded: Loaded): void {
  const { name, hasCallback } = one;
  // What is there already belongs to the class, or to one that extends it.
  const add = (as: string, method: Method): void => {
    if (!(as in methods) || methods[as] === below[as]) methods[as] = method;
  };
  if (name === 'C_FindObjects') {
    add(name, findMethod(one, loaded));
    add(`${name}Async`, findPromiseMethod(one, loaded));
    return;
  }
  // pkcs11js makes the promise of the form with a callback, and counts that one too.
  const counted = hasCallback ? 1 : 0;
  const callbackName = `${name}Callback`;
  const usual = hasCallback ? eitherMethod(one, loaded, (...given) => methods[callbackName]!(...given)) : syncMethod(one, loaded);
  add(name, one.isQuick ? quickMethod(one, loaded, usual) : usual);
  if (hasCallback) add(callbackName, toldMethod(one, loaded));
  add(`${name}Async`, promiseMethod(one, loaded, counted));
}

// Functions without a name, and no arrows: a stack shows the function of the standard first, with its class.
function syncMethod(one: PreparedFunction, loaded: Loaded): Method {
  return function (...given) {
    return sync(one, loaded, given);
  };
}

function eitherMethod(one: PreparedFunction, loaded: Loaded, withCallback: Method): Method {
  const { count } = one;
  return function (...given) {
    return given.length > count ? withCallback(...given) : sync(one, loaded, given);
  };
}

// As the one before, without a list of the arguments: they are all there and nothing is done with them but the call.
function quickMethod(one: PreparedFunction, loaded: Loaded, otherwise: Method): Method {
  return function (session: unknown = undefined, input: unknown = undefined, output: unknown = undefined) {
    // oxlint-disable-next-line prefer-rest-params -- to make the list takes longer than to check it
    return arguments.length === 3 ? quick(one, loaded, session, input, output) : otherwise(...arguments);
  };
}

function toldMethod(one: PreparedFunction, loaded: Loaded): Method {
  return function (...given) {
    return told(one, loaded, given);
  };
}

function promiseMethod(one: PreparedFunction, loaded: Loaded, counted: number): Method {
  return function (...given) {
    return promise(one, loaded, given, counted);
  };
}

const first = (found: unknown): unknown => (found as unknown[])[0] ?? null;

// Without a number it gives one object, or null.
function findMethod(one: PreparedFunction, loaded: Loaded): Method {
  return function (...given) {
    return given.length < one.count ? first(sync(one, loaded, [...given, 1])) : sync(one, loaded, given);
  };
}

function findPromiseMethod(one: PreparedFunction, loaded: Loaded): Method {
  return function (...given) {
    return given.length < one.count ? promise(one, loaded, [...given, 1], 0).then(first) : promise(one, loaded, given, 0);
  };
}
