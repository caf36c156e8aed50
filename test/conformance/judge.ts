// Runs the cases of a file on a token, and compares what comes out with what the vectors want. Where they differ, the same calls
// by the raw functions tell whose answer it was: the token's, which its profile then has to list, or ours, which is a defect.

import { CKF, type CryptokiObject, type Key } from '../../lib';
import { Raw } from '../../lib/raw';
import type { Deviation, Fixture } from '../support/profile';
import { answerOf, type Answer, type Family, type Operation, type RawSide } from './family';
import { groupsOf, type Case, type Group } from './vectors';

/** As many cases at once. */
const AT_ONCE = 8;

interface Count {
  right: number;
  refused: number;
  deviating: number;
  untried: number;
}

interface Step {
  readonly operation: Operation;
  readonly test: Case;
  readonly group: Group;
}

/** Whether the answer is what the vector wants. A wrong result never is, nor an error that nobody foresaw. */
function fits({ result }: Case, answer: Answer): boolean {
  if (answer === 'other bytes' || answer.startsWith('no code')) return false;
  const right = answer === 'valid' || answer === 'right';
  return result === 'acceptable' || right === (result === 'valid');
}

function stepsOf({ file, operations }: Family, has: (mechanism: number) => boolean): Step[] {
  const possible = operations.filter(({ mechanism }) => mechanism === undefined || has(mechanism));
  return groupsOf(file).flatMap((group) =>
    group.tests.flatMap((test) => possible.filter(({ on }) => on?.(test, group) ?? true).map((operation) => ({ operation, test, group }))),
  );
}

/** A second user of the library, on the same token. */
async function rawSide({ profile, slot }: Fixture, has: (mechanism: number) => boolean): Promise<RawSide> {
  const raw = await Raw.load(profile.module);
  await raw.C_Initialize();
  const session = await raw.C_OpenSession(slot.id, CKF.SERIAL_SESSION | CKF.RW_SESSION);
  return { raw, session, isNss: profile.name.startsWith('nss'), has };
}

/** Judges the cases of one file. Answers the counts, and a line for everything that is as nobody expects. */
export async function judge(family: Family, fixture: Fixture): Promise<{ count: Count; complaints: string[] }> {
  const { token, profile, slot } = fixture;
  const there = await slot.mechanisms();
  const has = (mechanism: number): boolean => there.has(mechanism) && profile.listedOnly?.has(mechanism) !== true;
  const known = (profile.deviations ?? []).filter(({ file }) => file === family.file);
  const met = new Set<Deviation>();
  const count: Count = { right: 0, refused: 0, deviating: 0, untried: 0 };
  const complaints: string[] = [];
  const keys = new Map<string, Promise<CryptokiObject>>();
  const doubtful: [Step, Answer][] = [];

  const keyOf = ({ test, group }: Step): Promise<CryptokiObject> | undefined => {
    const spec = family.key?.(test, group);
    if (spec === undefined) return undefined;
    const made = keys.get(spec.name) ?? spec.make(token);
    keys.set(spec.name, made);
    return made;
  };

  const answer = (step: Step): Promise<Answer> =>
    answerOf(async () => step.operation.answer({ token, key: (await keyOf(step)) as Key }, step.test, step.group));

  const rawAnswer = (side: RawSide, step: Step): Promise<Answer> =>
    answerOf(async () => {
      const { test, group } = step;
      const made = await keyOf(step)?.catch(() => undefined);
      const template = family.key?.(test, group).template;
      const own = made === undefined && template !== undefined ? await side.raw.C_CreateObject(side.session, template) : undefined;
      try {
        return await step.operation.raw(side, made?.handle ?? own ?? 0n, test, group);
      } finally {
        if (own !== undefined) await side.raw.C_DestroyObject(side.session, own);
      }
    });

  const steps = stepsOf(family, has);
  const queue = steps.values();
  const work = async (): Promise<void> => {
    for (const step of queue) {
      const crash = known.find((one) => describes(one, step, 'crash'));
      if (crash !== undefined) {
        met.add(crash);
        count.untried++;
        continue;
      }
      const given = await answer(step);
      if (!fits(step.test, given)) doubtful.push([step, given]);
      else if (given === 'valid' || given === 'right') count.right++;
      else count.refused++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  if (doubtful.length > 0) {
    const side = await rawSide(fixture, has);
    try {
      for (const [step, given] of doubtful) {
        const { test, operation } = step;
        const byToken = await rawAnswer(side, step);
        const deviation = known.find((one) => describes(one, step, given));
        if (deviation !== undefined) met.add(deviation);
        if (deviation !== undefined && byToken === given) count.deviating++;
        else {
          const about = `${operation.name} ${test.tcId} (${test.result}; ${[...(test.flags ?? [])].join(', ')}; ${test.comment ?? ''})`;
          complaints.push(`${about}: ${given}${byToken === given ? ', as the token' : `, but the token by itself: ${byToken}`}`);
        }
      }
    } finally {
      await side.raw.C_CloseSession(side.session);
      await side.raw.close();
    }
  }
  for (const made of keys.values())
    await made.then(
      (key) => key.destroy(),
      () => undefined,
    );
  for (const one of known) if (!met.has(one)) complaints.push(`the profile lists a deviation that is none: ${one.reason}`);
  return { count, complaints };
}

function describes({ operation, result, flags, comment, answer }: Deviation, step: Step, given: Answer): boolean {
  if (answer !== given || (operation !== undefined && operation !== step.operation.name)) return false;
  if (result !== undefined && result !== step.test.result) return false;
  if (flags !== undefined && !flags.some((flag) => step.test.flags?.includes(flag))) return false;
  return comment === undefined || comment.test(step.test.comment ?? '');
}
