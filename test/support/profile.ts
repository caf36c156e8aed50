import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { Module, type Slot, type Token } from '../../lib';
import { nameOf } from '../../lib/constants';
import { acquire } from '../../scripts/support/acquire.mjs';
import * as nssLibrary from '../../scripts/tokens/nss.mjs';
import * as softhsmLibrary from '../../scripts/tokens/softhsm.mjs';
import { known } from '../tokens';
import { skip } from './skip';

/** What a token may be unable to do at all, whatever its mechanisms say. A profile lists these with the reason. */
export type Feature =
  | 'initialize' //      C_InitToken, C_InitPIN
  | 'set-pin' //         C_SetPIN by the user
  | 'officer-again' //   the security officer may log in once the user has a PIN
  | 'wrong-pin' //       a wrong PIN may be tried without using up the card
  | 'generate' //        keys on the token
  | 'import' //          keys given to the token
  | 'write' //           certificates and data objects
  | 'data' //            data objects that stay on the token
  | 'session-objects' // token: false
  | 'change' //          C_SetAttributeValue
  | 'copy' //            C_CopyObject
  | 'destroy'
  | 'find-by-value' //   templates with other attributes than class, label and id
  | 'digest' //          C_Digest…
  | 'random' //          C_GenerateRandom
  | 'seed' //            C_SeedRandom
  | 'many-sessions' //   more than a handful at once
  | 'multi-part'; //     C_SignUpdate and its kin

/** Where a token is laxer or stricter than a published test vector. The judge proves that it is the token's own answer. */
export interface Deviation {
  /** The file of vectors. */
  readonly file: string;
  /** Of the judge's operations with that file, this one only. */
  readonly operation?: string;
  /** Valid, invalid or acceptable cases only. */
  readonly result?: string;
  /** Cases with one of these flags only. */
  readonly flags?: readonly string[];
  /** Cases whose comment fits only. */
  readonly comment?: RegExp;
  /** What the token answers: 'valid', 'not valid', 'right', 'other bytes', or a code; 'crash': the cases are not tried. */
  readonly answer: string;
  readonly reason: string;
}

/** A token's kind: how it is made fresh, and what it cannot do. One file each in test/tokens/. */
export interface Profile {
  readonly name: string;
  readonly title: string;
  readonly pin: string;
  /** What C_InitToken is given. */
  readonly soPin: string;
  /** What C_Login(CKU_SO) takes after that, where it differs. */
  readonly soLoginPin?: string;
  /** The label every token of this kind has, where C_InitToken does not set it. */
  readonly label?: string;
  /**
   * Where a fresh token comes from: `folder`, a store of its own in a new folder; `slot`, the uninitialised slot of a store
   * that lives as long as the run; `same`, one token initialised again; `fixed`, a token as it is, with its keys.
   */
  readonly fresh: 'folder' | 'slot' | 'same' | 'fixed';
  /** The library cannot be finalised and initialised again in one process: it stays initialised to the end. */
  readonly initializedOnce?: boolean;
  /** Threads for calls into the library, where the default is not meant. */
  readonly threads?: number;
  /** Points the library at a new folder, through the environment, before C_Initialize. */
  environment?(folder: string): Record<string, string>;
  /** The reserved string of C_Initialize. */
  reserved?(folder: string): string;
  /** The keys of a `fixed` token: CKA_ID in hexadecimal. */
  readonly keys?: readonly {
    readonly id: string;
    readonly type: 'rsa' | 'ec';
    readonly use: 'sign' | 'decrypt';
    readonly alwaysAuthenticate?: boolean;
  }[];
  readonly skips: Readonly<Partial<Record<Feature, string>>>;
  /** Mechanisms that the token lists and does not have, each with what it does instead. */
  readonly listedOnly?: ReadonlyMap<number, string>;
  /** From published test vectors. */
  readonly deviations?: readonly Deviation[];
}

/** A profile whose library is here, or the reason why it is not. */
export interface Available extends Profile {
  readonly module: string;
  readonly reason?: string;
}

/** An initialised, empty token; nobody is logged in. */
export interface Fixture {
  readonly profile: Available;
  readonly module: Module;
  readonly slot: Slot;
  readonly token: Token;
  readonly pin: string;
  readonly soPin: string;
  /** Skips the test where the token lacks one of the mechanisms. */
  requires(context: Context, ...mechanisms: number[]): Promise<void>;
  /** Skips the test where the profile says that the token cannot do this. */
  needs(context: Context, ...features: Feature[]): void;
  close(): Promise<void>;
}

interface Given {
  readonly name: string;
  readonly module?: string;
  readonly reason?: string;
}

/** Without a script that has looked: what is here or in the cache, for a mocha started by hand. */
function lookedUp(): Given[] {
  return Object.entries({ softhsm: softhsmLibrary, nss: nssLibrary }).map(([name, library]) => {
    const got = acquire(library);
    if (!got) return { name, reason: library.advice };
    Object.assign(process.env, got.environment);
    return { name, module: got.module };
  });
}

let all: readonly Available[] | undefined;

/** The tokens of this run: SoftHSM and NSS, or those that `npm run test:tokens` has started. */
export function profiles(): readonly Available[] {
  if (all) return all;
  const given = process.env['CRYPTOKI_TEST_TOKENS'];
  const tokens: Given[] = given ? (JSON.parse(given) as Given[]) : lookedUp();
  all = tokens.map(({ name, module, reason }) => {
    const profile = known.find((one) => one.name === name);
    if (!profile) throw new Error(`test/tokens has no profile ${name}`);
    return { ...profile, module: module ?? '', ...(module ? {} : { reason: reason ?? 'not found' }) };
  });
  return all;
}

