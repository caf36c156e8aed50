// AES-CBC, AES-CTR, AES-GCM and AES-KW.

import { bufferSource, octet, unsignedShort, type Dictionary } from './idl';
import type { Usage } from './usages';
import { concat } from '../bytes';
import { domError, onToken } from './errors';
import { materialOf, type CryptoKey } from './crypto-key';
import { plain, type Algorithm, type Reader, type SecretPlanner, type Wish } from './provider';
import { SecretProvider, valueOf } from './secret';
import type { AttributeName } from '../attributes';
import type { CipherAlgorithm } from '../algorithms/names';
import type { SecretKey } from '../secret-key';

interface WithLength extends Algorithm {
  readonly length: number;
}

const BLOCK = 16;

const isLength = (bits: number): boolean => bits === 128 || bits === 192 || bits === 256;
const readLength: Reader = (source) => ({ length: source.required('length', unsignedShort) });

abstract class AesProvider extends SecretProvider {
  override readonly usages: readonly Usage[] = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
  protected override readonly type = 'aes';
  protected override readonly use = 'enc';
  protected override readonly rights: readonly AttributeName[] = ['encrypt', 'decrypt', 'wrap', 'unwrap'];

  /** What stands behind the length in the `alg` of a JSON Web Key. */
  protected abstract readonly mode: string;

  protected readonly keys = { generateKey: readLength, importKey: plain, exportKey: plain, getKeyLength: readLength };

  override checkGenerate(algorithm: Algorithm): void {
    this.keyLength(algorithm);
  }

  override async onGenerateKey(algorithm: Algorithm, wish: Wish): Promise<CryptoKey> {
    return this.generate(algorithm, wish, this.keyLength(algorithm));
  }

  override keyLength(algorithm: Algorithm): number {
    const { length } = algorithm as WithLength;
    if (!isLength(length)) throw domError('OperationError', 'An AES key has 128, 192 or 256 bits');
    return length;
  }

  protected override described(_algorithm: Algorithm, bits: number): Algorithm {
    if (!isLength(bits)) throw domError('DataError', 'An AES key has 128, 192 or 256 bits');
    return { name: this.name, length: bits } as Algorithm;
  }

  protected override jwkAlgorithm(algorithm: Algorithm): string {
    return `A${(algorithm as WithLength).length}${this.mode}`;
  }

  protected override jwkAlgorithms(_algorithm: Algorithm, bits: number): string[] {
    return [`A${bits}${this.mode}`];
  }

  protected override checkType(key: SecretKey): void {
    if (key.type !== 'aes') throw domError('DataError', `A key of type '${key.type}' is none for ${this.name}`);
  }

  protected encrypt(key: CryptoKey, algorithm: Exclude<CipherAlgorithm, { iv?: undefined }>, data: Uint8Array): Promise<Uint8Array> {
    return onToken(() => (materialOf(key)!.key as SecretKey).encrypt(algorithm, data));
  }

  protected decrypt(key: CryptoKey, algorithm: Exclude<CipherAlgorithm, { iv?: undefined }>, data: Uint8Array): Promise<Uint8Array> {
    return onToken(() => (materialOf(key)!.key as SecretKey).decrypt(algorithm, data));
  }
}

interface CbcAlgorithm extends Algorithm {
  readonly iv: Uint8Array;
}

export class AesCbcProvider extends AesProvider {
  override readonly name = 'AES-CBC';
  protected override readonly mode = 'CBC';
  readonly #iv: Reader = (source) => ({ iv: source.required('iv', bufferSource) });
  override readonly operations = { ...this.keys, encrypt: this.#iv, decrypt: this.#iv };

  #cipher(algorithm: Algorithm): { name: 'aes-cbc'; iv: Uint8Array } {
    const { iv } = algorithm as CbcAlgorithm;
    if (iv.length !== BLOCK) throw domError('OperationError', 'The IV must have 16 bytes');
    return { name: 'aes-cbc', iv };
  }

  override async onEncrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    return this.encrypt(key, this.#cipher(algorithm), data);
  }

  override async onDecrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    const cipher = this.#cipher(algorithm);
    if (data.length === 0 || data.length % BLOCK !== 0) throw domError('OperationError', 'The ciphertext is not made of whole blocks');
    return this.decrypt(key, cipher, data);
  }
}

interface CtrAlgorithm extends Algorithm {
  readonly counter: Uint8Array;
  readonly length: number;
}

const readCounter = (source: Dictionary): object => ({
  counter: source.required('counter', bufferSource),
  length: source.required('length', octet),
});

/** How many blocks there are before the counting bits begin again at zero. */
function blocksBeforeZero(counter: Uint8Array, bits: number): bigint {
  const value = BigInt(`0x${Buffer.from(counter).toString('hex')}`);
  return (1n << BigInt(bits)) - (value & ((1n << BigInt(bits)) - 1n));
}

function withZeros(counter: Uint8Array, bits: number): Uint8Array {
  const value = BigInt(`0x${Buffer.from(counter).toString('hex')}`);
  return Uint8Array.from(Buffer.from(((value >> BigInt(bits)) << BigInt(bits)).toString(16).padStart(2 * BLOCK, '0'), 'hex'));
}

export class AesCtrProvider extends AesProvider {
  override readonly name = 'AES-CTR';
  protected override readonly mode = 'CTR';
  override readonly operations = { ...this.keys, encrypt: readCounter, decrypt: readCounter };

