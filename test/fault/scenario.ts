// One kind of trouble with the programmable module, again and again, while a workload runs; and what the module saw of it.

import { setTimeout as sleep } from 'node:timers/promises';
import { CKR } from '../../lib';
import type { FaultModule, FunctionName } from '../support/fault-module';
import { withStage, type Stage } from './fault-token';
import { findingsOf, pausesOf, type Fault, type Row } from './figures';
import { signAll, type Outcome, type Traffic } from './workload';

export interface Scenario {
  /** As in the table. */
  readonly title: string;
  /** Faults in a whole run; `few` in a short one. */
  readonly faults: number;
  readonly few: number;
  /** Orders that hold from the beginning. */
  prepare?(fault: FaultModule): void;
  /** Orders that hold once the key is there. */
  begin?(fault: FaultModule): void;
  /** Makes one fault; a promise ends with an outage. */
  inject(stage: Stage, random: Random, index: number): Promise<void> | void;
  readonly callLimit?: number;
  /** What else must hold at the end, in words when it does not. */
  check?(stage: Stage, outcome: Outcome): string[];
  /** Calls stay inside to the end: their sessions do too. */
  readonly leavesCalls?: boolean;
}

/** Numbers from a seed, the same in every run. */
export type Random = (end: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed;
  return (end) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  };
}

/** After an error that the token may get over. */
export const RECOVERABLE = [
  CKR.SESSION_HANDLE_INVALID,
  CKR.SESSION_CLOSED,
  CKR.OPERATION_ACTIVE,
  CKR.DEVICE_REMOVED,
  CKR.TOKEN_NOT_PRESENT,
  CKR.DEVICE_ERROR,
  CKR.CRYPTOKI_NOT_INITIALIZED,
  CKR.USER_NOT_LOGGED_IN,
  CKR.KEY_HANDLE_INVALID,
  CKR.OBJECT_HANDLE_INVALID,
] as const;

/** The stated time: whatever happens, everything is there by then. */
export const WITHIN = 60_000;

const SEED = 20_261_122;

interface Injected {
  readonly faults: Fault[];
  /** To be told how many have come. */
  done(count: number, total: number, traffic: Traffic): void;
  /** Resolves when the last outage is over. */
  settle(): Promise<void>;
}

/** Spreads faults evenly over the work. One is over before the next begins, and no call meets two of them: what is repeated is repeated once. */
export function injector(count: number, inject: (index: number, traffic: Traffic) => Promise<void> | void): Injected {
  const faults: Fault[] = [];
  let begun = 0;
  let moments: number[] = [];
  let current: Promise<void> | undefined;
  const make = async (index: number, traffic: Traffic): Promise<void> => {
    const at = performance.now();
    const outage = inject(index, traffic);
    if (outage !== undefined) await outage;
    faults.push({ at, over: outage === undefined ? at : performance.now() });
    // Whom it meets may have begun a little later: those count too that were under way when the first of these were through.
    moments = [traffic.moment(), Number.NaN];
  };
  const isCalm = (traffic: Traffic): boolean => {
    while (moments.length > 0) {
      if (Number.isNaN(moments[0])) moments[0] = traffic.moment();
      if (!traffic.isOver(moments[0]!)) return false;
      moments.shift();
    }
    return true;
  };
  return {
    faults,
    done: (came, total, traffic) => {
      const due = begun < count && came >= Math.floor((total * (begun + 1)) / (count + 1));
      if (!due || current !== undefined || !isCalm(traffic)) return;
      current = make(begun++, traffic).finally(() => {
        current = undefined;
      });
    },
    settle: async () => current,
  };
}

/** What the module has counted. */
function counters(fault: FaultModule) {
  return {
    attempts: fault.calls('C_SignInit'),
    logins: fault.calls('C_Login') + fault.calls('C_LoginUser'),
    refused: fault.get('failedLogins'),
    finalizations: fault.get('finalizations'),
  };
}

