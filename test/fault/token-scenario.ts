// A workload on a real token, and trouble while it runs.

import { verify } from 'node:crypto';
import type { PrivateKey, Token } from '../../lib';
import { openToken, type Available, type Fixture } from '../support/profile';
import { findingsOf, pausesOf, refusalsOf, type Row } from './figures';
import { injector } from './scenario';
import { codeOf, signAll, type Outcome, type Signing } from './workload';
import type { TokenScenario } from './token-scenarios';

/** The stated time for tokens that sign 150 times in a second, and take seconds to come back. */
export const WITHIN = 120_000;

/** After which callers of a token that is lost for good have lost their patience. */
const FATAL_WITHIN = 20_000;

/** A key that signs without being asked for a PIN each time: the card's own, or one made now. */
async function keyOf({ profile, token }: Fixture): Promise<PrivateKey> {
  const own = profile.keys?.find(({ use, alwaysAuthenticate }) => use === 'sign' && alwaysAuthenticate !== true);
  if (own !== undefined) return token.privateKey({ id: Buffer.from(own.id, 'hex') });
  const id = Buffer.from('0a11', 'hex');
  const { privateKey } = await token.generateKeyPair('ec', { namedCurve: 'P-256', label: 'signer', id, token: true });
  return privateKey;
}

async function signingOf(fixture: Fixture): Promise<Signing> {
  await fixture.token.login(fixture.pin);
  const key = await keyOf(fixture);
  const half = await key.findPublicKey();
  if (half === undefined) throw new Error('the public half is not there');
  const theirs = half.toKeyObject();
  return { key, algorithm: 'sha256', right: (input, signature) => verify('sha256', input, theirs, signature) };
}

/** Milliseconds that the signal at the end of that time may take to be heard by everybody. */
const SIGNAL = 2_000;

/** What the token says of its PIN; in words where it says nothing any more. */
async function pinRefused(token: Token): Promise<boolean | string> {
  try {
    const { userPinCountLow, userPinLocked } = await token.info();
    return userPinCountLow || userPinLocked;
  } catch (error) {
    return `afterwards: ${codeOf(error)}`;
  }
}

/** What may not happen even where the token is lost for good: wrong results, and errors that say something else. */
function fatalFindings(outcome: Outcome, allowed: number, codes: readonly string[]): string[] {
  const others = [...outcome.refusals.keys()].filter((code) => !codes.includes(code.replace(' by signMany', '')));
  return [...findingsOf({ ...outcome, missing: 0, right: outcome.signs }, allowed), ...others.map((code) => `told ${code}`)];
}

/** Runs the workload under the scenario's faults. */
export async function runTokenScenario(scenario: TokenScenario, profile: Available, signs = scenario.signs): Promise<Row> {
  const fixture = await openToken(scenario.threads === undefined ? profile : { ...profile, threads: scenario.threads });
  try {
    const { token } = fixture;
    const signing = await signingOf(fixture);
    const injected = injector(scenario.faults, (_, traffic) => scenario.inject(traffic));
    const within = scenario.fatal === undefined ? WITHIN : FATAL_WITHIN;
    const outcome = await signAll(signing, {
      signs,
      within,
      callLimit: scenario.callLimit,
      repeats: scenario.fatal === undefined ? undefined : 0,
      done: injected.done,
    });
    await injected.settle();
    const { recoveries, retries } = token.stats();
    const refused = scenario.fatal === undefined ? await pinRefused(token) : undefined;
    const faults = scenario.momentary === true ? injected.faults.map(({ at }) => ({ at, over: at })) : injected.faults;
    const findings = scenario.fatal === undefined ? findingsOf(outcome, WITHIN) : fatalFindings(outcome, FATAL_WITHIN + SIGNAL, scenario.fatal.codes);
    if (refused === true) findings.push('a PIN was refused');
    else if (typeof refused === 'string') findings.push(refused);
    return {
      scenario: scenario.title,
      signs,
      faults: faults.length,
      right: outcome.right,
      retries,
      recoveries,
      pauses: pausesOf(faults, outcome.arrivals),
      seconds: outcome.milliseconds / 1000,
      allowed: within / 1000,
      wastedTries: refused === undefined ? undefined : Number(refused === true),
      findings,
      ...(scenario.fatal === undefined ? {} : { note: `${scenario.fatal.why}; ${refusalsOf(outcome)}` }),
    };
  } finally {
    // What never comes back would have to be waited for.
    if (scenario.fatal === undefined) await fixture.close();
  }
}
