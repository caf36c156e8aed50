// The parameters of mechanisms, under the names that pkcs11js gives them: graphene-pk11's declarations refer to them.

import type { Handle } from './types';

/** What every parameter that is not bytes has. */
export interface IParams {
  /** One of the CK_PARAMS_ constants. */
  type: number;
}

/** CK_PARAMS_EC_DH. */
export interface ECDH1 extends IParams {
  /** One of the CKD_ constants. */
  kdf: number;
  /** For the key derivation function. */
  sharedData?: Buffer;
  /** The other one's point. */
  publicData: Buffer;
}

/** CK_PARAMS_AES_CBC: derivation by encrypting data. */
export interface AesCBC extends IParams {
  /** 16 bytes. */
  iv: Buffer;
  /** Whole blocks. */
  data?: Buffer;
}

/** CK_PARAMS_AES_CCM. */
export interface AesCCM extends IParams {
  /** In bytes. */
  dataLen: number;
  /** 7 to 13 bytes. */
  nonce?: Buffer;
  /** What is authenticated and not encrypted. */
  aad?: Buffer;
  /** In bytes. */
  macLen: number;
}

/** CK_PARAMS_AES_GCM, and CK_PARAMS_AES_GCM_v240 with `ivBits`. */
export interface AesGCM extends IParams {
  /** 12 bytes, mostly. */
  iv?: Buffer;
  /** What is authenticated and not encrypted. */
  aad?: Buffer;
  /** Of the IV. */
  ivBits: number;
  /** Of the tag. */
  tagBits: number;
}

/** CK_PARAMS_RSA_OAEP. */
export interface RsaOAEP extends IParams {
  /** A mechanism: CKM_SHA256 and so on. */
  hashAlg: number;
  /** One of the CKG_ constants. */
  mgf: number;
  /** CKZ_DATA_SPECIFIED. */
  source: number;
  /** The label. */
  sourceData?: Buffer;
}

/** CK_PARAMS_RSA_PSS. */
export interface RsaPSS extends IParams {
  /** A mechanism: CKM_SHA256 and so on. */
  hashAlg: number;
  /** One of the CKG_ constants. */
  mgf: number;
  /** In bytes. */
  saltLen: number;
}

/** CK_PARAMS_ECDH2_DERIVE. */
export interface Ecdh2Derive extends IParams {
  /** One of the CKD_ constants. */
  kdf: number;
  /** For the key derivation function. */
  sharedData?: Buffer;
  /** The other one's first point. */
  publicData: Buffer;
  /** Of the second private key, in bytes. */
  privateDataLen: number;
  /** The second private key. */
  privateData: Handle;
  /** The other one's second point. */
  publicData2?: Buffer;
}

/** CK_PARAMS_ECMQV_DERIVE. */
export interface EcmqvDerive extends Ecdh2Derive {}

/** CK_PARAMS_X9_42_DH1_DERIVE. */
export interface X942DH1Derive extends IParams {
  /** One of the CKD_ constants. */
  kdf: number;
  /** For the key derivation function. */
  otherInfo?: Buffer;
  /** The other one's public value. */
  publicData: Buffer;
  /** The private key. */
  privateData: Handle;
}

/** CK_PARAMS_X9_42_DH2_DERIVE. */
export interface X942DH2Derive extends X942DH1Derive {
  /** Of the second private key, in bytes. */
  privateDataLen: number;
  /** The other one's second public value. */
  publicData2?: Buffer;
}

/** CK_PARAMS_X9_42_MQV_DERIVE. */
export interface X942MQvDeriveParams {
  /** One of the CKD_ constants. */
  kdf: number;
  /** For the key derivation function. */
  otherInfo?: Buffer;
  /** The other one's first public value. */
  publicData: Buffer;
  /** The second private key. */
  privateData: Handle;
  /** The other one's second public value. */
  publicData2?: Buffer;
  /** The first public key of one's own. */
  publicKey: Handle;
}

/** CK_PARAMS_RC2_CBC. */
export interface RC2CBCParams extends IParams {
  /** Of the key. */
  effectiveBits: number;
  /** 8 bytes. */
  iv: Buffer;
}

