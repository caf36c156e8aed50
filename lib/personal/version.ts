// The version string: which parts of the software there are, and when it expires.

import { strings, wrong } from './arguments';

/** The parts of the software in the order of Nexus Personal for Linux, as the public document has it. */
export const NEXUS_ORDER: readonly string[] = Object.freeze([
  'Personal',
  'libtokenapi_so',
  'libBranding_so',
  'libCardSetec_so',
  'libCardPrisma_so',
  'libCardSiemens_so',
  'libplugins_so',
  'libP11_so',
  'libai_so',
  'personal_bin',
]);

/** The parts in the order that FriBID's own source has. */
export const FRIBID_ORDER: readonly string[] = Object.freeze([
  'Personal',
  'libai_so',
  'libP11_so',
  'libtokenapi_so',
  'libCardSiemens_so',
  'libCardSetec_so',
  'libCardPrisma_so',
  'libBranding_so',
  'libplugins_so',
  'personal_bin',
]);

/** What the version string says. */
export interface VersionOptions {
  /** Of all parts. Default: '4.10.2.16'. */
  readonly version?: string | undefined;
  /** Default: 'linux'. */
  readonly platform?: string | undefined;
  /** Default: 'ubuntu'. */
  readonly distribution?: string | undefined;
  /** Default: '8.04'. */
  readonly osVersion?: string | undefined;
  /** The parts in their order: `NEXUS_ORDER`, the default, `FRIBID_ORDER`, or one's own. */
  readonly versionOrder?: readonly string[] | undefined;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

const DAY = 24 * 60 * 60;
const DAYS_TO_LIVE = 29;

/** Makes the version strings; throws for values that would break their form. */
export function versionString(options: VersionOptions): () => string {
  const { version = '4.10.2.16', platform = 'linux', distribution = 'ubuntu', osVersion = '8.04', clock = Date.now } = options;
  const { versionOrder = NEXUS_ORDER } = options;
  if (typeof clock !== 'function') throw wrong('The "clock" option must be a function');
  if (!Array.isArray(versionOrder)) throw wrong('The "versionOrder" option must be an array');
  const pairs = [
    ...(versionOrder as string[]).map((key) => [key, version]),
    ['platform', platform],
    ['distribution', distribution],
    ['os_version', osVersion],
  ];
  for (const word of pairs.flat()) {
    if (typeof word !== 'string') throw wrong('The parts of the version string must be of type string');
    if (/[\s&=]/.test(word)) throw wrong('The parts of the version string may have no white space, no "&" and no "="', 'ERR_INVALID_ARG_VALUE');
  }
  const fixed = pairs.map(([key, value]) => `${key}=${value}&`).join('');
  return () => `${fixed}best_before=${Math.floor(clock() / 1000) + DAYS_TO_LIVE * DAY}&`;
}

/**
 * The object of type application/x-personal-version.
 *
 * @example
 * console.log(personal.version.GetVersion()); // 'Personal=4.10.2.16&…&best_before=1293042489&'
 */
export class PersonalVersion {
  readonly #text: () => string;

  /** Not for callers: the object is `version` of what `createPersonal` answers. */
  constructor(text: () => string) {
    this.#text = text;
  }

  /**
   * The version string: pairs of a name and a value, each with '&' behind it. It expires 29 days from now.
   *
   * @example
   * const fields = new URLSearchParams(personal.version.GetVersion());
   */
  GetVersion(...given: []): string {
    strings('GetVersion', [], given);
    return this.#text();
  }
}
