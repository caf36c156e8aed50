// The parameters of authentication and signing objects, and the rules for setting them.

import { folded } from './arguments';
import { PersonalErrorCode } from './codes';

/** The two kinds of object that act. */
export type Kind = 'authentication' | 'signer2';

const COMMON = ['ServerTime', 'Policys', 'Subjects', 'OnlyAcceptMRU', 'Signature'] as const;
const NAMES = {
  authentication: ['Challenge', ...COMMON],
  signer2: ['Nonce', 'TextCharacterEncoding', 'TextToBeSigned', 'NonVisibleData', ...COMMON],
} as const;

export type ParameterName = (typeof NAMES)[Kind][number];

const MOST_BYTES = 10 * 1024 * 1024;
const MOST_TIME = 2_147_483_647;

/** What they are when nobody has set them. */
const DEFAULTS: Readonly<Partial<Record<ParameterName, string>>> = { ServerTime: '', OnlyAcceptMRU: 'false', TextCharacterEncoding: 'UTF-8' };

/** The number at the beginning, as C's strtol reads it; 0 where there is none. */
function leadingInteger(text: string): number {
  return Number(/^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1] ?? 0);
}

/** The values of one object. */
export class Parameters {
  readonly #names: ReadonlyMap<string, ParameterName>;
  readonly #values = new Map<ParameterName, string>();

  constructor(kind: Kind) {
    this.#names = new Map(NAMES[kind].map((name) => [folded(name), name]));
  }

  /** The parameter of this name, in any case; undefined where the kind has none. */
  named(name: string): ParameterName | undefined {
    return this.#names.get(folded(name));
  }

  get(name: ParameterName): string | null {
    return this.#values.get(name) ?? DEFAULTS[name] ?? null;
  }

  /** As it is, without rules. */
  put(name: ParameterName, value: string): void {
    this.#values.set(name, value);
  }

  clear(): void {
    this.#values.clear();
  }

  /** Sets a value by the rules of its parameter; answers the error code. */
  set(name: ParameterName, value: string): PersonalErrorCode {
    if (Buffer.byteLength(value, 'utf8') > MOST_BYTES) return PersonalErrorCode.ValueTooLarge;
    switch (name) {
      case 'ServerTime':
        return this.#setServerTime(value);
      case 'OnlyAcceptMRU':
        return this.#setOneOf(name, folded(value), ['true', 'false'], PersonalErrorCode.InvalidBoolean);
      case 'TextCharacterEncoding':
        return this.#setOneOf(name, value, ['UTF-8', 'ISO-8859-1'], PersonalErrorCode.ValueTooLarge);
      default:
        this.#values.set(name, value);
        return PersonalErrorCode.None;
    }
  }

  /** A value that is refused is also forgotten; one of less than ten characters is kept, and complained of all the same. */
  #setServerTime(value: string): PersonalErrorCode {
    this.#values.delete('ServerTime');
    if (value.length > 10) return PersonalErrorCode.ValueTooLarge;
    const time = leadingInteger(value);
    if (time <= 0 || time > MOST_TIME) return PersonalErrorCode.InvalidValue;
    this.#values.set('ServerTime', String(time));
    return value.length < 10 ? PersonalErrorCode.InvalidValue : PersonalErrorCode.None;
  }

  #setOneOf(name: ParameterName, value: string, allowed: readonly string[], otherwise: PersonalErrorCode): PersonalErrorCode {
    if (!allowed.includes(value)) return otherwise;
    this.#values.set(name, value);
    return PersonalErrorCode.None;
  }
}
