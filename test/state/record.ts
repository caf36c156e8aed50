// Which arguments the calls of subjects.ts are made with, so that others can be put in their place.

import type { Subjects } from './subjects';

export interface Recorded {
  readonly target: object;
  readonly method: string;
  readonly args: readonly unknown[];
  /** How many arguments the method knows, the optional ones included. */
  readonly arity: number;
}

class Stop {
  readonly recorded: Recorded;
  constructor(recorded: Recorded) {
    this.recorded = recorded;
  }
}

/** The arguments with which `call` calls `method` of one of the subjects; nothing is really called. */
export async function record(call: (subjects: Subjects) => unknown, method: string, subjects: Subjects): Promise<Recorded | undefined> {
  const originals = new WeakMap<object, object>();
  const watched = <T extends object>(object: T): T => {
    if (object instanceof Uint8Array) return object;
    const proxy = new Proxy(object, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return isPlain(value) ? watched(value) : value;
        // Another method comes before: only the one that is wanted ends the recording.
        return (...args: unknown[]) => {
          if (key !== method) return undefined;
          const own = args.map((argument) => (isObject(argument) ? (originals.get(argument) ?? argument) : argument));
          throw new Stop({ target, method, args: own, arity: Math.max(args.length, parametersOf(value)) });
        };
      },
    });
    originals.set(proxy, object);
    return proxy;
  };
  const spies = Object.fromEntries(
    Object.entries(subjects).map(([name, subject]) => [name, isPlain(subject) ? fieldsOf(subject, watched) : watched(subject as object)]),
  );
  try {
    await call({ ...(spies as unknown as Subjects), fault: subjects.fault });
  } catch (error) {
    if (error instanceof Stop) return error.recorded;
    throw error;
  }
  return undefined;
}

function fieldsOf(object: object, each: (value: object) => object): object {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, each(value as object)]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isPlain(value: unknown): value is object {
  return isObject(value) && value.constructor === Object;
}

/** Function.length does not count those with a default. */
function parametersOf(method: unknown): number {
  const list = /\(([^)]*)\)/.exec(String(method))?.[1] ?? '';
  return list.split(',').filter((name) => name.trim() !== '').length;
}