/** Stores that are open now, by profile: the library reads its configuration when the first is opened. */
const stores = new Map<string, { folder: string; users: number }>();

function openStore(profile: Available): string {
  const store = stores.get(profile.name) ?? { folder: mkdtempSync(join(tmpdir(), 'cryptoki-test-')), users: 0 };
  if (store.users === 0) Object.assign(process.env, profile.environment?.(store.folder));
  store.users += 1;
  stores.set(profile.name, store);
  return store.folder;
}

function closeStore(profile: Available): void {
  const store = stores.get(profile.name);
  if (!store) return;
  store.users -= 1;
  if (store.users > 0) return;
  stores.delete(profile.name);
  rmSync(store.folder, { recursive: true, force: true });
}

/** Modules that keep their library initialised. */
const kept = new Map<string, Promise<Module>>();

async function keep({ name, module, initializedOnce }: Available): Promise<void> {
  if (initializedOnce !== true) return;
  const loading = kept.get(name) ?? Module.load(module);
  kept.set(name, loading);
  await loading;
}

let serial = 0;

/** The slot to initialise, or whose token to use as it is. */
async function pickSlot(profile: Available, module: Module): Promise<Slot> {
  const slots = await module.slots({ tokenPresent: true });
  const infos = await Promise.all(slots.map(async (slot) => (await slot.token()).info()));
  const index = infos.findIndex((info) => {
    if (profile.label !== undefined) return info.label === profile.label;
    return profile.fresh === 'folder' || profile.fresh === 'slot' ? !info.tokenInitialized : true;
  });
  const slot = slots[index];
  if (!slot) throw new Error(`${profile.title}: no slot to use among ${infos.map((info) => JSON.stringify(info.label)).join(', ')}`);
  return slot;
}

async function freshToken(profile: Available, slot: Slot): Promise<Token> {
  if (profile.fresh === 'fixed') return slot.token();
  serial += 1;
  const token = await slot.initToken({ label: profile.label ?? `test ${process.pid} ${serial}`, soPin: profile.soPin });
  await token.login(profile.soLoginPin ?? profile.soPin, { user: 'so' });
  await token.initPin(profile.pin);
  await token.logout();
  return token;
}

/** Loads the library and makes a fresh token. Several may be open at once where the profile has a slot for each. */
export async function openToken(profile: Available): Promise<Fixture> {
  if (profile.reason !== undefined) throw new Error(`${profile.title} is not here: ${profile.reason}`);
  const folder = openStore(profile);
  let module: Module | undefined;
  const close = async () => {
    await module?.close();
    closeStore(profile);
  };
  try {
    const reserved = profile.reserved?.(folder);
    await keep(profile);
    module = await Module.load(profile.module, { reserved, threads: profile.threads });
    const slot = await pickSlot(profile, module);
    const token = await freshToken(profile, slot);
    return {
      profile,
      module,
      slot,
      token,
      pin: profile.pin,
      soPin: profile.soLoginPin ?? profile.soPin,
      async requires(context, ...mechanisms) {
        for (const mechanism of mechanisms) {
          const instead = profile.listedOnly?.get(mechanism);
          if (instead !== undefined) skip(context, `${profile.title} lists ${nameOf('CKM', mechanism)}: ${instead}`);
        }
        const there = await slot.mechanisms();
        const missing = mechanisms
          .filter((mechanism) => !there.has(mechanism))
          .map((mechanism) => nameOf('CKM', mechanism) ?? `0x${mechanism.toString(16)}`);
        if (missing.length > 0) skip(context, `${profile.title} has no ${missing.join(', ')}`);
      },
      needs(context, ...features) {
        for (const feature of features) {
          const reason = profile.skips[feature];
          if (reason !== undefined) skip(context, `${profile.title}: ${reason}`);
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A fresh SoftHSM token, for a `before` whose tests are about something else than tokens: without it they are skipped with the reason. */
export async function openSoftHsm(context: Context): Promise<Fixture> {
  const softhsm = profiles().find(({ name }) => name === 'softhsm');
  if (softhsm === undefined) skip(context, 'this run is not about SoftHSM');
  if (softhsm.reason !== undefined) skip(context, `SoftHSM: ${softhsm.reason}`);
  return openToken(softhsm);
}

/** Runs `body` with a fresh token, and closes everything afterwards. */
export async function withToken<T>(profile: Available, body: (fixture: Fixture) => Promise<T>): Promise<T> {
  const fixture = await openToken(profile);
  try {
    return await body(fixture);
  } finally {
    await fixture.close();
  }
}

/**
 * One token for all tests of the surrounding `describe`; where the library is missing, they are skipped with the reason.
 *
 * @example
 * for (const profile of profiles()) {
 *   describe(`signing on ${profile.title}`, () => {
 *     const fixture = useToken(profile);
 *     it('signs', async function () {
 *       await fixture().requires(this, CKM.ECDSA);
 *       …
 */
export function useToken(profile: Available): () => Fixture {
  let fixture: Fixture | undefined;
  before(async function () {
    if (profile.reason !== undefined) skip(this, `${profile.title}: ${profile.reason}`);
    fixture = await openToken(profile);
  });
  after(async () => {
    await fixture?.close();
    fixture = undefined;
  });
  return () => {
    if (!fixture) throw new Error('the token is there inside tests and hooks only');
    return fixture;
  };
}
