import { X509Certificate } from 'node:crypto';
import { Module, type CallOptions } from '../index';
import { badParameters } from './error';
import { revocationLists } from './trust-revocation';
import type { CrlFetcher, TrustSources } from './trust';

/** What `createEnvironment` takes. */
export interface EnvironmentOptions {
  /** The path of the Cryptoki library, or a module that has been loaded already, which then stays the caller's. */
  readonly module: string | Module;
  /** Certificates that are trusted: PEM, DER or as node:crypto has them. Without them nothing is. */
  readonly trustedRoots?: readonly (string | Uint8Array | X509Certificate)[] | undefined;
  /** Revocation lists in DER or PEM. */
  readonly crls?: readonly (string | Uint8Array)[] | undefined;
  /** Fetches revocation lists by their address; nothing is fetched without it. */
  readonly fetchCrl?: CrlFetcher | undefined;
  /** Milliseconds for each call to the library; beyond it MWR_SCWS_COMM_TIMEOUT. Default: none. */
  readonly timeLimit?: number | undefined;
}

/** The same, checked. */
export interface Wanted {
  readonly module: string | Module;
  readonly trust: TrustSources;
  readonly options: CallOptions;
}

/** What timers can wait. */
const MOST_TIME = 2 ** 31 - 1;

/** Checks the options. */
export function checked(options: EnvironmentOptions): Wanted {
  if (typeof options !== 'object' || options === null) throw badParameters('The options must be an object.');
  const { module, trustedRoots = [], crls = [], fetchCrl, timeLimit } = options;
  // Half a surrogate pair, or a NUL, is in no path.
  if (!(module instanceof Module) && (typeof module !== 'string' || module === '' || /[\p{Cs}\0]/u.test(module))) {
    throw badParameters('"module" must be the path of a Cryptoki library, or a Module.');
  }
  if (!Array.isArray(trustedRoots) || !Array.isArray(crls)) throw badParameters('"trustedRoots" and "crls" must be arrays.');
  if (fetchCrl !== undefined && typeof fetchCrl !== 'function') throw badParameters('"fetchCrl" must be a function.');
  if (timeLimit !== undefined && !(Number.isInteger(timeLimit) && timeLimit > 0 && timeLimit <= MOST_TIME))
    throw badParameters('"timeLimit" must be a number of milliseconds.');
  const trust = { roots: trustedRoots.flatMap(certificatesOf), crls: crls.flatMap(listsOf), fetchCrl };
  return { module, trust, options: timeLimit === undefined ? {} : { timeLimit } };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A file in PEM may have several. */
function certificatesOf(root: string | Uint8Array | X509Certificate, index: number): X509Certificate[] {
  if (root instanceof X509Certificate) return [root];
  try {
    const pems = textOf(root).match(CERTIFICATE);
    return (pems ?? [root]).map((one) => new X509Certificate(one));
  } catch (error) {
    throw badParameters(`"trustedRoots[${index}]" is no certificate.`, error);
  }
}

function listsOf(given: string | Uint8Array, index: number): Uint8Array[] {
  const lists = revocationLists(given);
  if (lists === undefined) throw badParameters(`"crls[${index}]" must be a revocation list in PEM or DER.`);
  return lists;
}

const textOf = (data: string | Uint8Array): string => (typeof data === 'string' ? data : Buffer.from(data).toString('latin1'));
