// Making keys on the token.

import { bytes, plainObject, string, wrongValue } from './arguments';
import { CALL } from './generated/calls';
import { CKF, CKM, CKO } from './generated/constants';
import { abilitiesOf } from './key';
import { checkedAttributes, firstSpelling, make, privateTemplate, publicTemplate, randomId, secretBytes, secretRow, secretTemplate } from './new-key';
import { copyOf } from './bytes';
import { firstOf } from './algorithms/plan-cipher';
import { listed } from './algorithms/facts';
import { PAIR_PARAMETERS, pairByName, pairNames, type PairParameters } from './algorithms/key-types';
import { pbkdf2, pbkdf2Fields, pbkdf2Structure, type Pbkdf2 } from './algorithms/pbkdf2';
import { PreparedMechanism, type MechanismInput } from './mechanism';
import { callOptions } from './options';
import type { AttributeTemplate } from './attributes';
import type { NewKeyOptions, NewSecretKeyOptions } from './new-key';
import { rememberPublicKey, type PrivateKey } from './private-key';
import type { PublicKey } from './public-key';
import type { SecretKey } from './secret-key';
import type { TokenContext } from './token-context';

/** Kinds of key pair, as node:crypto names them. */
export type KeyPairType =
  | 'rsa'
  | 'ec'
  | 'ed25519'
  | 'ed448'
  | 'x25519'
  | 'x448'
  | 'dsa'
  | 'dh'
  | `ml-dsa-${44 | 65 | 87}`
  | `ml-kem-${512 | 768 | 1024}`
  | `slh-dsa-${'sha2' | 'shake'}-${128 | 192 | 256}${'s' | 'f'}`;

/** Kinds of secret key. */
export type SecretKeyType = 'aes' | 'aes-xts' | 'hmac' | 'generic' | 'hkdf' | 'chacha20' | 'des3' | 'des2';

/** Options of `token.generateKeyPair`: those of every new key, and what the type needs, such as `modulusLength` or `namedCurve`. */
export interface GenerateKeyPairOptions extends NewKeyOptions, PairParameters {
  /** Further attributes of the public key; they win. */
  readonly publicKey?: AttributeTemplate | undefined;
  /** Further attributes of the private key; they win. */
  readonly privateKey?: AttributeTemplate | undefined;
  /** Another mechanism than the usual one. */
  readonly mechanism?: MechanismInput | undefined;
}

/** Options of `token.generateKey`. */
export interface GenerateKeyOptions extends NewSecretKeyOptions {
  /** Another mechanism than the usual one. */
  readonly mechanism?: MechanismInput | undefined;
  /** Makes the key from a password (RFC 8018) instead of random bytes. */
  readonly pbkdf2?: Pbkdf2 | undefined;
}

/** A key pair on a token. Both halves have the same CKA_ID. */
export interface KeyPair {
  /** The half to give away. */
  readonly publicKey: PublicKey;
  /** The half that stays on the token. */
  readonly privateKey: PrivateKey;
}

/** How a mechanism is listed that makes key pairs; NSS 3.132 lists ML-DSA as if it made single keys. */
const PAIRS = CKF.GENERATE_KEY_PAIR | CKF.GENERATE;

/** `token.generateKeyPair`. */
export async function generateKeyPair(context: TokenContext, type: KeyPairType, options: GenerateKeyPairOptions = {}): Promise<KeyPair> {
  plainObject(options, 'options');
  const row = pairByName(string(type, 'type'));
  if (row === undefined) throw wrongValue('type', `must be one of ${listed(pairNames())}. Received '${type.slice(0, 64)}'`);
  for (const name of PAIR_PARAMETERS) {
    if (options[name] !== undefined && !row.parameters.includes(name))
      throw wrongValue(`options.${name}`, `has no meaning for a key pair of type '${row.name}'`);
  }
  const { signal, timeLimit } = callOptions(options);
  const id = options.id === undefined ? randomId() : copyOf(bytes(options.id, 'options.id'));
  const given = { ...options, id };
  const spellings = row.domain(given);
  const forPrivate: AttributeTemplate = {
    ...privateTemplate(given),
    ...row.privateUse,
    ...checkedAttributes(options.privateKey, 'options.privateKey'),
  };
  const forPublic: AttributeTemplate = { ...publicTemplate(given), ...row.publicUse, ...checkedAttributes(options.publicKey, 'options.publicKey') };
  const chosen = options.mechanism === undefined ? undefined : new PreparedMechanism(options.mechanism, 'options.mechanism');
  const mechanism =
    chosen ?? firstOf(row.mechanisms, PAIRS, await abilitiesOf(context, { signal, timeLimit }), `generate a key pair of type '${row.name}'`);
  const kept = forPrivate.token === true || forPublic.token === true;
  const attempt = (domain: AttributeTemplate): Promise<bigint[]> =>
    make(
      context,
      kept,
      { signal, timeLimit },
      (session) => {
        const request = context.client.request(CALL.C_GenerateKeyPair).u64(session).mechanism(mechanism);
        return request.template({ ...domain, ...forPublic }, 'options.publicKey').template(forPrivate, 'options.privateKey');
      },
      (reply) => [reply.u64(), reply.u64()],
    );
  const [publicHandle, privateHandle] = (await firstSpelling(spellings, attempt)) as [bigint, bigint];
  const publicKey = (await context.load(publicHandle, { signal, timeLimit }, CKO.PUBLIC_KEY)) as PublicKey;
  const privateKey = (await context.load(privateHandle, { signal, timeLimit }, CKO.PRIVATE_KEY)) as PrivateKey;
  rememberPublicKey(privateKey, publicKey);
  return { publicKey, privateKey };
}

/** `token.generateKey`. */
export async function generateKey(context: TokenContext, type: SecretKeyType, options: GenerateKeyOptions = {}): Promise<SecretKey> {
  plainObject(options, 'options');
  const row = secretRow(type);
  const { signal, timeLimit } = callOptions(options);
  const template = secretTemplate(row, options, secretBytes(row, options.length ?? row.usual));
  const chosen = options.mechanism === undefined ? undefined : new PreparedMechanism(options.mechanism, 'options.mechanism');
  const password = options.pbkdf2 === undefined ? undefined : pbkdf2Fields(options.pbkdf2);
  try {
    const abilities = await abilitiesOf(context, { signal, timeLimit });
    const usual = (): MechanismInput => {
      const mechanisms = password === undefined ? row.mechanisms : [CKM.PKCS5_PBKD2];
      const mechanism = firstOf(mechanisms, CKF.GENERATE, abilities, `generate a key of type '${row.name}'`);
      return password === undefined ? mechanism : pbkdf2(password, pbkdf2Structure(abilities.quirks));
    };
    const mechanism = chosen ?? usual();
    const request = (session: bigint) =>
      context.client.request(CALL.C_GenerateKey).u64(session).mechanism(mechanism).template(template, 'options.attributes');
    const [handle] = (await make(context, template.token === true, { signal, timeLimit }, request, (reply) => [reply.u64()])) as [bigint];
    return (await context.load(handle, { signal, timeLimit }, CKO.SECRET_KEY)) as SecretKey;
  } finally {
    password?.password.fill(0);
  }
}
