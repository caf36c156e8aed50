// Ed25519 and X25519 (RFC 8410).

import { createPublicKey, diffieHellman, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { agreedBits, agreedKey, otherSide, readPublic } from './agreement';
import { algorithmIdentifier, bitString, sequence } from '../der';
import { AsymmetricProvider, readSpki } from './asymmetric';
import { checkJwk } from './jwk';
import { curveByName } from '../curves';
import { domError, onToken } from './errors';
import { keyObjectOf } from '../export-key';
import { materialOf, requirePublic, type CryptoKey } from './crypto-key';
import { Pkcs11Error } from '../errors';
import { plain, type Algorithm, type CryptoKeyPair, type SecretPlanner, type Wish } from './provider';
import { rights, type Usage } from './usages';
import type { AttributeName } from '../attributes';
import type { PrivateKey } from '../private-key';
import type { PublicKey } from '../public-key';

const KEY_BYTES = 32;

abstract class Curve25519Provider extends AsymmetricProvider {
  abstract override readonly name: 'Ed25519' | 'X25519';
  protected abstract readonly use: 'sig' | 'enc';
  protected override readonly hasRaw = true;
  /** What `alg` may be in JSON Web Keys. */
  protected abstract readonly jwkAlgorithms: readonly string[] | undefined;

  get #type(): 'ed25519' | 'x25519' {
    return this.name.toLowerCase() as 'ed25519' | 'x25519';
  }

  override async onGenerateKey(_algorithm: Algorithm, wish: Wish): Promise<CryptoKeyPair> {
    const pair = await onToken(() =>
      this.host.token.generateKeyPair(this.#type, {
        ...this.placed(wish),
        privateKey: rights(wish.usages, this.privateRights),
        publicKey: rights(wish.usages, this.publicRights),
      }),
    );
    return this.pairOf(pair, { name: this.name }, wish);
  }

  protected override checkJwk(jwk: JsonWebKey, _algorithm: Algorithm, { extractable, usages }: Wish): void {
    checkJwk(jwk, { kty: 'OKP', use: this.use, algorithms: this.jwkAlgorithms, extractable, usages });
    if (jwk.crv !== this.name) throw domError('DataError', 'The key is on another curve');
  }

  protected override described(key: KeyObject): Algorithm {
    if (key.asymmetricKeyType !== this.#type) throw domError('DataError', `The data are no key for ${this.name}`);
    return { name: this.name };
  }

  protected override describedOnToken(key: PrivateKey | PublicKey): Algorithm {
    // SoftHSM 2.6 keeps both kinds as Edwards keys; the curve tells them apart.
    if (key.type !== this.#type) throw domError('DataError', `A key of type '${key.type}' is none for ${this.name}`);
    return { name: this.name };
  }

  /** The key has been read by node:crypto, so what a token refuses about it is the kind. */
  protected override async importPrivate(key: KeyObject, algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    try {
      return await super.importPrivate(key, algorithm, wish);
    } catch (error) {
      const cause: unknown = error instanceof DOMException ? error.cause : undefined;
      if (!Pkcs11Error.is(cause, 'CKR_ATTRIBUTE_VALUE_INVALID')) throw error;
      throw domError('NotSupportedError', `The token has no keys for ${this.name}`, cause);
    }
  }

  protected override fromRaw(data: Uint8Array): KeyObject {
    if (data.length !== KEY_BYTES) throw domError('DataError', `A public key for ${this.name} has ${KEY_BYTES} bytes`);
    return readSpki(sequence(algorithmIdentifier(curveByName(this.name)!.oid!), bitString(data)));
  }

  protected override toRaw(spki: Uint8Array): Uint8Array {
    return Uint8Array.from(
      Buffer.from(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' }).x!, 'base64url'),
    );
  }
}

export class Ed25519Provider extends Curve25519Provider {
  override readonly name = 'Ed25519';
  override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] } = {
    privateKey: ['sign'],
    publicKey: ['verify'],
  };
  override readonly operations = { generateKey: plain, importKey: plain, exportKey: plain, sign: plain, verify: plain };
  protected override readonly privateRights: readonly AttributeName[] = ['sign'];
  protected override readonly publicRights: readonly AttributeName[] = ['verify'];
  protected override readonly use = 'sig';
  protected override readonly jwkAlgorithms = ['Ed25519', 'EdDSA'];

  protected override jwkMembers(): JsonWebKey {
    return { alg: this.name };
  }

  override onSign(_algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    return onToken(() => (materialOf(key)!.key as PrivateKey).sign(null, data));
  }

  override onVerify(_algorithm: Algorithm, key: CryptoKey, signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    return this.withPublic(key, this.publicRights, (onIt) => onIt.verify(null, data, signature));
  }
}

/** Points of small order give everybody the same secret: nothing but zeros (RFC 7748, section 6.1). Their order divides every private key. */
function notOfSmallOrder(other: CryptoKey): CryptoKey {
  const { privateKey } = generateKeyPairSync('x25519');
  try {
    diffieHellman({ privateKey, publicKey: keyObjectOf(requirePublic(other)) }).fill(0);
  } catch (error) {
    throw domError('OperationError', 'The key of the other side gives no secret', error);
  }
  return other;
}

export class X25519Provider extends Curve25519Provider {
  override readonly name = 'X25519';
  override readonly usages: { readonly privateKey: readonly Usage[]; readonly publicKey: readonly Usage[] } = {
    privateKey: ['deriveKey', 'deriveBits'],
    publicKey: [],
  };
  override readonly operations = { generateKey: plain, importKey: plain, exportKey: plain, deriveBits: readPublic };
  protected override readonly privateRights: readonly AttributeName[] = ['derive'];
  protected override readonly publicRights: readonly AttributeName[] = [];
  protected override readonly use = 'enc';
  protected override readonly jwkAlgorithms = undefined;

  override async onDeriveBits(algorithm: Algorithm, key: CryptoKey, length: number | null): Promise<Uint8Array> {
    return agreedBits(key, notOfSmallOrder(otherSide(algorithm, key)), length, KEY_BYTES);
  }

  override async onDeriveKey(algorithm: Algorithm, key: CryptoKey, length: number | null, plan: SecretPlanner): Promise<CryptoKey | undefined> {
    return agreedKey(this.host, key, notOfSmallOrder(otherSide(algorithm, key)), length, KEY_BYTES, plan);
  }
}
