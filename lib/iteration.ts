// Iterators that callers make: what `for` checks by itself has to be checked where the steps are taken one by one.

import { wrongType } from './arguments';

/** The iterator of a source, and whether its steps are waited for. */
export function iterate<T>(source: Iterable<T> | AsyncIterable<T>): { readonly iterator: Iterator<T> | AsyncIterator<T>; readonly waits: boolean } {
  if (Symbol.asyncIterator in source) return { iterator: checkedIterator(source[Symbol.asyncIterator]()), waits: true };
  return { iterator: checkedIterator(source[Symbol.iterator]()), waits: false };
}

export function checkedIterator<Given extends object>(iterator: Given): Given {
  const isIterator = typeof iterator === 'object' && iterator !== null && 'next' in iterator && typeof iterator.next === 'function';
  if (!isIterator) throw wrongType('source', 'a source whose iterator has a function next', iterator, true);
  return iterator;
}

/** A step as it came: one that is none would look like an input, again and again. */
export function stepOf<T>(step: IteratorResult<T, unknown>): IteratorResult<T, unknown> {
  if (typeof step !== 'object' || step === null) throw wrongType('source', 'a source whose iterator gives objects', step, true);
  return step;
}
