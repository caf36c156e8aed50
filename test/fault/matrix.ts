// Every function that signing and recovering call, failing at its first, second and third call with every recoverable code.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CALL } from '../../lib/generated/calls';
import { CKR, Module, nameOf, type Token } from '../../lib';
import { FaultModule, type FunctionName } from '../support/fault-module';
import { addKey, openSigning, PIN } from './fault-token';
import { findingsOf, pausesOf, type Fault, type Row } from './figures';
import { RECOVERABLE, WITHIN } from './scenario';
import { codeOf, signAll, type Outcome } from './workload';

/** When the failure comes: while everything is well, while the token is being recovered, or while it is opened for the first time. */
export type Phase = 'signing' | 'recovering' | 'opening';

export const PHASES: readonly Phase[] = ['opening', 'signing', 'recovering'];
const SIGNS = 200;
const POSITIONS = [1, 2, 3];
/** Of which signature on everything is lost. */
const LOST = 50;

const functions = Object.keys(CALL).filter((name) => name.startsWith('C_')) as FunctionName[];

/** A module with its key, for many cases. */
class Ground {
  readonly fault = new FaultModule();
  readonly value = randomBytes(32);
  module!: Module;

  async open(): Promise<void> {
    this.fault.set('keepTokens', 1);
    this.module = await Module.load(this.fault.path);
    await this.#withToken(async (token) => {
      await token.login(PIN);
      await addKey(token, this.value);
    });
  }

  async #withToken<T>(work: (token: Token) => Promise<T>): Promise<T> {
    const token = await this.module.token({ slotId: 1 });
    try {
      return await work(token);
    } finally {
      await token.close();
    }
  }

  /** Signs under one order; a token that is opened anew each time knows nothing of the case before. */
  async sign(phase: Phase, order: () => void): Promise<{ outcome: Outcome; faults: Fault[]; refusal?: string }> {
    const faults: Fault[] = [];
    const give = (): void => {
      order();
      const at = performance.now();
      faults.push({ at, over: at });
    };
    if (phase === 'opening') give();
    try {
      return await this.#withToken(async (token) => {
        const signing = await openSigning(token, this.value);
        if (phase === 'signing') give();
        const done = (came: number): void => {
          if (phase !== 'recovering' || came !== LOST) return;
          this.#loseEverything();
          give();
        };
        const outcome = await signAll(signing, { signs: SIGNS, inFlight: 16, within: WITHIN, done });
        return { outcome, faults };
      });
    } catch (error) {
      return { outcome: NOTHING, faults, refusal: codeOf(error) };
    }
  }

  #loseEverything(): void {
    this.fault.dropLogins();
    this.fault.renumber();
    this.fault.dropSessions();
  }

  async close(): Promise<void> {
    await this.module.close();
    this.fault.close();
  }
}

const NOTHING: Outcome = {
  signs: 0,
  right: 0,
  wrong: 0,
  missing: 0,
  doubled: 0,
  refusals: new Map(),
  repeated: 0,
  milliseconds: 0,
  arrivals: new Float64Array(0),
};

export async function withGround<T>(body: (ground: Ground) => Promise<T>): Promise<T> {
  const ground = new Ground();
  try {
    await ground.open();
    return await body(ground);
  } finally {
    await ground.close();
  }
}

/** What this phase calls, and how often. */
async function callsIn(ground: Ground, phase: Phase): Promise<Map<FunctionName, number>> {
  const count = (): Map<FunctionName, number> => new Map(functions.map((name) => [name, ground.fault.calls(name)]));
  let before = count();
  const { refusal } = await ground.sign(phase, () => {
    before = count();
  });
  if (refusal !== undefined) throw new Error(`the workload itself does not work: ${refusal}`);
  const after = count();
  return new Map(functions.map((name) => [name, after.get(name)! - before.get(name)!] as const).filter(([, calls]) => calls > 0));
}

/** Opening sessions can meet their number, too. */
function codesOf(name: FunctionName): readonly number[] {
  return name === 'C_OpenSession' ? [...RECOVERABLE, CKR.SESSION_COUNT] : RECOVERABLE;
}

