// Random inputs for the tests that node:crypto judges.

import fc from 'fast-check';

/** Enough to meet empty, tiny and odd inputs each time; the seed is printed where one fails. */
const RUNS = 20;

/** Checks a property of random inputs. */
export const always = <Ts extends [unknown, ...unknown[]]>(
  ...args: [...arbitraries: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> }, holds: (...values: Ts) => Promise<void>]
): Promise<void> => fc.assert(fc.asyncProperty<Ts>(...args), { numRuns: RUNS });

export const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength, maxLength, size: 'max' });

/** Data, and how it is given: at once, or in pieces that end at these places. */
export interface Given {
  readonly data: Uint8Array;
  readonly whole: boolean;
  readonly ends: readonly number[];
}

export const given = (maxLength = 3000): fc.Arbitrary<Given> =>
  bytes(0, maxLength).chain((data) =>
    fc.record({ data: fc.constant(data), whole: fc.boolean(), ends: fc.array(fc.nat(data.length), { maxLength: 5 }) }),
  );

/** The argument for a method that takes data. Pieces can be empty. */
export function asInput({ data, whole, ends }: Given): Uint8Array | Uint8Array[] {
  if (whole) return data;
  const places = [0, ...[...ends].sort((a, b) => a - b), data.length];
  return places.slice(1).map((end, index) => data.subarray(places[index], end));
}

/** The same but for one bit; `place` counts bits and wraps around. */
export function flipped(data: Uint8Array, place: number): Uint8Array {
  const other = Uint8Array.from(data);
  const bit = place % (8 * data.length);
  other[bit >> 3]! ^= 1 << (bit & 7);
  return other;
}

export const place = fc.nat(1_000_000);
