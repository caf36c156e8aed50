// The kinds of trouble that real tokens and the programs behind them can be brought into.

import { setTimeout as sleep } from 'node:timers/promises';
import { make } from './control';
import type { Traffic } from './workload';

export interface TokenScenario {
  readonly title: string;
  /** Of the profile whose recipe can make the faults. */
  readonly profile: string;
  readonly signs: number;
  readonly faults: number;
  /** Makes one fault; resolves when the world is well again. */
  inject(traffic: Traffic): Promise<void>;
  /** A fault takes no time: what runs on may still come in. */
  readonly momentary?: boolean;
  readonly callLimit?: number;
  /** Threads for calls into the library, where the default is not meant. */
  readonly threads?: number;
  /** Why the token does not survive it; what the callers are told instead. Nothing wrong may come out, and the time limits hold. */
  readonly fatal?: { readonly why: string; readonly codes: readonly string[] };
}

const AWAY = 2_000;
/** Twenty thousand signatures of a software token take a second. */
const BRIEFLY = 200;
/** The virtual reader looks for its card once a second. */
const NOTICED = 1_500;

export const tokenScenarios: readonly TokenScenario[] = [
  {
    title: 'p11-kit: server’s child killed (-9)',
    profile: 'p11kit',
    signs: 20_000,
    faults: 10,
    inject: () => make('kill'),
    momentary: true,
    threads: 1,
  },
  {
    title: 'p11-kit: server’s child halted for 2 s (SIGSTOP)',
    profile: 'p11kit',
    signs: 20_000,
    faults: 3,
    inject: async () => {
      await make('halt');
      await sleep(AWAY);
      await make('go');
    },
  },
  {
    title: 'PIV card pulled between signatures, reinserted after 2 s',
    profile: 'opensc',
    signs: 2_000,
    faults: 3,
    inject: async (traffic) => {
      await traffic.pause();
      await make('remove');
      await sleep(NOTICED);
      traffic.resume();
      await sleep(AWAY);
      await make('insert');
    },
  },
  {
    title: 'PIV card pulled in the middle of a signature',
    profile: 'opensc',
    signs: 400,
    faults: 1,
    inject: () => make('drop'),
    momentary: true,
    callLimit: 1_000,
    fatal: {
      why: 'OpenSC waits for itself for ever',
      // The last is the caller's own signal.
      codes: [
        'ERR_CRYPTOKI_TIMEOUT',
        'ERR_CRYPTOKI_UNAVAILABLE',
        'CKR_GENERAL_ERROR',
        'CKR_DEVICE_REMOVED',
        'TimeoutError: The operation was aborted due to timeout',
      ],
    },
  },
  { title: 'swtpm restarted', profile: 'tpm2', signs: 2_000, faults: 3, inject: () => make('restart') },
  {
    title: 'opencryptoki: pkcsslotd killed (-9), started again after 0.2 s',
    profile: 'opencryptoki',
    signs: 20_000,
    faults: 3,
    inject: async () => {
      await make('kill');
      await sleep(BRIEFLY);
      await make('start');
    },
  },
];
