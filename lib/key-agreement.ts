// Keys that come out of keys: wrapping, deriving, encapsulating.

import { KeyObject } from 'node:crypto';
import { bytes, plainObject, string, wrongType, wrongValue } from './arguments';
import { copyOf } from './bytes';
import { agreementPoint } from './key-formats';
import { CALL } from './generated/calls';
import { CKF, CKK, CKM, CKO } from './generated/constants';
import { CryptokiError } from './errors';
import { assertUsable, contextOf, currentHandle } from './object';
import { abilitiesOf, factsOf, Key } from './key';
import { checkedAttributes, firstSpelling, make, privateTemplate, secretBytes, secretRow, secretTemplate, type NewSecretKeyOptions } from './new-key';
import { asked, firstOf, planCipher, rowFor, type Asked } from './algorithms/plan-cipher';
import { DERIVATIONS, type DerivationHelp } from './algorithms/derivations';
import { pairByName, pairNames, secretNames } from './algorithms/key-types';
import { parameterSetOf } from './algorithms/parameter-sets';
import { isMechanism, listed, type KeyFacts, type MechanismAlgorithm } from './algorithms/facts';
import { PreparedMechanism, type MechanismInput } from './mechanism';
import { classOf } from './prepared-template';
import type { AttributeTemplate } from './attributes';
import type { Bytes } from './data-source';
import { callOptions, type CallOptions } from './options';
import type { DeriveAlgorithm, WrapAlgorithm } from './algorithms/names';
import type { KeyPairType, SecretKeyType } from './generate-key';
import type { PrivateKey } from './private-key';
import type { SecretKey } from './secret-key';

/** Options of `unwrap`. */
export interface UnwrapOptions extends NewSecretKeyOptions {
  /** What was wrapped. */
  readonly type: SecretKeyType | KeyPairType;
}

/** Options of `derive`, `encapsulate` and `decapsulate`. */
export interface DeriveOptions extends NewSecretKeyOptions {
  /** What the key shall be. Default: 'generic'. */
  readonly type?: SecretKeyType | undefined;
}

/** What `publicKey.encapsulate` gives. */
export interface Encapsulated {
  /** What the other side needs, to decapsulate. */
  readonly ciphertext: Uint8Array;
  /** The shared secret. */
  readonly key: SecretKey;
}

/** `wrappingKey.wrap`. */
export async function wrap(wrapping: Key, algorithm: WrapAlgorithm, key: Key, options: CallOptions = {}): Promise<Uint8Array> {
  const wish = asked(algorithm);
  if (!(key instanceof Key)) throw wrongType('key', 'a PrivateKey or SecretKey', key);
  const { signal, timeLimit } = callOptions(options);
  const context = contextOf(wrapping);
  const limits = { signal, timeLimit };
  const plan = planCipher('wrap', wish, await factsOf(wrapping, limits), await abilitiesOf(context, limits));
  return context.pool.use({ signal, timeLimit, repeatable: true }, async (lease, left) => {
    const search = { ...left, session: lease.id };
    const wrappingHandle = await currentHandle(wrapping, context, 'object', search);
    const handle = await currentHandle(key, context, 'key', search);
    const request = context.client.request(CALL.C_WrapKey).u64(lease.id).mechanism(plan.mechanism(key.attributes.valueLen));
    request.u64(wrappingHandle).u64(handle).capacity();
    return (await context.client.call(request, left)).bytes();
  });
}

/** `unwrappingKey.unwrap`. */
export async function unwrap(unwrapping: Key, algorithm: WrapAlgorithm, wrapped: Bytes, options: UnwrapOptions): Promise<PrivateKey | SecretKey> {
  const wish = asked(algorithm);
  plainObject(options, 'options');
  const data = copyOf(bytes(wrapped, 'wrapped'));
  const template = unwrappedTemplate(options);
  const { signal, timeLimit } = callOptions(options);
  const context = contextOf(unwrapping);
  const limits = { signal, timeLimit };
  const plan = planCipher('unwrap', wish, await factsOf(unwrapping, limits), await abilitiesOf(context, limits));
  const mechanism = plan.mechanism(data.length);
  const attempt = (spelling: AttributeTemplate): Promise<bigint[]> => {
    const request = async (session: bigint, left: CallOptions) => {
      const handle = await currentHandle(unwrapping, context, 'object', { ...left, session });
      const begun = context.client.request(CALL.C_UnwrapKey).u64(session).mechanism(mechanism).u64(handle);
      return begun.rawBytes(data).template(spelling, 'options.attributes');
    };
    return make(context, template.token === true, { signal, timeLimit }, request, (reply) => [reply.u64()]);
  };
  const [handle] = (await firstSpelling([template, ...withoutPermissions(template)], attempt)) as [bigint];
  return (await context.load(handle, { signal, timeLimit }, classOf(template))) as PrivateKey | SecretKey;
}

/** The same template without what opencryptoki lets nobody set on an unwrapped key: it is extractable there by itself. */
function withoutPermissions(template: AttributeTemplate): AttributeTemplate[] {
  const { extractable, sensitive, ...rest } = template;
  if (extractable !== true && sensitive !== false) return [];
  return [{ ...rest, ...(extractable === false && { extractable }), ...(sensitive === true && { sensitive }) }];
}