/** Which inputs the module has signed too often: once, and once more where a call was repeated. */
function signedFindings(fault: FaultModule, signs: number, callLimit: number | undefined): string[] {
  const counts = fault.signedInputs(signs);
  const never = counts.filter((count) => count === 0).length;
  const most = Math.max(...counts);
  const findings: string[] = [];
  if (never > 0) findings.push(`${never} never signed by the module`);
  if (callLimit === undefined && most > 2) findings.push(`an input signed ${most} times`);
  return findings;
}

/** Heap in use, with nothing to collect. Needs --expose-gc; without it nothing is known. */
function heap(): number | undefined {
  if (globalThis.gc === undefined) return undefined;
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** What may stay in the heap after a run: compiled code and caches of V8. Results and their promises would be ten times as much. */
const MOST_GROWTH = 4 << 20;

/** Runs the workload under the scenario's faults. */
export async function runScenario(scenario: Scenario, signs: number, faults: number = scenario.faults): Promise<Row> {
  const before = heap();
  const row = await withStage(
    (fault) => {
      fault.set('keepTokens', 1);
      scenario.prepare?.(fault);
    },
    (stage) => underFaults(stage, scenario, signs, faults),
  );
  const after = heap();
  const grown = before === undefined || after === undefined || signs < 10_000 ? 0 : after - before;
  return grown <= MOST_GROWTH ? row : { ...row, findings: [...row.findings, `${(grown / 2 ** 20).toFixed(1)} MiB left in the heap`] };
}

async function underFaults(stage: Stage, scenario: Scenario, signs: number, count: number): Promise<Row> {
  const { fault, token, signing } = stage;
  const random = randomFrom(SEED);
  const injected = injector(count, (index) => scenario.inject(stage, random, index));
  fault.forgetInputs();
  scenario.begin?.(fault);
  const before = counters(fault);
  const outcome = await signAll(signing, { signs, within: WITHIN, callLimit: scenario.callLimit, done: injected.done });
  await injected.settle();
  const after = counters(fault);
  const findings = [...findingsOf(outcome, WITHIN), ...signedFindings(fault, signs, scenario.callLimit), ...(scenario.check?.(stage, outcome) ?? [])];
  const { recoveries } = token.stats();
  // A login for every recovery, and one of each user that a person has asked for: those were before.
  const logins = after.logins - before.logins;
  if (logins > recoveries) findings.push(`${logins} C_Login for ${recoveries} recoveries`);
  if (after.refused > before.refused) findings.push('a PIN was refused');
  findings.push(...(await sessionFindings(stage, scenario)));
  return {
    scenario: scenario.title,
    signs,
    faults: injected.faults.length,
    right: outcome.right,
    retries: after.attempts - before.attempts - signs,
    recoveries,
    pauses: pausesOf(injected.faults, outcome.arrivals),
    seconds: outcome.milliseconds / 1000,
    allowed: WITHIN / 1000,
    wastedTries: after.refused - before.refused,
    findings,
  };
}

/** What the module and we say of open sessions, now and when the token is closed. */
async function sessionFindings({ fault, token }: Stage, { leavesCalls = false }: Scenario): Promise<string[]> {
  const findings: string[] = [];
  const known = (): number => token.stats().sessions.open;
  const open = (): number => fault.get('sessions');
  // Those of a lost world are closed behind everybody's back.
  for (let round = 0; round < 200 && open() !== known(); round += 1) await sleep(10);
  if (!leavesCalls && open() !== known()) findings.push(`${open()} sessions open, ${known()} known`);
  for (const finding of ['overlaps', 'serialOverlaps', 'finalizedWhileRunning', 'closedWhileRunning', 'badArguments']) {
    if (fault.get(finding) > 0) findings.push(`${finding}: ${fault.get(finding)}`);
  }
  if (leavesCalls) fault.free('C_Sign');
  await token.close();
  // Those whose calls were given up are closed when the calls come back.
  for (let round = 0; leavesCalls && round < 200 && open() > 0; round += 1) await sleep(10);
  if (open() > 0) findings.push(`${open()} sessions open after closing`);
  return findings;
}

/** Orders one call of this function to fail with this code. */
export function failOnce(fault: FaultModule, name: FunctionName, rv: number): void {
  fault.fail(name, rv, { skip: 0, times: 1 });
}
