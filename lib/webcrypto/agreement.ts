// What ECDH and X25519 have in common: the shared secret of two keys, as bits or as a key that stays on the token.

import { CKF, CKM } from '../generated/constants';
import { domError, onToken } from './errors';
import { keyObjectOf } from '../export-key';
import { materialOf, requirePublic, type CryptoKey } from './crypto-key';
import { stateOf } from '../token-objects';
import { abilitiesOf } from '../key';
import { wrongType } from '../arguments';
import type { Algorithm, Host, Reader, SecretPlanner } from './provider';
import type { Ecdh } from '../algorithms/names';
import type { PrivateKey } from '../private-key';

interface WithPublic extends Algorithm {
  readonly public: CryptoKey;
}

function cryptoKey(value: unknown, name: string): CryptoKey {
  if (materialOf(value) === undefined) throw wrongType(name, 'a CryptoKey of this Crypto', value);
  return value as CryptoKey;
}

/** EcdhKeyDeriveParams of the standard. */
export const readPublic: Reader = (source) => ({ public: source.required('public', cryptoKey) });

/** The other side's key, once it is known to fit. */
export function otherSide(algorithm: Algorithm, key: CryptoKey): CryptoKey {
  const other = (algorithm as WithPublic).public;
  if (key.type !== 'private') throw domError('InvalidAccessError', 'The base key is not private');
  if (other.type !== 'public') throw domError('InvalidAccessError', 'The key of the other side is not public');
  if (other.algorithm.name !== key.algorithm.name) throw domError('InvalidAccessError', 'The keys are for different algorithms');
  const [mine, theirs] = [key.algorithm, other.algorithm] as unknown as { namedCurve?: string }[];
  if (mine!.namedCurve !== theirs!.namedCurve) throw domError('InvalidAccessError', 'The keys are on different curves');
  return other;
}

const ecdh = (other: CryptoKey): Ecdh => ({ name: 'ecdh', publicKey: keyObjectOf(requirePublic(other)) });

/** The first bits of the shared secret, which has `natural` bytes. */
export async function agreedBits(key: CryptoKey, other: CryptoKey, length: number | null, natural: number): Promise<Uint8Array> {
  const bits = length ?? 8 * natural;
  if (bits > 8 * natural) throw domError('OperationError', `The shared secret has ${8 * natural} bits only`);
  if (bits === 0) return new Uint8Array(0);
  const bytes = await onToken(() => (materialOf(key)!.key as PrivateKey).deriveBits(ecdh(other), 8 * Math.ceil(bits / 8)));
  if (bits % 8 !== 0) bytes[bytes.length - 1]! &= 0xff << (8 - (bits % 8));
  return bytes;
}

/** The same as a key that never leaves the token; undefined where the token cannot take the first bits of a secret by itself. */
export async function agreedKey(
  { token }: Host,
  key: CryptoKey,
  other: CryptoKey,
  length: number | null,
  natural: number,
  plan: SecretPlanner,
): Promise<CryptoKey | undefined> {
  const bits = length ?? 8 * natural;
  if (bits > 8 * natural) throw domError('OperationError', `The shared secret has ${8 * natural} bits only`);
  const whole = bits === 8 * natural;
  const extracts = whole || (await onToken(async () => (await abilitiesOf(stateOf(token), {})).has(CKM.EXTRACT_KEY_FROM_KEY, CKF.DERIVE)));
  const secret = extracts && bits > 0 && bits % 8 === 0 ? await plan(bits) : undefined;
  if (secret === undefined) return undefined;
  const { type, options, finish } = secret;
  const base = materialOf(key)!.key as PrivateKey;
  return onToken(async () => {
    if (whole) return finish(await base.derive(ecdh(other), { ...options, type, length: bits }));
    // A token asked for a shorter key gives the end of the secret (PKCS #11 v3.2, section 6.3.17).
    const all = await base.derive(ecdh(other), { type: 'generic', length: 8 * natural, attributes: { derive: true } });
    try {
      return finish(await all.derive({ name: 'extract-bits', firstBit: 0 }, { ...options, type, length: bits }));
    } finally {
      await all.destroy();
    }
  });
}
