// Checks of arguments. A browser threw a TypeError for a wrong call, before anything of the plug-in was reached.

/** A TypeError with the code that Node gives to a wrong argument. */
export function wrong(message: string, code = 'ERR_INVALID_ARG_TYPE'): TypeError {
  return Object.assign(new TypeError(message), { code });
}

/** The arguments of a method: exactly these, all of them text. */
export function strings(method: string, names: readonly string[], given: readonly unknown[]): readonly string[] {
  if (given.length !== names.length) {
    throw wrong(`${method}(${names.join(', ')}) takes ${names.length} argument${names.length === 1 ? '' : 's'}. Received ${given.length}`);
  }
  names.forEach((name, at) => {
    if (typeof given[at] !== 'string') throw wrong(`The "${name}" argument of ${method} must be of type string. Received type ${typeof given[at]}`);
  });
  return given as readonly string[];
}

/** Letters of ASCII in lower case; others stay, or the Kelvin sign would be a k. */
export const folded = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The bytes of base64 in its one canonical form: standard alphabet, padded, nothing else between or behind; undefined for any other. */
export function canonical(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