function unwrappedTemplate(options: UnwrapOptions): AttributeTemplate {
  const type = string(options.type, 'options.type');
  const pair = pairByName(type);
  if (pair !== undefined) {
    const { privateUse } = pair;
    const more = checkedAttributes(options.attributes, 'options.attributes');
    return { class: CKO.PRIVATE_KEY, keyType: pair.keyType, ...privateTemplate(options), ...privateUse, ...more };
  }
  if (!secretNames().includes(type.toLowerCase())) throw wrongValue('options.type', `must be one of ${listed([...secretNames(), ...pairNames()])}`);
  const row = secretRow(type, 'options.type');
  // What was wrapped has its own length; only some mechanisms without padding need to be told.
  return secretTemplate(row, options, options.length === undefined ? undefined : secretBytes(row, options.length));
}

const isKeyObject = (value: unknown): value is KeyObject => value instanceof KeyObject;

/** Takes the public value of the other side out of whatever it was given as. */
function publicValue(value: unknown, facts: KeyFacts): Uint8Array {
  const { curve } = facts;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return copyOf(bytes(value, 'algorithm.publicKey'));
  const material = value instanceof Key ? (value as Key & { toKeyObject?(): KeyObject }).toKeyObject?.() : value;
  if (!isKeyObject(material)) throw wrongType('algorithm.publicKey', 'a PublicKey, a KeyObject, or bytes', value);
  const point = curve === undefined ? undefined : agreementPoint(material, curve);
  if (point !== undefined) return point;
  throw wrongValue('algorithm.publicKey', `is not on the curve of this key (${curve?.name ?? facts.type})`);
}

interface DerivationPlan {
  readonly mechanism: MechanismInput;
  /** Bytes that come out by themselves. */
  readonly natural: number | undefined;
}

async function planDerivation(base: Key, wish: Asked, options: CallOptions): Promise<DerivationPlan> {
  if ('mechanism' in wish) return { mechanism: wish.mechanism, natural: undefined };
  const context = contextOf(base);
  const facts = await factsOf(base, options);
  const isSecret = base.class === CKO.SECRET_KEY;
  const row = rowFor(DERIVATIONS, ({ keyTypes }) => keyTypes?.includes(facts.keyType) ?? isSecret, wish, facts);
  // The parameter carries handles, and is written all at once: those that must be looked for are looked for before.
  const handles = new Map<Key, bigint>();
  for (const value of Object.values(wish.fields)) {
    // A public key may be one of another token: it goes over as bytes.
    if (value instanceof Key && contextOf(value) === context) handles.set(value, await currentHandle(value, context, 'algorithm', options));
  }
  const help: DerivationHelp = {
    publicValue,
    handle(key, name) {
      if (!(key instanceof Key)) throw wrongType(name, 'a SecretKey', key);
      assertUsable(key, context, name);
      return handles.get(key) ?? key.handle;
    },
    isKey: (value) => value instanceof Key,
  };
  const parameter = row.parameter(wish.fields, facts, help);
  const mechanism = firstOf([row.mechanism(wish.fields)], CKF.DERIVE, await abilitiesOf(context, options), `derive with ${row.name}`);
  return { mechanism: new PreparedMechanism({ mechanism, parameter }, 'algorithm'), natural: row.bytes(facts, wish.fields) };
}

/** The template of a derived key, and its length: as asked, or as it comes out. */
function derivedTemplate(options: DeriveOptions, natural: number | undefined): AttributeTemplate {
  const row = secretRow(options.type ?? 'generic', 'options.type');
  const asIs = row.lengths === 'any' || natural === undefined ? natural : row.lengths.includes(8 * natural) ? natural : undefined;
  const size = options.length === undefined ? asIs : secretBytes(row, options.length);
  if (size === undefined && row.valueLen) throw wrongValue('options.length', 'is needed: how many bits the derived key shall have');
  return secretTemplate(row, options, size);
}

/** `baseKey.derive`. */
export async function derive(base: Key, algorithm: DeriveAlgorithm, options: DeriveOptions = {}): Promise<SecretKey> {
  plainObject(options, 'options');
  const given = { ...options };
  const plan = await planDerivation(base, asked(algorithm), { signal: given.signal, timeLimit: given.timeLimit });
  return deriveBy(base, plan, given);
}

async function deriveBy(base: Key, plan: DerivationPlan, options: DeriveOptions): Promise<SecretKey> {
  const { signal, timeLimit } = callOptions(options);
  const context = contextOf(base);
  const template = derivedTemplate(options, plan.natural);
  const request = async (session: bigint, left: CallOptions) => {
    const handle = await currentHandle(base, context, 'object', { ...left, session });
    return context.client.request(CALL.C_DeriveKey).u64(session).mechanism(plan.mechanism).u64(handle).template(template, 'options.attributes');
  };
  const [handle] = (await make(context, template.token === true, { signal, timeLimit }, request, (reply) => [reply.u64()])) as [bigint];
  return (await context.load(handle, { signal, timeLimit }, CKO.SECRET_KEY)) as SecretKey;
}

