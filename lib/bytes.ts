// Small things done with bytes.

/** One array of all the parts; its own memory, not shared with Buffer's pool. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A copy in memory of its own, whatever the input is a view of. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  out.set(bytes);
  return out;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getter = <Result>(name: string | symbol): ((this: unknown) => Result) =>
  Object.getOwnPropertyDescriptor(typedArray, name)!.get as (this: unknown) => Result;
// The engine's own accessors: an object can shadow `length`, but not change what these say.
const kindOf = getter<string | undefined>(Symbol.toStringTag);
const lengthOf = getter<number>('length');

/** A copy of what most callers give: a Uint8Array with something in it. Undefined for everything that is to be looked at more closely. */
export function plainCopy(value: unknown): Uint8Array | undefined {
  if (kindOf.call(value) !== 'Uint8Array') return undefined;
  const length = lengthOf.call(value);
  if (length === 0) return undefined;
  const out = new Uint8Array(length);
  out.set(value as Uint8Array);
  return out;
}