  async #use(how: 'encrypt' | 'decrypt', algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    const { counter, length } = algorithm as CtrAlgorithm;
    if (counter.length !== BLOCK) throw domError('OperationError', 'The counter must have 16 bytes');
    if (length === 0 || length > 128) throw domError('OperationError', 'The counter must have 1 to 128 bits');
    const blocks = BigInt(Math.ceil(data.length / BLOCK));
    if (blocks > 1n << BigInt(length)) throw domError('OperationError', 'The counter is too short for so many blocks');
    const before = blocksBeforeZero(counter, length);
    const once = (from: Uint8Array, part: Uint8Array): Promise<Uint8Array> => this.#count(how, key, from, part);
    if (blocks <= before) return once(counter, data);
    // Some tokens refuse to let the counter begin again, which the standard wants.
    const first = Number(before) * BLOCK;
    return concat([await once(counter, data.subarray(0, first)), await once(withZeros(counter, length), data.subarray(first))]);
  }

  /** Opencryptoki 3.27 refuses a part of a block, and encrypts with another counter where it has less than 128 bits. As long as it does not begin again it may have all. */
  async #count(how: 'encrypt' | 'decrypt', key: CryptoKey, counter: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
    const whole = new Uint8Array(Math.ceil(data.length / BLOCK) * BLOCK);
    whole.set(data);
    try {
      const out = await this[how](key, { name: 'aes-ctr', counter, counterBits: 128 }, whole);
      return out.subarray(0, data.length);
    } finally {
      whole.fill(0);
    }
  }

  override onEncrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    return this.#use('encrypt', algorithm, key, data);
  }

  override onDecrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    return this.#use('decrypt', algorithm, key, data);
  }
}

interface GcmAlgorithm extends Algorithm {
  readonly iv: Uint8Array;
  readonly additionalData?: Uint8Array;
  readonly tagLength?: number;
}

const readGcm = (source: Dictionary): object => ({
  additionalData: source.optional('additionalData', bufferSource),
  iv: source.required('iv', bufferSource),
  tagLength: source.optional('tagLength', octet),
});

const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

export class AesGcmProvider extends AesProvider {
  override readonly name = 'AES-GCM';
  protected override readonly mode = 'GCM';
  override readonly operations = { ...this.keys, encrypt: readGcm, decrypt: readGcm };

  #cipher(algorithm: Algorithm): { name: 'aes-gcm'; iv: Uint8Array; additionalData?: Uint8Array | undefined; tagLength: number } {
    const { iv, additionalData, tagLength = 128 } = algorithm as GcmAlgorithm;
    if (!TAG_BITS.includes(tagLength)) throw domError('OperationError', `The tag must have one of ${TAG_BITS.join(', ')} bits`);
    if (iv.length === 0) throw domError('OperationError', 'The IV must not be empty');
    return { name: 'aes-gcm', iv, additionalData, tagLength: tagLength / 8 };
  }

  override async onEncrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    return this.encrypt(key, this.#cipher(algorithm), data);
  }

  override async onDecrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    const cipher = this.#cipher(algorithm);
    if (data.length < cipher.tagLength) throw domError('OperationError', 'The ciphertext is shorter than its tag');
    return this.decrypt(key, cipher, data);
  }
}

/** What RFC 3394 can wrap. */
function checkWrappable(length: number): void {
  if (length < 16 || length % 8 !== 0) throw domError('OperationError', 'AES-KW wraps 16 bytes or more, in multiples of 8');
}

export class AesKwProvider extends AesProvider {
  override readonly name = 'AES-KW';
  override readonly usages: readonly Usage[] = ['wrapKey', 'unwrapKey'];
  protected override readonly mode = 'KW';
  override readonly wrapsMultiplesOf = 8;
  protected override readonly rights: readonly AttributeName[] = ['wrap', 'unwrap'];
  override readonly operations = { ...this.keys, wrapKey: plain, unwrapKey: plain };

  override onWrapSecret(_algorithm: Algorithm, key: CryptoKey, secret: SecretKey): Promise<Uint8Array> {
    const { valueLen } = secret.attributes;
    if (valueLen !== undefined) checkWrappable(valueLen);
    return onToken(() => (materialOf(key)!.key as SecretKey).wrap('aes-kw', secret));
  }

  override onUnwrapSecret(_algorithm: Algorithm, key: CryptoKey, wrapped: Uint8Array, plan: SecretPlanner): Promise<CryptoKey | undefined> {
    checkWrappable(wrapped.length - 8);
    return onToken(async () => {
      const secret = await plan(8 * (wrapped.length - 8));
      if (secret === undefined) return undefined;
      return secret.finish(
        (await (materialOf(key)!.key as SecretKey).unwrap('aes-kw', wrapped, { ...secret.options, type: secret.type })) as SecretKey,
      );
    });
  }

  /** Bytes go through a key of their own: tokens wrap keys only. */
  override async onEncrypt(algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    checkWrappable(data.length);
    return onToken(async () => {
      const carrier = await this.host.token.importKey(data, { type: 'generic', extractable: true, sensitive: false });
      try {
        return await this.onWrapSecret(algorithm, key, carrier as SecretKey);
      } finally {
        await carrier.destroy();
      }
    });
  }

  override async onDecrypt(_algorithm: Algorithm, key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
    checkWrappable(data.length - 8);
    return onToken(async () => {
      const options = { type: 'generic', extractable: true, sensitive: false } as const;
      const carrier = (await (materialOf(key)!.key as SecretKey).unwrap('aes-kw', data, options)) as SecretKey;
      try {
        return await valueOf(carrier);
      } finally {
        await carrier.destroy();
      }
    });
  }
}
