// NODE_DEBUG=cryptoki: which calls ran, how long, and what they returned. Identifiers only, never an argument that holds bytes.

import { debuglog } from 'node:util';

import { nameOf } from '../constants';
import { callName } from './call-names';
import type { ReplyReader } from './reader';

const log = debuglog('cryptoki');
// Asked once: NODE_DEBUG is read when the process starts.
const traced = log.enabled;

/** Notes the end of a call that `started` at that time of performance.now(). */
export function traceEnd(ticket: number, call: number, started: number, reply: ReplyReader): void {
  if (!traced) return;
  const failed = reply.fromEngine && reply.rv !== 0;
  const code = failed ? `engine ${reply.rv}` : (nameOf('CKR', reply.rv) ?? `0x${reply.rv.toString(16)}`);
  const where = reply.fromEngine || reply.functionName === callName(call) ? '' : ` by ${reply.functionName}`;
  log('#%d %s %s%s %s ms', ticket, callName(call), code, where, (performance.now() - started).toFixed(3));
}

/** Notes that nobody waits for a call any more. */
export function traceAbandoned(ticket: number, call: number, running: boolean): void {
  if (traced) log('#%d %s %s', ticket, callName(call), running ? 'given up while it runs' : 'taken back');
}

/** The time for `traceEnd`; 0 when nothing is traced. */
export function traceStart(): number {
  return traced ? performance.now() : 0;
}
