// Everything the library knows about one hash function, in one row. Nothing else in it lists hash functions.

import { CKD, CKG, CKK, CKM, CKP } from '../generated/constants';
import { algorithmIdentifier, nullValue, octetString, sequence } from '../der';

export interface Hash {
  /** The name of node:crypto. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly bytes: number;
  /** The identifier inside a DigestInfo. */
  readonly oid: string;
  /** The mechanism that computes it, which also names it in parameters; the standard has none for SHAKE. */
  readonly mechanism?: number;
  readonly hmac?: number;
  readonly hmacGeneral?: number;
  readonly hmacKeyType?: number;
  readonly mgf?: number;
  readonly kdf?: number;
  readonly pbkdf2?: number;
  readonly rsaPkcs1?: number;
  readonly rsaPss?: number;
  readonly ecdsa?: number;
  readonly dsa?: number;
  readonly mlDsa?: number;
  readonly slhDsa?: number;
}

const nist = '2.16.840.1.101.3.4.2';

const HASHES: readonly Hash[] = Object.freeze([
  {
    name: 'sha256',
    aliases: ['sha-256'],
    bytes: 32,
    oid: `${nist}.1`,
    mechanism: CKM.SHA256,
    hmac: CKM.SHA256_HMAC,
    hmacGeneral: CKM.SHA256_HMAC_GENERAL,
    hmacKeyType: CKK.SHA256_HMAC,
    mgf: CKG.MGF1_SHA256,
    kdf: CKD.SHA256_KDF,
    pbkdf2: CKP.PKCS5_PBKD2_HMAC_SHA256,
    rsaPkcs1: CKM.SHA256_RSA_PKCS,
    rsaPss: CKM.SHA256_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA256,
    dsa: CKM.DSA_SHA256,
    mlDsa: CKM.HASH_ML_DSA_SHA256,
    slhDsa: CKM.HASH_SLH_DSA_SHA256,
  },
  {
    name: 'sha384',
    aliases: ['sha-384'],
    bytes: 48,
    oid: `${nist}.2`,
    mechanism: CKM.SHA384,
    hmac: CKM.SHA384_HMAC,
    hmacGeneral: CKM.SHA384_HMAC_GENERAL,
    hmacKeyType: CKK.SHA384_HMAC,
    mgf: CKG.MGF1_SHA384,
    kdf: CKD.SHA384_KDF,
    pbkdf2: CKP.PKCS5_PBKD2_HMAC_SHA384,
    rsaPkcs1: CKM.SHA384_RSA_PKCS,
    rsaPss: CKM.SHA384_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA384,
    dsa: CKM.DSA_SHA384,
    mlDsa: CKM.HASH_ML_DSA_SHA384,
    slhDsa: CKM.HASH_SLH_DSA_SHA384,
  },
  {
    name: 'sha512',
    aliases: ['sha-512'],
    bytes: 64,
    oid: `${nist}.3`,
    mechanism: CKM.SHA512,
    hmac: CKM.SHA512_HMAC,
    hmacGeneral: CKM.SHA512_HMAC_GENERAL,
    hmacKeyType: CKK.SHA512_HMAC,
    mgf: CKG.MGF1_SHA512,
    kdf: CKD.SHA512_KDF,
    pbkdf2: CKP.PKCS5_PBKD2_HMAC_SHA512,
    rsaPkcs1: CKM.SHA512_RSA_PKCS,
    rsaPss: CKM.SHA512_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA512,
    dsa: CKM.DSA_SHA512,
    mlDsa: CKM.HASH_ML_DSA_SHA512,
    slhDsa: CKM.HASH_SLH_DSA_SHA512,
  },
  {
    name: 'sha224',
    aliases: ['sha-224'],
    bytes: 28,
    oid: `${nist}.4`,
    mechanism: CKM.SHA224,
    hmac: CKM.SHA224_HMAC,
    hmacGeneral: CKM.SHA224_HMAC_GENERAL,
    hmacKeyType: CKK.SHA224_HMAC,
    mgf: CKG.MGF1_SHA224,
    kdf: CKD.SHA224_KDF,
    pbkdf2: CKP.PKCS5_PBKD2_HMAC_SHA224,
    rsaPkcs1: CKM.SHA224_RSA_PKCS,
    rsaPss: CKM.SHA224_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA224,
    dsa: CKM.DSA_SHA224,
    mlDsa: CKM.HASH_ML_DSA_SHA224,
    slhDsa: CKM.HASH_SLH_DSA_SHA224,
  },
  {
    name: 'sha1',
    aliases: ['sha-1'],
    bytes: 20,
    oid: '1.3.14.3.2.26',
    mechanism: CKM.SHA_1,
    hmac: CKM.SHA_1_HMAC,
    hmacGeneral: CKM.SHA_1_HMAC_GENERAL,
    hmacKeyType: CKK.SHA_1_HMAC,
    mgf: CKG.MGF1_SHA1,
    kdf: CKD.SHA1_KDF,
    pbkdf2: CKP.PKCS5_PBKD2_HMAC_SHA1,
    rsaPkcs1: CKM.SHA1_RSA_PKCS,
    rsaPss: CKM.SHA1_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA1,
    dsa: CKM.DSA_SHA1,
  },
  {
    name: 'sha512-256',
    aliases: ['sha512/256', 'sha-512/256'],
    bytes: 32,
    oid: `${nist}.6`,
    mechanism: CKM.SHA512_256,
    hmac: CKM.SHA512_256_HMAC,
    hmacGeneral: CKM.SHA512_256_HMAC_GENERAL,
    hmacKeyType: CKK.SHA512_256_HMAC,
    pbkdf2: CKP.PKCS5_PBKD2_HMAC_SHA512_256,
  },
  {
    name: 'sha512-224',
    aliases: ['sha512/224', 'sha-512/224'],
    bytes: 28,
    oid: `${nist}.5`,
    mechanism: CKM.SHA512_224,
    hmac: CKM.SHA512_224_HMAC,
    hmacGeneral: CKM.SHA512_224_HMAC_GENERAL,
    hmacKeyType: CKK.SHA512_224_HMAC,
    pbkdf2: CKP.PKCS5_PBKD2_HMAC_SHA512_224,
  },
  {
    name: 'sha3-224',
    aliases: [],
    bytes: 28,
    oid: `${nist}.7`,
    mechanism: CKM.SHA3_224,
    hmac: CKM.SHA3_224_HMAC,
    hmacGeneral: CKM.SHA3_224_HMAC_GENERAL,
    hmacKeyType: CKK.SHA3_224_HMAC,
    mgf: CKG.MGF1_SHA3_224,
    kdf: CKD.SHA3_224_KDF,
    rsaPkcs1: CKM.SHA3_224_RSA_PKCS,
    rsaPss: CKM.SHA3_224_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA3_224,
    dsa: CKM.DSA_SHA3_224,
    mlDsa: CKM.HASH_ML_DSA_SHA3_224,
    slhDsa: CKM.HASH_SLH_DSA_SHA3_224,
  },
  {
    name: 'sha3-256',
    aliases: [],
    bytes: 32,
    oid: `${nist}.8`,
    mechanism: CKM.SHA3_256,
    hmac: CKM.SHA3_256_HMAC,
    hmacGeneral: CKM.SHA3_256_HMAC_GENERAL,
    hmacKeyType: CKK.SHA3_256_HMAC,
    mgf: CKG.MGF1_SHA3_256,
    kdf: CKD.SHA3_256_KDF,
    rsaPkcs1: CKM.SHA3_256_RSA_PKCS,
    rsaPss: CKM.SHA3_256_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA3_256,
    dsa: CKM.DSA_SHA3_256,
    mlDsa: CKM.HASH_ML_DSA_SHA3_256,
    slhDsa: CKM.HASH_SLH_DSA_SHA3_256,
  },
  {
    name: 'sha3-384',
    aliases: [],
    bytes: 48,
    oid: `${nist}.9`,
    mechanism: CKM.SHA3_384,
    hmac: CKM.SHA3_384_HMAC,
    hmacGeneral: CKM.SHA3_384_HMAC_GENERAL,
    hmacKeyType: CKK.SHA3_384_HMAC,
    mgf: CKG.MGF1_SHA3_384,
    kdf: CKD.SHA3_384_KDF,
    rsaPkcs1: CKM.SHA3_384_RSA_PKCS,
    rsaPss: CKM.SHA3_384_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA3_384,
    dsa: CKM.DSA_SHA3_384,
    mlDsa: CKM.HASH_ML_DSA_SHA3_384,
    slhDsa: CKM.HASH_SLH_DSA_SHA3_384,
  },
  {
    name: 'sha3-512',
    aliases: [],
    bytes: 64,
    oid: `${nist}.10`,
    mechanism: CKM.SHA3_512,
    hmac: CKM.SHA3_512_HMAC,
    hmacGeneral: CKM.SHA3_512_HMAC_GENERAL,
    hmacKeyType: CKK.SHA3_512_HMAC,
    mgf: CKG.MGF1_SHA3_512,
    kdf: CKD.SHA3_512_KDF,
    rsaPkcs1: CKM.SHA3_512_RSA_PKCS,
    rsaPss: CKM.SHA3_512_RSA_PKCS_PSS,
    ecdsa: CKM.ECDSA_SHA3_512,
    dsa: CKM.DSA_SHA3_512,
    mlDsa: CKM.HASH_ML_DSA_SHA3_512,
    slhDsa: CKM.HASH_SLH_DSA_SHA3_512,
  },
  {
    name: 'shake128',
    aliases: [],
    bytes: 32,
    oid: `${nist}.11`,
    mlDsa: CKM.HASH_ML_DSA_SHAKE128,
    slhDsa: CKM.HASH_SLH_DSA_SHAKE128,
  },
  {
    name: 'shake256',
    aliases: [],
    bytes: 64,
    oid: `${nist}.12`,
    mlDsa: CKM.HASH_ML_DSA_SHAKE256,
    slhDsa: CKM.HASH_SLH_DSA_SHAKE256,
  },
  {
    name: 'ripemd160',
    aliases: ['rmd160', 'ripemd-160'],
    bytes: 20,
    oid: '1.3.36.3.2.1',
    mechanism: CKM.RIPEMD160,
    hmac: CKM.RIPEMD160_HMAC,
    hmacGeneral: CKM.RIPEMD160_HMAC_GENERAL,
    hmacKeyType: CKK.RIPEMD160_HMAC,
    rsaPkcs1: CKM.RIPEMD160_RSA_PKCS,
  },
  {
    name: 'md5',
    aliases: [],
    bytes: 16,
    oid: '1.2.840.113549.2.5',
    mechanism: CKM.MD5,
    hmac: CKM.MD5_HMAC,
    hmacGeneral: CKM.MD5_HMAC_GENERAL,
    hmacKeyType: CKK.MD5_HMAC,
    rsaPkcs1: CKM.MD5_RSA_PKCS,
  },
]);

const byName = new Map(HASHES.flatMap((hash) => [hash.name, ...hash.aliases].map((name) => [name, hash])));

/** The hash of this name: as node:crypto spells it, in any case, with or without `RSA-` in front. */
export const hashByName = (name: string): Hash | undefined => byName.get(name.toLowerCase().replace(/^rsa-/, ''));

/** The names of the hashes for which `has` says yes, for messages. */
export const hashNames = (has: (hash: Hash) => boolean = () => true): string[] => HASHES.filter(has).map((hash) => hash.name);

export const hashByHmacKeyType = (keyType: number): Hash | undefined => HASHES.find((hash) => hash.hmacKeyType === keyType);

/** DigestInfo of RFC 8017 section 9.2: what RSASSA-PKCS1-v1_5 pads. The parameters are NULL for every hash of this table. */
export const digestInfo = (hash: Hash, digest: Uint8Array): Uint8Array => sequence(algorithmIdentifier(hash.oid, nullValue()), octetString(digest));
