import { CKK } from './generated/constants';
import { curveOf } from './curves';
import { nameOr } from './inspect';
import { CryptokiObject, keyTypeOf, type ObjectSource } from './object';
import { parameterSetOf } from './algorithms/parameter-sets';
import { planSignature, type SignatureAlgorithm, type SignaturePlan, type SignatureQuestion } from './algorithms/plan-signature';
import { typeName } from './algorithms/key-types';
import { PreparedMechanism } from './mechanism';
import { PreparedSign } from './prepared-sign';
import { unpadded } from './der';
import type { Abilities, KeyFacts } from './algorithms/facts';
import type { AttributeName, Attributes } from './generated/attributes';
import { callOptions, type CallOptions } from './options';
import type { MechanismInfo } from './info';
import type { TokenContext } from './token-context';

/** The facts of a key for its operations. For the classes of this library only. */
export let factsOf: (key: Key, options: CallOptions) => KeyFacts | Promise<KeyFacts>;

/** The decided way of signing or verifying, remembered per key and wish. `options`: the limits of deciding, by default those of the question. For the classes of this library only. */
export let signaturePlanOf: (key: Key, question: SignatureQuestion, options?: CallOptions) => SignaturePlan | Promise<SignaturePlan>;

/** Signing with no options in a way that has been decided before: undefined before the first time. For the classes of this library only. */
export let preparedSignOf: (key: Key, algorithm: SignatureAlgorithm) => PreparedSign | undefined;

/** Remembers how an algorithm without options is signed with. For the classes of this library only. */
export let rememberSign: (key: Key, algorithm: SignatureAlgorithm, plan: SignaturePlan) => void;

/** The attribute that says how long the numbers of a key are, where one does. */
const MEASURE: ReadonlyMap<number, AttributeName> = new Map<number, AttributeName>([
  [CKK.RSA, 'modulus'],
  [CKK.EC, 'ecParams'],
  [CKK.EC_EDWARDS, 'ecParams'],
  [CKK.EC_MONTGOMERY, 'ecParams'],
  [CKK.DSA, 'subprime'],
  [CKK.DH, 'prime'],
  [CKK.ML_DSA, 'parameterSet'],
  [CKK.ML_KEM, 'parameterSet'],
  [CKK.SLH_DSA, 'parameterSet'],
]);

/** Enough for a program that varies its options; what varies without end is not worth remembering. */
const MOST_PLANS = 32;

const abilitiesByMap = new WeakMap<ReadonlyMap<number, MechanismInfo>, Abilities>();

/** What the token can do, as far as its list of mechanisms says. */
export async function abilitiesOf(context: TokenContext, options: CallOptions): Promise<Abilities> {
  const mechanisms = await context.mechanisms(options);
  let abilities = abilitiesByMap.get(mechanisms);
  if (abilities === undefined) {
    const has = (mechanism: number, use: number): boolean => ((mechanisms.get(mechanism)?.flags ?? 0) & use) !== 0;
    abilities = { has, quirks: context.quirks };
    abilitiesByMap.set(mechanisms, abilities);
  }
  return abilities;
}

/** What private, public and secret keys have in common: `PrivateKey`, `PublicKey` and `SecretKey` are the classes to use. */
export abstract class Key extends CryptokiObject {
  readonly #context: TokenContext;
  // Made at the first use: of ten thousand keys that are listed few sign.
  #plans: Decided[] | undefined;
  #signs: Map<unknown, PreparedSign> | undefined;
  #facts: KeyFacts | undefined;