/** CK_PARAMS_RC2_MAC_GENERAL. */
export interface RC2MACGeneralParams extends IParams {
  /** Of the key. */
  effectiveBits: number;
  /** In bytes. */
  macLength: number;
}

/** CK_PARAMS_RC5. */
export interface RC5Params extends IParams {
  /** In bytes. */
  wordSize: number;
  /** How many. */
  rounds: number;
}

/** CK_PARAMS_RC5_CBC. */
export interface RC5CBCParams extends RC5Params {
  /** Two words. */
  iv: Buffer;
}

/** CK_PARAMS_RC5_MAC_GENERAL. */
export interface RC5MACGeneralParams extends RC5Params {
  /** In bytes. */
  macLength: number;
}

/** CK_PARAMS_DES_CBC_ENCRYPT_DATA. */
export interface DesCbcEncryptDataParams extends IParams {
  /** 8 bytes. */
  iv: Buffer;
  /** Whole blocks. */
  data?: Buffer;
}

/** CK_PARAMS_SKIPJACK_PRIVATE_WRAP. */
export interface SkipjackPrivateWrapParams extends IParams {
  /** Of the user. */
  password: Buffer;
  /** Of the other one. */
  publicData: Buffer;
  /** Of the key exchange. */
  primeP: Buffer;
  /** Of the key exchange. */
  baseG: Buffer;
  /** Of the key exchange. */
  subprimeQ: Buffer;
  /** The other one's. */
  randomA: Buffer;
}

/** CK_PARAMS_SKIPJACK_RELAYX. */
export interface SkipjackRelayXParams extends IParams {
  /** What is wrapped anew. */
  oldWrappedX: Buffer;
  /** As it was wrapped. */
  oldPassword: Buffer;
  /** As it was wrapped. */
  oldPublicData: Buffer;
  /** As it was wrapped. */
  oldRandomA: Buffer;
  /** As it will be. */
  newPassword: Buffer;
  /** As it will be. */
  newPublicData: Buffer;
  /** As it will be. */
  newRandomA: Buffer;
}

/** CK_PARAMS_PBE. */
export interface PbeParams extends IParams {
  /** 8 bytes, which the token may fill. */
  initVector: Buffer;
  /** What the key is made of. */
  password: Buffer;
  /** Beside it. */
  salt: Buffer;
  /** How many. */
  iteration: number;
}

/** CK_PARAMS_KEY_WRAP_SET_OAEP. */
export interface KeyWrapSetOaepParams extends IParams {
  /** The block contents byte. */
  bc: number;
  /** Hash of the credit card's number, and an extension. */
  x: Buffer;
}

/** CK_PARAMS_GCM. */
export interface GcmParams extends IParams {
  /** 12 bytes, mostly. */
  iv: Buffer;
  /** Of the IV. */
  ivBits: number;
  /** What is authenticated and not encrypted. */
  aad?: Buffer;
  /** Of the tag. */
  tagBits?: number;
}

/** CK_PARAMS_CCM. */
export interface CcmParams extends IParams {
  /** In bytes. */
  dataLen: number;
  /** 7 to 13 bytes. */
  nonce?: Buffer;
  /** What is authenticated and not encrypted. */
  aad?: Buffer;
  /** In bytes. */
  macLen?: number;
}

/** CK_PARAMS_GOSTR3410_DERIVE. */
export interface GostR3410DeriveParams extends IParams {
  /** One of the CKD_ constants. */
  kdf: number;
  /** The other one's point. */
  publicData: Buffer;
  /** User keying material, 8 bytes. */
  ukm?: Buffer;
}

/** CK_PARAMS_GOSTR3410_KEY_WRAP. */
export interface GostR3410KeyWrapParams extends IParams {
  /** Identifier of the wrapping algorithm. */
  wrapOID: Buffer;
  /** User keying material, 8 bytes. */
  ukm?: Buffer;
  /** A key of one's own, or 0 for one that is made. */
  key: Handle;
}
