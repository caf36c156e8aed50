// What work with a key has in common.

import { contextOf, currentHandle, type CryptokiObject } from '../object';
import type { TokenContext } from '../token-context';
import type { Work } from './work';

/** The parts of a Work that are about its key. */
export function keyed(key: CryptokiObject): Pick<Work<never>, 'handle' | 'asksPin' | 'pin'> {
  const context = contextOf(key);
  return {
    handle: (options) => currentHandle(key, context, 'object', options),
    asksPin: key.attributes.alwaysAuthenticate === true,
    pin: () => context.keyPin(key),
  };
}

/** The parts of a Work that has no key. */
export function keyless(context: TokenContext): Pick<Work<never>, 'handle' | 'asksPin'> {
  return {
    handle: () => {
      context.assertOpen();
      return 0n;
    },
    asksPin: false,
  };
}

/** Bytes of a reply. */
export const copied = (reply: Uint8Array, at: number, length: number): Uint8Array => reply.slice(at, at + length);
