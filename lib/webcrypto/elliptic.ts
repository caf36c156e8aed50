// ECDSA and ECDH on the curves of NIST and secp256k1.

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { algorithmIdentifier, bitString, oid, sequence } from '../der';
import { AsymmetricProvider, readSpki } from './asymmetric';
import { agreedBits, agreedKey, otherSide, readPublic } from './agreement';
import { checkJwk } from './jwk';
import { curveByName, type Curve } from '../curves';
import { domError, onToken } from './errors';
import { materialOf, type CryptoKey } from './crypto-key';
import { nodeHash } from './sha';
import { OID } from '../export-key';
import { plain, type Algorithm, type CryptoKeyPair, type Reader, type SecretPlanner, type Wish } from './provider';
import { rights, type Usage } from './usages';
import { text } from './idl';
import type { AttributeName } from '../attributes';
import type { PrivateKey } from '../private-key';
import type { PublicKey } from '../public-key';

interface EcAlgorithm extends Algorithm {
  readonly namedCurve: string;
}

interface CurveRow {
  readonly name: string;
  /** The name in JSON Web Keys. */
  readonly crv: string;
  /** The `alg` of its signatures (RFC 7518, RFC 8812). */
  readonly alg: string;
  readonly curve: Curve;
}

const row = (name: string, crv: string, alg: string): CurveRow => ({ name, crv, alg, curve: curveByName(crv)! });

const CURVES: readonly CurveRow[] = [
  row('P-256', 'P-256', 'ES256'),
  row('P-384', 'P-384', 'ES384'),
  row('P-521', 'P-521', 'ES512'),
  // Not in the standard; libraries above webcrypto-core know it by this name.
  row('K-256', 'secp256k1', 'ES256K'),
];

const curveNamed = (name: string): CurveRow | undefined => CURVES.find((one) => one.name === name || one.crv === name);
const rowOf = (key: CryptoKey): CurveRow => curveNamed((key.algorithm as unknown as EcAlgorithm).namedCurve)!;

/** The name of a curve for Web Cryptography; undefined for one that it does not have. */
export const webCurve = (nodeName: string | undefined): string | undefined => CURVES.find(({ curve }) => curve.name === nodeName)?.name;

function spkiOfPoint({ curve }: CurveRow, point: Uint8Array): Uint8Array {
  return sequence(algorithmIdentifier(OID.EC, oid(curve.oid!)), bitString(point));
}

abstract class EllipticProvider extends AsymmetricProvider {
  protected override readonly privateRights: readonly AttributeName[] = ['sign', 'derive'];
  protected override readonly publicRights: readonly AttributeName[] = ['verify'];
  protected abstract readonly use: 'sig' | 'enc';
  protected override readonly hasRaw = true;

  protected readonly curve: Reader = (source) => ({ namedCurve: source.required('namedCurve', text) });

  override checkGenerate(algorithm: Algorithm): void {
    if (curveNamed((algorithm as EcAlgorithm).namedCurve) === undefined) throw domError('NotSupportedError', 'The curve is not known');
  }

  override async onGenerateKey(algorithm: Algorithm, wish: Wish): Promise<CryptoKeyPair> {
    const known = curveNamed((algorithm as EcAlgorithm).namedCurve)!;
    const pair = await onToken(() =>
      this.host.token.generateKeyPair('ec', {
        ...this.placed(wish),
        namedCurve: known.crv,
        privateKey: rights(wish.usages, this.privateRights),
        publicKey: rights(wish.usages, this.publicRights),
      }),
    );
    return this.pairOf(pair, { name: this.name, namedCurve: known.name } as Algorithm, wish);
  }

  protected override checkJwk(jwk: JsonWebKey, algorithm: Algorithm, { extractable, usages }: Wish): void {
    const known = this.#known(algorithm);
    const algorithms = this.use === 'sig' ? [known.alg] : undefined;
    checkJwk(jwk, { kty: 'EC', use: this.use, algorithms, extractable, usages });
    if (jwk.crv !== known.crv) throw domError('DataError', 'The key is on another curve');
  }

  #known(algorithm: Algorithm): CurveRow {
    const known = curveNamed((algorithm as EcAlgorithm).namedCurve);
    if (known === undefined) throw domError('DataError', 'The curve is not known');
    return known;
  }

  protected override described(key: KeyObject, algorithm: Algorithm): Algorithm {
    const known = this.#known(algorithm);
    if (key.asymmetricKeyType !== 'ec') throw domError('DataError', 'The data are no key on such a curve');
    if (key.asymmetricKeyDetails?.namedCurve !== known.curve.name) throw domError('DataError', 'The key is on another curve');
    return { name: this.name, namedCurve: known.name } as Algorithm;
  }

  protected override describedOnToken(key: PrivateKey | PublicKey, algorithm: Algorithm): Algorithm {
    const known = this.#known(algorithm);
    if (key.type !== 'ec' || key.namedCurve !== known.curve.name) throw domError('DataError', `The key is none for ${this.name} on this curve`);
    return { name: this.name, namedCurve: known.name } as Algorithm;
  }

  protected override fromRaw(data: Uint8Array, algorithm: Algorithm): KeyObject {
    const key = readSpki(spkiOfPoint(this.#known(algorithm), data));
    // A compressed point becomes a full one.
    return createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
  }

  protected override toRaw(spki: Uint8Array): Uint8Array {
    const { x, y } = readSpki(spki).export({ format: 'jwk' });
    return Uint8Array.from(Buffer.concat([Buffer.of(4), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]));
  }
}

interface EcdsaAlgorithm extends Algorithm {
  readonly hash: Algorithm;
}

/** r ‖ s, each in the length of the order. */
const P1363 = { dsaEncoding: 'ieee-p1363' } as const;

export class EcdsaProvider extends EllipticProvider {
  override readonly name = 'ECDSA';
  override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] } = {
    privateKey: ['sign'],
    publicKey: ['verify'],
  };
  readonly #hashed: Reader = (source) => ({ hash: source.required('hash', this.hash) });
  override readonly operations = { generateKey: this.curve, importKey: this.curve, exportKey: plain, sign: this.#hashed, verify: this.#hashed };
  protected override readonly use = 'sig';

  override onSign(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    const hash = nodeHash((algorithm as EcdsaAlgorithm).hash);
    return onToken(() => (materialOf(key)!.key as PrivateKey).sign(hash, data, P1363));
  }

  override onVerify(algorithm: Algorithm, key: CryptoKey, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    const hash = nodeHash((algorithm as EcdsaAlgorithm).hash);
    return this.withPublic(key, this.publicRights, (onIt) => onIt.verify(hash, data, signature, P1363));
  }
}

export class EcdhProvider extends EllipticProvider {
  override readonly name = 'ECDH';
  override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] } = {
    privateKey: ['deriveKey', 'deriveBits'],
    publicKey: [],
  };
  override readonly operations = { generateKey: this.curve, importKey: this.curve, exportKey: plain, deriveBits: readPublic };
  protected override readonly use = 'enc';

  override async onDeriveBits(algorithm: Algorithm, key: CryptoKey, length: number | null): Promise<Uint8Array> {
    return agreedBits(key, otherSide(algorithm, key), length, rowOf(key).curve.fieldBytes);
  }

  override async onDeriveKey(algorithm: Algorithm, key: CryptoKey, length: number | null, plan: SecretPlanner): Promise<CryptoKey | undefined> {
    return agreedKey(this.host, key, otherSide(algorithm, key), length, rowOf(key).curve.fieldBytes, plan);
  }
}