  static {
    preparedSignOf = (key, algorithm) => key.#signs?.get(algorithm);
    rememberSign = (key, algorithm, plan) => {
      if ((typeof algorithm === 'object' && algorithm !== null) || key.attributes.alwaysAuthenticate === true) return;
      const signs = (key.#signs ??= new Map<unknown, PreparedSign>());
      if (signs.size >= MOST_PLANS) signs.clear();
      signs.set(algorithm, new PreparedSign(key, plan));
    };
    factsOf = (key, options) => key.#facts ?? key.#learn(options);
    signaturePlanOf = (key, question, options) => {
      if (key.#plans !== undefined) for (const decided of key.#plans) if (isSame(decided.question, question)) return decided.plan;
      return key.#plan(question, callOptions(options ?? question.options));
    };
  }

  /** @internal */
  constructor(context: TokenContext, handle: bigint | number, source: ObjectSource) {
    super(context, handle, source);
    this.#context = context;
  }

  /** One of `CKK` (CKA_KEY_TYPE). */
  get keyType(): number {
    return keyTypeOf(this) ?? CKK.VENDOR_DEFINED;
  }

  /** As node:crypto names types of key: 'rsa', 'ec', 'ed25519', 'ml-dsa-65', 'aes', 'generic' …; else the standard's name, 'CKK_…'. */
  get type(): string {
    return factsFrom(this.keyType, this.attributes).type;
  }

  /** The curve of an elliptic curve key as node:crypto names it, such as 'prime256v1'. */
  get namedCurve(): string | undefined {
    return factsFrom(this.keyType, this.attributes).curve?.name;
  }

  async #learn(options: CallOptions): Promise<KeyFacts> {
    const measure = MEASURE.get(this.keyType);
    const known: Attributes = this.attributes;
    const missing = measure !== undefined && known[measure] === undefined;
    // A key that does not say it still works, with a guess for the size of results.
    const attributes = missing ? { ...known, ...(await this.get([measure], options)) } : known;
    this.#facts = factsFrom(this.keyType, attributes);
    return this.#facts;
  }

  async #plan(question: SignatureQuestion, limits: CallOptions): Promise<SignaturePlan> {
    const facts = this.#facts ?? (await this.#learn(limits));
    const decided = planSignature(question, facts, await abilitiesOf(this.#context, limits));
    const { mechanism } = decided;
    const plan = {
      ...decided,
      mechanism: mechanism instanceof PreparedMechanism ? mechanism : new PreparedMechanism(mechanism, 'algorithm.mechanism'),
    };
    if (comesAgain(question)) {
      const plans = (this.#plans ??= []);
      if (plans.length >= MOST_PLANS) plans.length = 0;
      plans.push({ question, plan });
    }
    return plan;
  }

  /** @internal */
  protected override describe(): Record<string, unknown> {
    return { type: this.type, ...(this.namedCurve !== undefined && this.type === 'ec' && { namedCurve: this.namedCurve }), ...super.describe() };
  }
}

function factsFrom(keyType: number, attributes: Attributes): KeyFacts {
  const curve = attributes.ecParams === undefined ? undefined : curveOf(attributes.ecParams, keyType);
  const set = parameterSetOf(keyType, attributes.parameterSet);
  const modulus = attributes.modulus ?? attributes.prime;
  return {
    keyType,
    type: typeName(keyType, curve, set) ?? nameOr('CKK', keyType),
    modulusBytes: modulus === undefined ? undefined : unpadded(modulus).length,
    curve,
    subprimeBytes: attributes.subprime === undefined ? undefined : unpadded(attributes.subprime).length,
    parameterSet: attributes.parameterSet,
  };
}

interface Decided {
  readonly question: SignatureQuestion;
  readonly plan: SignaturePlan;
}

/** Whether a question is worth remembering: one that carries bytes, or a mechanism, is like no other. */
function comesAgain({ algorithm, options }: SignatureQuestion): boolean {
  return (typeof algorithm !== 'object' || algorithm === null) && options.context === undefined;
}

/** Whether two questions have one answer; the first is one that was remembered. */
function isSame(a: SignatureQuestion, b: SignatureQuestion): boolean {
  const one = a.options;
  const other = b.options;
  return (
    a.algorithm === b.algorithm &&
    a.use === b.use &&
    a.digestGiven === b.digestGiven &&
    other.context === undefined &&
    one.padding === other.padding &&
    one.saltLength === other.saltLength &&
    one.mgf1Hash === other.mgf1Hash &&
    one.dsaEncoding === other.dsaEncoding &&
    one.prehash === other.prehash &&
    one.hedge === other.hedge &&
    one.macLength === other.macLength
  );
}