/** `baseKey.deriveBits`: through a key of this session that may be read, and is destroyed at once. */
export async function deriveBits(base: Key, algorithm: DeriveAlgorithm, length: number | undefined, options: CallOptions = {}): Promise<Uint8Array> {
  const bits = length === undefined ? undefined : 8 * secretBytes(secretRow('generic'), length, 'length');
  const { signal, timeLimit } = callOptions(options);
  const plan = await planDerivation(base, asked(algorithm), { signal, timeLimit });
  // Of a shared secret the first bits are taken, as everywhere but in PKCS#11, where a shorter key is its end (v3.2 section 6.3.17).
  const whole = plan.natural !== undefined && (bits === undefined || bits < 8 * plan.natural);
  const size = whole ? { length: 8 * (plan.natural ?? 0) } : { length: bits };
  const key = await deriveBy(base, plan, { signal, timeLimit, type: 'generic', ...size, extractable: true, sensitive: false });
  try {
    const { value } = await key.get(['value'], { signal, timeLimit });
    if (value === undefined) throw new CryptokiError('ERR_CRYPTOKI_UNSUPPORTED', 'The token does not reveal derived bits; derive a key instead');
    return bits === undefined ? value : value.slice(0, bits / 8);
  } finally {
    await key.destroy({ timeLimit });
  }
}

function kemMechanism(facts: KeyFacts, algorithm: MechanismAlgorithm | undefined): readonly number[] | PreparedMechanism {
  if (algorithm !== undefined) {
    if (!isMechanism(algorithm)) throw wrongType('options.algorithm', 'an object with a mechanism', algorithm);
    return new PreparedMechanism(algorithm.mechanism, 'options.algorithm.mechanism');
  }
  if (facts.keyType === CKK.ML_KEM) return [CKM.ML_KEM];
  throw wrongValue('options.algorithm', `must give a mechanism: keys of type '${facts.type}' have no usual encapsulation`);
}

/** Bytes of the shared secret of ML-KEM, whatever its parameter set (FIPS 203, section 3.3). */
const SHARED_BYTES = 32;

/** Options of `encapsulate` and `decapsulate`. */
export interface EncapsulateOptions extends DeriveOptions {
  /** Another mechanism than that of the key's type. */
  readonly algorithm?: MechanismAlgorithm | undefined;
}

async function kem(
  key: Key,
  use: number,
  what: string,
  options: EncapsulateOptions,
): Promise<{ mechanism: MechanismInput; template: AttributeTemplate; bytes: number | undefined }> {
  plainObject(options, 'options');
  const given = { ...options };
  const limits = callOptions(given);
  const facts = await factsOf(key, limits);
  const usual = kemMechanism(facts, given.algorithm);
  const mechanism = usual instanceof PreparedMechanism ? usual : firstOf(usual, use, await abilitiesOf(contextOf(key), limits), what);
  return { mechanism, template: derivedTemplate(given, SHARED_BYTES), bytes: parameterSetOf(facts.keyType, facts.parameterSet)?.outputBytes };
}

/** `publicKey.encapsulate`. */
export async function encapsulate(key: Key, options: EncapsulateOptions = {}): Promise<Encapsulated> {
  const { mechanism, template, bytes: size } = await kem(key, CKF.ENCAPSULATE, 'encapsulate', options);
  const { signal, timeLimit } = callOptions(options);
  const context = contextOf(key);
  let ciphertext = new Uint8Array(0);
  const request = async (session: bigint, left: CallOptions) => {
    const handle = await currentHandle(key, context, 'object', { ...left, session });
    const begun = context.client.request(CALL.C_EncapsulateKey).u64(session).mechanism(mechanism).u64(handle);
    return begun.template(template, 'options.attributes').capacity(size);
  };
  const [handle] = (await make(context, template.token === true, { signal, timeLimit }, request, (reply) => {
    ciphertext = Uint8Array.from(reply.bytes());
    return [reply.u64()];
  })) as [bigint];
  return { ciphertext, key: (await context.load(handle, { signal, timeLimit }, CKO.SECRET_KEY)) as SecretKey };
}

/** `privateKey.decapsulate`. */
export async function decapsulate(key: Key, ciphertext: Bytes, options: EncapsulateOptions = {}): Promise<SecretKey> {
  const data = copyOf(bytes(ciphertext, 'ciphertext'));
  const { mechanism, template } = await kem(key, CKF.DECAPSULATE, 'decapsulate', options);
  const { signal, timeLimit } = callOptions(options);
  const context = contextOf(key);
  const request = async (session: bigint, left: CallOptions) => {
    const handle = await currentHandle(key, context, 'object', { ...left, session });
    const begun = context.client.request(CALL.C_DecapsulateKey).u64(session).mechanism(mechanism).u64(handle);
    return begun.template(template, 'options.attributes').rawBytes(data);
  };
  const [handle] = (await make(context, template.token === true, { signal, timeLimit }, request, (reply) => [reply.u64()])) as [bigint];
  return (await context.load(handle, { signal, timeLimit }, CKO.SECRET_KEY)) as SecretKey;
}
