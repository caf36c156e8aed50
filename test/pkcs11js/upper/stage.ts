// What runs on graphene-pk11 and node-webcrypto-p11 is a table of checks: the parent names them, a process of its own runs them, so that a crash is seen and the
// replaced module disturbs nobody.

import type * as Graphene from 'graphene-pk11';
import type * as Pkcs11 from 'pkcs11js';
import type { Crypto as TokenCrypto } from 'node-webcrypto-p11';

/** A fresh token, and the libraries that were loaded for it. The user is logged in. */
export interface Stage {
  /** The name of the profile. */
  readonly name: string;
  readonly graphene: typeof Graphene;
  readonly pkcs11: typeof Pkcs11;
  readonly module: Graphene.Module;
  readonly slot: Graphene.Slot;
  /** Read and write. */
  readonly session: Graphene.Session;
  readonly pin: string;
  /** Of node-webcrypto-p11, on `session`. */
  readonly crypto: TokenCrypto;
  /** The CKF of a mechanism, or undefined where the token lacks it. */
  flagsOf(mechanism: number): number | undefined;
  /** Ends the check as skipped where the token lacks one of the mechanisms, by their names in pkcs11js or by number. */
  requires(...mechanisms: (string | number)[]): void;
  /** Ends the check as skipped. */
  skip(reason: string): never;
}

export type Check = (stage: Stage) => void | Promise<void>;
export type Checks = Readonly<Record<string, Check>>;

/** What the child is told. */
export interface Told {
  readonly name: string;
  readonly title: string;
  readonly module: string;
  readonly reserved?: string;
  readonly label?: string;
  readonly pin: string;
  readonly soPin: string;
  readonly soLoginPin: string;
  /** The file with the checks. */
  readonly checks: string;
}

/** What the child answers, one for each check. */
export interface Outcome {
  readonly check: string;
  readonly is: 'begun' | 'passed' | 'failed' | 'skipped';
  readonly text?: string;
}

export class Skipped extends Error {}
