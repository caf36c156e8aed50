// Modules with one token each, for the tests of groups.

import assert from 'node:assert/strict';
import { place, type Place } from '../support/place';
import type { LoadOptions } from '../../lib';

export type { Place };
export const PIN = '1234';
export const SLOT = 1;

/** One with a user who is logged in. Keys outlive the library that is finalised. */
export async function openPlace(options: LoadOptions): Promise<Place> {
  const opened = await place({ keepTokens: 1 }, options);
  await opened.token.login(PIN);
  return opened;
}

/** Ends them, and asserts what holds whatever happened in them. */
export async function closePlaces(places: readonly Place[]): Promise<void> {
  for (const { fault } of places) fault.reset();
  for (const { module } of places) await module.close();
  for (const { fault } of places) {
    for (const counter of ['overlaps', 'closedWhileRunning', 'badArguments', 'sessions', 'failedLogins'])
      assert.equal(fault.get(counter), 0, counter);
    fault.close();
  }
}
