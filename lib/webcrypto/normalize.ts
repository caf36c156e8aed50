// From what a caller gives as an algorithm to the one that is meant, with its parameters read: "normalizing an algorithm" of the standard.

import { bufferSource, Dictionary, text } from './idl';
import { domError } from './errors';
import { Provider, type Algorithm, type Operation, type Placement } from './provider';
import { typeError } from '../arguments';
import type { Registry } from './core';

/** An algorithm with the operation that was asked for. */
export interface Normalized {
  readonly provider: Provider;
  readonly algorithm: Algorithm;
}

const isObject = (value: unknown): value is object => (typeof value === 'object' && value !== null) || typeof value === 'function';

/** Throws a NotSupportedError for an algorithm that does not have the operation; `others` are operations that will do as well. */
export function normalize(registry: Registry, given: unknown, operation: Operation, ...others: readonly Operation[]): Normalized {
  const source = new Dictionary(isObject(given) ? given : { name: text(given) }, 'algorithm');
  const name = source.required('name', text);
  const provider = registry.get(name);
  if (provider instanceof Provider) {
    for (const one of [operation, ...others]) {
      const read = provider.operations[one];
      if (read !== undefined) return { provider, algorithm: { name: provider.name, ...read(source) } };
    }
  }
  throw domError('NotSupportedError', `The algorithm is not known, or not for this operation (${operation})`);
}

function flag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw typeError(`The "${name}" member must be true or false`);
  return value;
}

/** Where the algorithm says that a new key shall live. */
export function placementOf(given: unknown): Placement {
  if (!isObject(given)) return {};
  const source = new Dictionary(given, 'algorithm');
  // RSA-OAEP has a label of its own, in bytes.
  const label = source.optional('label', (value) => (typeof value === 'string' ? value : undefined));
  const id = source.optional('id', bufferSource);
  return { token: source.optional('token', flag), label, id, sensitive: source.optional('sensitive', flag) };
}
