// What stands below PKCS11: `super.C_Login` of a class that extends it, and what is replaced for all objects at once. In pkcs11js these are the functions of the addon,
// which its objects wrap: they tell how many bytes were written, and their errors have the code in the message.

import { FUNCTIONS } from '../generated/pkcs11js-functions';
import { Loaded, sync, told } from './forms';
import { PreparedFunction } from './function';

/** What an object has loaded. For PKCS11 only. */
export let loadedOf: (object: Base) => Loaded;

/** The functions of the addon. */
export class Base {
  readonly #loaded = new Loaded();

  static {
    loadedOf = (object) => object.#loaded;
  }
}

type Method = (this: Base, ...given: unknown[]) => unknown;

/** They are found here by name; an object has its own. */
export const below = Base.prototype as unknown as Record<string, Method>;

for (const row of FUNCTIONS) {
  const one = new PreparedFunction({ ...row, plain: true, result: row.result === 'output' ? 'length' : row.result });
  below[one.name] = function (...given) {
    return sync(one, loadedOf(this), given);
  };
  if (!one.hasCallback) continue;
  below[`${one.name}Callback`] = function (...given) {
    return told(one, loadedOf(this), given);
  };
}