/** One row for each function of the phase. `share`: of all cases, one in so many, others in other rows. */
export async function runMatrix(phase: Phase, { share = 1 } = {}): Promise<Row[]> {
  const used = await withGround((ground) => callsIn(ground, phase));
  const rows: Row[] = [];
  for (const [name, calls] of used) rows.push(await runFunction(phase, name, calls, share, rows.length));
  return rows;
}

async function runFunction(phase: Phase, name: FunctionName, calls: number, share: number, offset: number): Promise<Row> {
  const cases = POSITIONS.filter((position) => position <= calls).flatMap((position) => codesOf(name).map((rv) => ({ position, rv })));
  const chosen = cases.filter((_, index) => (index + offset) % share === 0);
  return withGround(async (ground) => {
    const { fault } = ground;
    const row = { signs: 0, right: 0, pauses: [] as number[], findings: [] as string[], faults: 0, seconds: 0, allowed: WITHIN / 1000 };
    const before = { attempts: fault.calls('C_SignInit'), refused: fault.get('failedLogins') };
    for (const { position, rv } of chosen) {
      const logins = fault.calls('C_Login');
      const { outcome, faults, refusal } = await ground.sign(phase, () => fault.fail(name, rv, { skip: position - 1 }));
      const answered = fault.unanswered(name) === 0;
      fault.tell(name, { skip: 0, times: 0 });
      row.faults += answered ? 1 : 0;
      row.signs += outcome.signs;
      row.right += outcome.right;
      row.seconds += outcome.milliseconds / 1000;
      row.pauses.push(...pausesOf(faults, outcome.arrivals));
      const which = `${nameOf('CKR', rv)} at call ${position}`;
      row.findings.push(...findingsOfCase(phase, name, rv, outcome, refusal).map((finding) => `${which}: ${finding}`));
      // One by the person, one by the recovery, and one more where the first came to nothing.
      if (fault.calls('C_Login') - logins > (phase === 'signing' ? 2 : 3)) row.findings.push(`${which}: ${fault.calls('C_Login') - logins} C_Login`);
      // A session that could not be closed stays: by our word its number is free, and the token's word is that it is not.
      const left = name === 'C_CloseSession' && answered ? 1 : 0;
      for (let round = 0; round < 100 && fault.get('sessions') > left; round += 1) await sleep(10);
      if (fault.get('sessions') > left) row.findings.push(`${which}: ${fault.get('sessions')} sessions left open`);
      if (left > 0) fault.dropSessions();
    }
    const wastedTries = fault.get('failedLogins') - before.refused;
    if (wastedTries > 0) row.findings.push('a PIN was refused');
    // What was refused before it reached the token was never attempted.
    const retries = Math.max(0, fault.calls('C_SignInit') - before.attempts - row.signs);
    return { ...row, scenario: `${name} fails while ${phase}`, retries, recoveries: undefined, wastedTries };
  });
}

const OPERATION: readonly string[] = ['C_SignInit', 'C_Sign'];

/** A person who opens a token is told what went wrong; a login that the token has answered with an error is a person's affair. */
function findingsOfCase(phase: Phase, name: FunctionName, rv: number, outcome: Outcome, refusal: string | undefined): string[] {
  // An object, or a token, that goes away while it is looked for is not there.
  if (refusal !== undefined) return phase === 'opening' && /^(CKR_|ERR_CRYPTOKI_NOT_FOUND$)/.test(refusal) ? [] : [refusal];
  // What is repeated once, because everything was lost, and fails again, is refused.
  const [code = ''] = outcome.refusals.keys();
  const hitTwice = phase === 'recovering' && OPERATION.includes(name) && outcome.missing === 1 && code.startsWith(nameOf('CKR', rv)!);
  if (hitTwice) return findingsOf({ ...outcome, missing: 0, right: outcome.signs }, WITHIN);
  if (name !== 'C_Login' || outcome.wrong > 0 || outcome.doubled > 0) return findingsOf(outcome, WITHIN);
  return [...outcome.refusals.keys()].filter((code) => !code.startsWith('CKR_') && code !== 'ERR_CRYPTOKI_UNAVAILABLE');
}
