// Methods of a key, as methods of a key that is on several tokens.

import { isBytes } from '../arguments';
import { callOptions, type CallOptions } from '../options';
import { many } from './many';
import { partsOf, type KeyGroup } from './key-group';
import { signStream } from './stream';
import type { Key } from '../key';

/** The methods of a class of keys that its group has. */
export interface Methods {
  /** One call: the index of its options. What stands before them may be given to another token again, unless the data comes in pieces. */
  readonly once: Readonly<Record<string, number>>;
  /** Many inputs. */
  readonly many: readonly string[];
  /** Pieces in, pieces out: all on one token, with its data and options behind the algorithm. */
  readonly pieces: readonly string[];
  /** Many inputs as they come. */
  readonly streams: readonly string[];
}

type Method = (...given: unknown[]) => unknown;
type Group = KeyGroup<Key>;

/** Gives a class of groups these methods. */
export function delegate(prototype: object, { once, many: lists, pieces, streams }: Methods): void {
  const define = (name: string, value: (this: Group, ...given: unknown[]) => unknown): void => {
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  };
  for (const [name, at] of Object.entries(once)) {
    define(name, function (...given) {
      return callOnce(this, name, given, at);
    });
  }
  for (const name of lists) {
    define(name, function (algorithm, inputs, options) {
      return many(partsOf(this), name, algorithm, inputs as Iterable<unknown>, options as object | undefined);
    });
  }
  for (const name of pieces) {
    define(name, function (...given) {
      return inPieces(this, name, given);
    });
  }
  for (const name of streams) {
    define(name, function (algorithm, source, options) {
      return signStream(partsOf(this), algorithm, source, options as object | undefined);
    });
  }
}

const method = (key: Key, name: string): Method => (key as unknown as Record<string, Method>)[name]!.bind(key);

/** No algorithm is nested deeper. */
const DEEPEST = 4;

/** Arguments that stay what they were when they were given: another token may be asked later. */
function kept(value: unknown, depth = 0): unknown {
  if (isBytes(value)) return ArrayBuffer.isView(value) ? copyOfView(value) : new Uint8Array(value).slice();
  if (typeof value !== 'object' || value === null || depth === DEEPEST || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, kept(field, depth + 1)]));
}

const copyOfView = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength).slice();

async function callOnce(group: Group, name: string, given: readonly unknown[], at: number): Promise<unknown> {
  const { balance, keyOn } = partsOf(group);
  const options = (given[at] === undefined ? {} : given[at]) as CallOptions;
  const data = given[1];
  const repeatable = balance.members.length > 1 && isBytes(data);
  const before = given.slice(0, at).map((argument) => (repeatable ? kept(argument) : argument));
  try {
    return await balance.run({
      options: callOptions(options),
      repeatable,
      weight: 1,
      run: async (member, left) => {
        const key = await keyOn(member, left);
        // Without options a key has a shorter way.
        const alone = given[at] === undefined && left.signal === undefined && left.timeLimit === undefined;
        return alone ? method(key, name)(...before) : method(key, name)(...before, { ...options, timeLimit: undefined, ...left });
      },
    });
  } finally {
    if (repeatable) (before[1] as Uint8Array).fill(0);
  }
}

/** What has been given away cannot be taken back: the whole stream is on one token. */
async function* inPieces(group: Group, name: string, given: readonly unknown[]): AsyncGenerator<Uint8Array, void, undefined> {
  const { balance, keyOn } = partsOf(group);
  const member = balance.choose(new Map());
  if (member === undefined) throw balance.exhausted(new Map());
  balance.counts.calls++;
  member.begin(1);
  try {
    const key = await keyOn(member, callOptions((given[2] === undefined ? {} : given[2]) as CallOptions));
    yield* method(key, name)(...given) as AsyncGenerator<Uint8Array, void, undefined>;
    member.answered(1, undefined);
  } catch (error) {
    if (balance.isOfToken(error)) member.setAside(error);
    throw error;
  } finally {
    member.end(1);
  }
}
