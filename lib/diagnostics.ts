// What is told to those who have subscribed with node:diagnostics_channel, and to nobody else. Identifiers, codes and times only.

import { channel, tracingChannel } from 'node:diagnostics_channel';
import { nameOf } from './constants';
import { countedName } from './stats';

/** Which token something is about. */
export interface ObservedToken {
  /** Its name. */
  readonly label: string;
  /** Tells it from the others of its model. */
  readonly serialNumber: string;
}

/** A call into the library: the same object in all messages about it. */
export interface CallMessage {
  /** The function of the standard, as `token.stats()` names it. */
  readonly call: string;
  /** Undefined for calls that are for no token, such as C_GetSlotList. */
  readonly token: ObservedToken | undefined;
  /** From its end on: milliseconds since it was made, the waiting for a session included. */
  duration?: number;
  /** From its end on: what came of it, such as 'CKR_OK'; undefined where it did not reach the library. */
  code?: string | undefined;
}

/** A session of the pool has been opened or closed. */
export interface SessionMessage {
  /** Whose session. */
  readonly token: ObservedToken;
  /** What has become of it. */
  readonly state: 'opened' | 'closed';
  /** Whether objects on the token may be changed in it. */
  readonly readWrite: boolean;
}

/** The recovery of a lost token. */
export interface RecoveryMessage {
  /** Which token was lost. */
  readonly token: ObservedToken;
  /** How far it has come. */
  readonly state: 'started' | 'finished' | 'failed';
  /** What was lost, such as 'token-lost' or 'login-lost'; undefined where a token that could not be recovered is looked for once more. */
  readonly meaning: string | undefined;
  /** Milliseconds since it started. */
  readonly duration: number;
  /** Why it failed, or how it failed before it succeeded. */
  readonly error: unknown;
}

const calls = tracingChannel('cryptoki:call');
const sessions = channel('cryptoki:session');
const recoveries = channel('cryptoki:recovery');

/** Calls on their way whose beginning was told, by their tickets. */
const told = new Map<number, CallMessage>();

/** A call has been made. */
export function callBegins(ticket: number, call: number, token: ObservedToken | undefined): void {
  // Asked for each call: who wants to hear of its end has to listen to its beginning.
  if (!calls.start.hasSubscribers) return;
  const name = countedName(call);
  if (name === undefined) return;
  const message: CallMessage = { call: name, token };
  told.set(ticket, message);
  calls.start.publish(message);
}

/** Its answer has come. `rv`: undefined for one of the engine's own. */
export function callEnds(ticket: number, duration: number, rv: number | undefined): void {
  const message = told.get(ticket);
  if (message === undefined) return;
  told.delete(ticket);
  message.duration = duration;
  message.code = rv === undefined ? undefined : (nameOf('CKR', rv) ?? `CKR_0x${rv.toString(16).padStart(8, '0')}`);
  if (rv !== 0) calls.error.publish(message);
  calls.asyncEnd.publish(message);
}

/** Whether the end of any call is waited for. */
export const callsAreTold = (): boolean => told.size > 0;

export function tellSession(message: () => SessionMessage): void {
  if (sessions.hasSubscribers) sessions.publish(message());
}

export function tellRecovery(message: () => RecoveryMessage): void {
  if (recoveries.hasSubscribers) recoveries.publish(message());
}
