// Generated from spec/ by scripts/generate.mjs. Not to be edited by hand.
import type { MechanismInput } from '../mechanism';
import type { Attributes } from './attributes';

/** How a field of a structure goes over the boundary: docs/boundary.md. */
export type FieldKind =
  | 'ulong'
  | 'byte'
  | 'bool'
  | 'fixed'
  | 'paddedText'
  | 'bytes'
  | 'text'
  | 'struct'
  | 'pointer'
  | 'array'
  | 'template'
  | 'mechanism'
  | 'handle'
  | 'choice';

/** Which form the value of a `choice` has, by the value of another field of the same structure: 'bytes', 'ulong' or the name of a structure. */
export interface Choice {
  /** The name of that other field. */
  readonly by: string;
  /** The forms, by its value. */
  readonly cases: { readonly [value: number]: string };
}

/**
 * A field: its name; its kind; the exact size, the name of the structure inside, or the choice; its flags (1 the token writes here, 2 length in bits,
 * 4 length behind a pointer, 8 length shared with an earlier field, 16 NUL-terminated, 32 for the engine); and what stands for it when it is absent.
 */
export type LayoutField = readonly [
  name: string,
  kind: FieldKind,
  extra: number | string | Choice | null,
  flags: number,
  fallback?: number | boolean | { readonly bitsOf: string },
];

/** A structure: its id on the wire and its fields in wire order. */
export interface Layout {
  /** On the wire. */
  readonly id: number;
  /** In wire order. */
  readonly fields: readonly LayoutField[];
}

/** `CK_VERSION` (since 2.40) */
export interface Version {
  /** major; the token may write here */
  major: number;
  /** minor; the token may write here */
  minor: number;
}

/** `CK_INFO` (since 2.40) */
export interface Info {
  /** cryptokiVersion */
  cryptokiVersion: Version;
  /** manufacturerID; without its padding */
  manufacturerID: string;
  /** flags */
  flags: number;
  /** libraryDescription; without its padding */
  libraryDescription: string;
  /** libraryVersion */
  libraryVersion: Version;
}

/** `CK_SLOT_INFO` (since 2.40) */
export interface SlotInfo {
  /** slotDescription; without its padding */
  slotDescription: string;
  /** manufacturerID; without its padding */
  manufacturerID: string;
  /** flags */
  flags: number;
  /** hardwareVersion */
  hardwareVersion: Version;
  /** firmwareVersion */
  firmwareVersion: Version;
}

/** `CK_TOKEN_INFO` (since 2.40) */
export interface TokenInfo {
  /** label; without its padding */
  label: string;
  /** manufacturerID; without its padding */
  manufacturerID: string;
  /** model; without its padding */
  model: string;
  /** serialNumber; without its padding */
  serialNumber: string;
  /** flags */
  flags: number;
  /** ulMaxSessionCount */
  maxSessionCount: number | undefined;
  /** ulSessionCount */
  sessionCount: number | undefined;
  /** ulMaxRwSessionCount */
  maxRwSessionCount: number | undefined;
  /** ulRwSessionCount */
  rwSessionCount: number | undefined;
  /** ulMaxPinLen */
  maxPinLen: number | undefined;
  /** ulMinPinLen */
  minPinLen: number | undefined;
  /** ulTotalPublicMemory */
  totalPublicMemory: number | undefined;
  /** ulFreePublicMemory */
  freePublicMemory: number | undefined;
  /** ulTotalPrivateMemory */
  totalPrivateMemory: number | undefined;
  /** ulFreePrivateMemory */
  freePrivateMemory: number | undefined;
  /** hardwareVersion */
  hardwareVersion: Version;
  /** firmwareVersion */
  firmwareVersion: Version;
  /** utcTime; without its padding */
  utcTime: string;
}

/** `CK_SESSION_INFO` (since 2.40) */
export interface SessionInfo {
  /** slotID */
  slotID: number;
  /** state */
  state: number;
  /** flags */
  flags: number;
  /** ulDeviceError */
  deviceError: number | undefined;
}

/** `CK_MECHANISM_INFO` (since 2.40) */
export interface MechanismInfo {
  /** ulMinKeySize */
  minKeySize: number | undefined;
  /** ulMaxKeySize */
  maxKeySize: number | undefined;
  /** flags */
  flags: number;
}

/** `CK_RSA_PKCS_OAEP_PARAMS` (since 2.40) */
export interface RsaPkcsOaepParams {
  /** hashAlg */
  hashAlg: number | bigint;
  /** mgf */
  mgf: number | bigint;
  /** source; 1 when absent */
  source?: number | bigint;
  /** pSourceData */
  sourceData?: Uint8Array;
}

/** `CK_RSA_PKCS_PSS_PARAMS` (since 2.40) */
export interface RsaPkcsPssParams {
  /** hashAlg */
  hashAlg: number | bigint;
  /** mgf */
  mgf: number | bigint;
  /** sLen */
  sLen: number | bigint;
}

/** `CK_ECDH1_DERIVE_PARAMS` (since 2.40) */
export interface Ecdh1DeriveParams {
  /** kdf */
  kdf: number | bigint;
  /** pSharedData */
  sharedData?: Uint8Array;
  /** pPublicData */
  publicData?: Uint8Array;
}

/** `CK_ECDH2_DERIVE_PARAMS` (since 2.40) */
export interface Ecdh2DeriveParams {
  /** kdf */
  kdf: number | bigint;
  /** pSharedData */
  sharedData?: Uint8Array;
  /** pPublicData */
  publicData?: Uint8Array;
  /** ulPrivateDataLen */
  privateDataLen: number | bigint;
  /** hPrivateData; 0 when absent */
  privateData?: number | bigint;
  /** pPublicData2 */
  publicData2?: Uint8Array;
}

/** `CK_ECMQV_DERIVE_PARAMS` (since 2.40) */
export interface EcmqvDeriveParams {
  /** kdf */
  kdf: number | bigint;
  /** pSharedData */
  sharedData?: Uint8Array;
  /** pPublicData */
  publicData?: Uint8Array;
  /** ulPrivateDataLen */
  privateDataLen: number | bigint;
  /** hPrivateData; 0 when absent */
  privateData?: number | bigint;
  /** pPublicData2 */
  publicData2?: Uint8Array;
  /** publicKey; 0 when absent */
  publicKey?: number | bigint;
}

/** `CK_X9_42_DH1_DERIVE_PARAMS` (since 2.40) */
export interface X942Dh1DeriveParams {
  /** kdf */
  kdf: number | bigint;
  /** pOtherInfo */
  otherInfo?: Uint8Array;
  /** pPublicData */
  publicData?: Uint8Array;
}

/** `CK_X9_42_DH2_DERIVE_PARAMS` (since 2.40) */
export interface X942Dh2DeriveParams {
  /** kdf */
  kdf: number | bigint;
  /** pOtherInfo */
  otherInfo?: Uint8Array;
  /** pPublicData */
  publicData?: Uint8Array;
  /** ulPrivateDataLen */
  privateDataLen: number | bigint;
  /** hPrivateData; 0 when absent */
  privateData?: number | bigint;
  /** pPublicData2 */
  publicData2?: Uint8Array;
}

/** `CK_X9_42_MQV_DERIVE_PARAMS` (since 2.40) */
export interface X942MqvDeriveParams {
  /** kdf */
  kdf: number | bigint;
  /** pOtherInfo */
  otherInfo?: Uint8Array;
  /** pPublicData */
  publicData?: Uint8Array;
  /** ulPrivateDataLen */
  privateDataLen: number | bigint;
  /** hPrivateData; 0 when absent */
  privateData?: number | bigint;
  /** pPublicData2 */
  publicData2?: Uint8Array;
  /** publicKey; 0 when absent */
  publicKey?: number | bigint;
}

/** `CK_KEA_DERIVE_PARAMS` (since 2.40) */
export interface KeaDeriveParams {
  /** isSender */
  isSender: boolean;
  /** pRandomA */
  randomA?: Uint8Array;
  /** pRandomB */
  randomB?: Uint8Array;
  /** pPublicData */
  publicData?: Uint8Array;
}

/** `CK_RC2_CBC_PARAMS` (since 2.40) */
export interface Rc2CbcParams {
  /** ulEffectiveBits */
  effectiveBits: number | bigint;
  /** iv; exactly 8 bytes */
  iv: Uint8Array;
}

/** `CK_RC2_MAC_GENERAL_PARAMS` (since 2.40) */
export interface Rc2MacGeneralParams {
  /** ulEffectiveBits */
  effectiveBits: number | bigint;
  /** ulMacLength */
  macLength: number | bigint;
}

/** `CK_RC5_PARAMS` (since 2.40) */
export interface Rc5Params {
  /** ulWordsize */
  wordsize: number | bigint;
  /** ulRounds */
  rounds: number | bigint;
}

/** `CK_RC5_CBC_PARAMS` (since 2.40) */
export interface Rc5CbcParams {
  /** ulWordsize */
  wordsize: number | bigint;
  /** ulRounds */
  rounds: number | bigint;
  /** pIv */
  iv?: Uint8Array;
}

/** `CK_RC5_MAC_GENERAL_PARAMS` (since 2.40) */
export interface Rc5MacGeneralParams {
  /** ulWordsize */
  wordsize: number | bigint;
  /** ulRounds */
  rounds: number | bigint;
  /** ulMacLength */
  macLength: number | bigint;
}

/** `CK_DES_CBC_ENCRYPT_DATA_PARAMS` (since 2.40) */
export interface DesCbcEncryptDataParams {
  /** iv; exactly 8 bytes */
  iv: Uint8Array;
  /** pData */
  data?: Uint8Array;
}

/** `CK_AES_CBC_ENCRYPT_DATA_PARAMS` (since 2.40) */
export interface AesCbcEncryptDataParams {
  /** iv; exactly 16 bytes */
  iv: Uint8Array;
  /** pData */
  data?: Uint8Array;
}

/** `CK_SKIPJACK_PRIVATE_WRAP_PARAMS` (since 2.40) */
export interface SkipjackPrivateWrapParams {
  /** pPassword */
  password?: Uint8Array;
  /** pPublicData */
  publicData?: Uint8Array;
  /** pRandomA */
  randomA?: Uint8Array;
  /** pPrimeP */
  primeP?: Uint8Array;
  /** pBaseG */
  baseG?: Uint8Array;
  /** pSubprimeQ */
  subprimeQ?: Uint8Array;
}

/** `CK_SKIPJACK_RELAYX_PARAMS` (since 2.40) */
export interface SkipjackRelayxParams {
  /** pOldWrappedX */
  oldWrappedX?: Uint8Array;
  /** pOldPassword */
  oldPassword?: Uint8Array;
  /** pOldPublicData */
  oldPublicData?: Uint8Array;
  /** pOldRandomA */
  oldRandomA?: Uint8Array;
  /** pNewPassword */
  newPassword?: Uint8Array;
  /** pNewPublicData */
  newPublicData?: Uint8Array;
  /** pNewRandomA */
  newRandomA?: Uint8Array;
}

/** `CK_PBE_PARAMS` (since 2.40) */
export interface PbeParams {
  /** pInitVector; exactly 8 bytes; the token may write here */
  initVector?: Uint8Array;
  /** pPassword */
  password?: Uint8Array;
  /** pSalt */
  salt?: Uint8Array;
  /** ulIteration */
  iteration: number | bigint;
}

/** `CK_KEY_WRAP_SET_OAEP_PARAMS` (since 2.40) */
export interface KeyWrapSetOaepParams {
  /** bBC */
  bc: number;
  /** pX */
  x?: Uint8Array;
}

/** `CK_SSL3_RANDOM_DATA` (since 2.40) */
export interface Ssl3RandomData {
  /** pClientRandom */
  clientRandom?: Uint8Array;
  /** pServerRandom */
  serverRandom?: Uint8Array;
}

/** `CK_SSL3_MASTER_KEY_DERIVE_PARAMS` (since 2.40) */
export interface Ssl3MasterKeyDeriveParams {
  /** RandomInfo */
  randomInfo: Ssl3RandomData;
  /** pVersion */
  version?: Version;
}

/** `CK_SSL3_KEY_MAT_OUT` (since 2.40) */
export interface Ssl3KeyMatOut {
  /** hClientMacSecret; the token may write here; 0 when absent */
  clientMacSecret?: number | bigint;
  /** hServerMacSecret; the token may write here; 0 when absent */
  serverMacSecret?: number | bigint;
  /** hClientKey; the token may write here; 0 when absent */
  clientKey?: number | bigint;
  /** hServerKey; the token may write here; 0 when absent */
  serverKey?: number | bigint;
  /** pIVClient; the token may write here */
  ivClient?: Uint8Array;
  /** pIVServer; the token may write here */
  ivServer?: Uint8Array;
}

/** `CK_SSL3_KEY_MAT_PARAMS` (since 2.40) */
export interface Ssl3KeyMatParams {
  /** ulMacSizeInBits */
  macSizeInBits: number | bigint;
  /** ulKeySizeInBits */
  keySizeInBits: number | bigint;
  /** ulIVSizeInBits */
  ivSizeInBits: number | bigint;
  /** bIsExport; false when absent */
  isExport?: boolean;
  /** RandomInfo */
  randomInfo: Ssl3RandomData;
  /** pReturnedKeyMaterial */
  returnedKeyMaterial?: Ssl3KeyMatOut;
}

/** `CK_TLS_PRF_PARAMS` (since 2.40) */
export interface TlsPrfParams {
  /** pSeed */
  seed?: Uint8Array;
  /** pLabel */
  label?: Uint8Array;
  /** pOutput; the token may write here */
  output?: Uint8Array;
}

/** `CK_WTLS_RANDOM_DATA` (since 2.40) */
export interface WtlsRandomData {
  /** pClientRandom */
  clientRandom?: Uint8Array;
  /** pServerRandom */
  serverRandom?: Uint8Array;
}

/** `CK_WTLS_MASTER_KEY_DERIVE_PARAMS` (since 2.40) */
export interface WtlsMasterKeyDeriveParams {
  /** DigestMechanism */
  digestMechanism: number | bigint;
  /** RandomInfo */
  randomInfo: WtlsRandomData;
  /** pVersion; exactly 1 byte; the token may write here */
  version?: Uint8Array;
}

/** `CK_WTLS_PRF_PARAMS` (since 2.40) */
export interface WtlsPrfParams {
  /** DigestMechanism */
  digestMechanism: number | bigint;
  /** pSeed */
  seed?: Uint8Array;
  /** pLabel */
  label?: Uint8Array;
  /** pOutput; the token may write here */
  output?: Uint8Array;
}

/** `CK_WTLS_KEY_MAT_OUT` (since 2.40) */
export interface WtlsKeyMatOut {
  /** hMacSecret; the token may write here; 0 when absent */
  macSecret?: number | bigint;
  /** hKey; the token may write here; 0 when absent */
  key?: number | bigint;
  /** pIV; the token may write here */
  iv?: Uint8Array;
}

/** `CK_WTLS_KEY_MAT_PARAMS` (since 2.40) */
export interface WtlsKeyMatParams {
  /** DigestMechanism */
  digestMechanism: number | bigint;
  /** ulMacSizeInBits */
  macSizeInBits: number | bigint;
  /** ulKeySizeInBits */
  keySizeInBits: number | bigint;
  /** ulIVSizeInBits */
  ivSizeInBits: number | bigint;
  /** ulSequenceNumber */
  sequenceNumber: number | bigint;
  /** bIsExport; false when absent */
  isExport?: boolean;
  /** RandomInfo */
  randomInfo: WtlsRandomData;
  /** pReturnedKeyMaterial */
  returnedKeyMaterial?: WtlsKeyMatOut;
}

/** `CK_CMS_SIG_PARAMS` (since 2.40) */
export interface CmsSigParams {
  /** certificateHandle; 0 when absent */
  certificateHandle?: number | bigint;
  /** pSigningMechanism */
  signingMechanism?: MechanismInput;
  /** pDigestMechanism */
  digestMechanism?: MechanismInput;
  /** pContentType */
  contentType?: string;
  /** pRequestedAttributes */
  requestedAttributes?: Uint8Array;
  /** pRequiredAttributes */
  requiredAttributes?: Uint8Array;
}

/** `CK_KEY_DERIVATION_STRING_DATA` (since 2.40) */
export interface KeyDerivationStringData {
  /** pData */
  data?: Uint8Array;
}

/** `CK_PKCS5_PBKD2_PARAMS` (since 2.40) */
export interface Pkcs5Pbkd2Params {
  /** saltSource */
  saltSource: number | bigint;
  /** pSaltSourceData */
  saltSourceData?: Uint8Array;
  /** iterations */
  iterations: number | bigint;
  /** prf */
  prf: number | bigint;
  /** pPrfData */
  prfData?: Uint8Array;
  /** pPassword */
  password?: Uint8Array;
}

/** `CK_PKCS5_PBKD2_PARAMS2` (since 2.40) */
export interface Pkcs5Pbkd2Params2 {
  /** saltSource */
  saltSource: number | bigint;
  /** pSaltSourceData */
  saltSourceData?: Uint8Array;
  /** iterations */
  iterations: number | bigint;
  /** prf */
  prf: number | bigint;
  /** pPrfData */
  prfData?: Uint8Array;
  /** pPassword */
  password?: Uint8Array;
}

/** `CK_OTP_PARAM` (since 2.40) */
export interface OtpParam {
  /** type */
  type: number | bigint;
  /** pValue; which form depends on type */
  value?: Uint8Array | number | bigint;
}

/** `CK_OTP_PARAMS` (since 2.40) */
export interface OtpParams {
  /** pParams */
  params?: OtpParam[];
}

/** `CK_OTP_SIGNATURE_INFO` (since 2.40) */
export interface OtpSignatureInfo {
  /** pParams */
  params?: OtpParam[];
}

/** `CK_KIP_PARAMS` (since 2.40) */
export interface KipParams {
  /** pMechanism */
  mechanism?: MechanismInput;
  /** hKey; 0 when absent */
  key?: number | bigint;
  /** pSeed */
  seed?: Uint8Array;
}

/** `CK_AES_CTR_PARAMS` (since 2.40) */
export interface AesCtrParams {
  /** ulCounterBits */
  counterBits: number | bigint;
  /** cb; exactly 16 bytes */
  cb: Uint8Array;
}

/** `CK_GCM_PARAMS` (since 2.40) */
export interface GcmParams {
  /** pIv; the token may write here */
  iv?: Uint8Array;
  /** ulIvBits; the length of iv in bits when absent */
  ivBits?: number | bigint;
  /** pAAD */
  aad?: Uint8Array;
  /** ulTagBits */
  tagBits: number | bigint;
}

/** `CK_GCM_MESSAGE_PARAMS` (since 3.0) */
export interface GcmMessageParams {
  /** pIv; the token may write here */
  iv?: Uint8Array;
  /** ulIvFixedBits; 0 when absent */
  ivFixedBits?: number | bigint;
  /** ivGenerator; 0 when absent */
  ivGenerator?: number | bigint;
  /** pTag; its length goes to the token in bits; the token may write here */
  tag?: Uint8Array;
}

/** `CK_GCM_WRAP_PARAMS` (since 3.2) */
export interface GcmWrapParams {
  /** pIv; the token may write here */
  iv?: Uint8Array;
  /** ulIvFixedBits; 0 when absent */
  ivFixedBits?: number | bigint;
  /** ivGenerator; 0 when absent */
  ivGenerator?: number | bigint;
  /** pAAD */
  aad?: Uint8Array;
  /** ulTagBits */
  tagBits: number | bigint;
}

/** `CK_CCM_PARAMS` (since 2.40) */
export interface CcmParams {
  /** ulDataLen */
  dataLen: number | bigint;
  /** pNonce */
  nonce?: Uint8Array;
  /** pAAD */
  aad?: Uint8Array;
  /** ulMACLen */
  macLen: number | bigint;
}

/** `CK_CCM_MESSAGE_PARAMS` (since 3.0) */
export interface CcmMessageParams {
  /** ulDataLen */
  dataLen: number | bigint;
  /** pNonce; the token may write here */
  nonce?: Uint8Array;
  /** ulNonceFixedBits; 0 when absent */
  nonceFixedBits?: number | bigint;
  /** nonceGenerator; 0 when absent */
  nonceGenerator?: number | bigint;
  /** pMAC; the token may write here */
  mac?: Uint8Array;
}

/** `CK_CCM_WRAP_PARAMS` (since 3.2) */
export interface CcmWrapParams {
  /** ulDataLen */
  dataLen: number | bigint;
  /** pNonce; the token may write here */
  nonce?: Uint8Array;
  /** ulNonceFixedBits; 0 when absent */
  nonceFixedBits?: number | bigint;
  /** nonceGenerator; 0 when absent */
  nonceGenerator?: number | bigint;
  /** pAAD */
  aad?: Uint8Array;
  /** ulMACLen */
  macLen: number | bigint;
}

/** `CK_AES_GCM_PARAMS` (since 2.40) */
export interface AesGcmParams {
  /** pIv; the token may write here */
  iv?: Uint8Array;
  /** ulIvBits; the length of iv in bits when absent */
  ivBits?: number | bigint;
  /** pAAD */
  aad?: Uint8Array;
  /** ulTagBits */
  tagBits: number | bigint;
}

/** `CK_AES_CCM_PARAMS` (since 2.40) */
export interface AesCcmParams {
  /** ulDataLen */
  dataLen: number | bigint;
  /** pNonce */
  nonce?: Uint8Array;
  /** pAAD */
  aad?: Uint8Array;
  /** ulMACLen */
  macLen: number | bigint;
}

/** `CK_CAMELLIA_CTR_PARAMS` (since 2.40) */
export interface CamelliaCtrParams {
  /** ulCounterBits */
  counterBits: number | bigint;
  /** cb; exactly 16 bytes */
  cb: Uint8Array;
}

/** `CK_CAMELLIA_CBC_ENCRYPT_DATA_PARAMS` (since 2.40) */
export interface CamelliaCbcEncryptDataParams {
  /** iv; exactly 16 bytes */
  iv: Uint8Array;
  /** pData */
  data?: Uint8Array;
}

/** `CK_ARIA_CBC_ENCRYPT_DATA_PARAMS` (since 2.40) */
export interface AriaCbcEncryptDataParams {
  /** iv; exactly 16 bytes */
  iv: Uint8Array;
  /** pData */
  data?: Uint8Array;
}

/** `CK_DSA_PARAMETER_GEN_PARAM` (since 2.40) */
export interface DsaParameterGenParam {
  /** hash */
  hash: number | bigint;
  /** pSeed */
  seed?: Uint8Array;
  /** ulIndex */
  index: number | bigint;
}

/** `CK_ECDH_AES_KEY_WRAP_PARAMS` (since 2.40) */
export interface EcdhAesKeyWrapParams {
  /** ulAESKeyBits */
  aesKeyBits: number | bigint;
  /** kdf */
  kdf: number | bigint;
  /** pSharedData */
  sharedData?: Uint8Array;
}

/** `CK_RSA_AES_KEY_WRAP_PARAMS` (since 2.40) */
export interface RsaAesKeyWrapParams {
  /** ulAESKeyBits */
  aesKeyBits: number | bigint;
  /** pOAEPParams */
  oaepParams?: RsaPkcsOaepParams;
}

/** `CK_TLS12_MASTER_KEY_DERIVE_PARAMS` (since 2.40) */
export interface Tls12MasterKeyDeriveParams {
  /** RandomInfo */
  randomInfo: Ssl3RandomData;
  /** pVersion */
  version?: Version;
  /** prfHashMechanism */
  prfHashMechanism: number | bigint;
}

/** `CK_TLS12_KEY_MAT_PARAMS` (since 2.40) */
export interface Tls12KeyMatParams {
  /** ulMacSizeInBits */
  macSizeInBits: number | bigint;
  /** ulKeySizeInBits */
  keySizeInBits: number | bigint;
  /** ulIVSizeInBits */
  ivSizeInBits: number | bigint;
  /** bIsExport; false when absent */
  isExport?: boolean;
  /** RandomInfo */
  randomInfo: Ssl3RandomData;
  /** pReturnedKeyMaterial */
  returnedKeyMaterial?: Ssl3KeyMatOut;
  /** prfHashMechanism */
  prfHashMechanism: number | bigint;
}

/** `CK_TLS_KDF_PARAMS` (since 2.40) */
export interface TlsKdfParams {
  /** prfMechanism */
  prfMechanism: number | bigint;
  /** pLabel */
  label?: Uint8Array;
  /** RandomInfo */
  randomInfo: Ssl3RandomData;
  /** pContextData */
  contextData?: Uint8Array;
}

/** `CK_TLS_MAC_PARAMS` (since 2.40) */
export interface TlsMacParams {
  /** prfHashMechanism */
  prfHashMechanism: number | bigint;
  /** ulMacLength */
  macLength: number | bigint;
  /** ulServerOrClient */
  serverOrClient: number | bigint;
}

/** `CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS` (since 3.2) */
export interface Tls12ExtendedMasterKeyDeriveParams {
  /** prfHashMechanism */
  prfHashMechanism: number | bigint;
  /** pSessionHash */
  sessionHash?: Uint8Array;
  /** pVersion */
  version?: Version;
}

/** `CK_GOSTR3410_DERIVE_PARAMS` (since 2.40) */
export interface Gostr3410DeriveParams {
  /** kdf */
  kdf: number | bigint;
  /** pPublicData */
  publicData?: Uint8Array;
  /** pUKM */
  ukm?: Uint8Array;
}

/** `CK_GOSTR3410_KEY_WRAP_PARAMS` (since 2.40) */
export interface Gostr3410KeyWrapParams {
  /** pWrapOID */
  wrapOid?: Uint8Array;
  /** pUKM */
  ukm?: Uint8Array;
  /** hKey; 0 when absent */
  key?: number | bigint;
}

/** `CK_SEED_CBC_ENCRYPT_DATA_PARAMS` (since 2.40) */
export interface SeedCbcEncryptDataParams {
  /** iv; exactly 16 bytes */
  iv: Uint8Array;
  /** pData */
  data?: Uint8Array;
}

/** `CK_PRF_DATA_PARAM` (since 3.0) */
export interface PrfDataParam {
  /** type */
  type: number | bigint;
  /** pValue; which form depends on type */
  value?: Sp800108CounterFormat | Sp800108DkmLengthFormat | Uint8Array | number | bigint;
}

/** `CK_SP800_108_COUNTER_FORMAT` (since 3.0) */
export interface Sp800108CounterFormat {
  /** bLittleEndian */
  littleEndian: boolean;
  /** ulWidthInBits */
  widthInBits: number | bigint;
}

/** `CK_SP800_108_DKM_LENGTH_FORMAT` (since 3.0) */
export interface Sp800108DkmLengthFormat {
  /** dkmLengthMethod */
  dkmLengthMethod: number | bigint;
  /** bLittleEndian */
  littleEndian: boolean;
  /** ulWidthInBits */
  widthInBits: number | bigint;
}

/** `CK_DERIVED_KEY` (since 3.0) */
export interface DerivedKey {
  /** pTemplate */
  template?: Attributes;
}

/** `CK_SP800_108_KDF_PARAMS` (since 3.0) */
export interface Sp800108KdfParams {
  /** prfType */
  prfType: number | bigint;
  /** pDataParams */
  dataParams?: PrfDataParam[];
  /** pAdditionalDerivedKeys */
  additionalDerivedKeys?: DerivedKey[];
}

/** `CK_SP800_108_FEEDBACK_KDF_PARAMS` (since 3.0) */
export interface Sp800108FeedbackKdfParams {
  /** prfType */
  prfType: number | bigint;
  /** pDataParams */
  dataParams?: PrfDataParam[];
  /** pIV */
  iv?: Uint8Array;
  /** pAdditionalDerivedKeys */
  additionalDerivedKeys?: DerivedKey[];
}

/** `CK_EDDSA_PARAMS` (since 3.0) */
export interface EddsaParams {
  /** phFlag; false when absent */
  phFlag?: boolean;
  /** pContextData */
  contextData?: Uint8Array;
}

/** `CK_CHACHA20_PARAMS` (since 3.0) */
export interface Chacha20Params {
  /** pBlockCounter; its length goes to the token in bits */
  blockCounter?: Uint8Array;
  /** pNonce; its length goes to the token in bits */
  nonce?: Uint8Array;
}

/** `CK_SALSA20_PARAMS` (since 3.0) */
export interface Salsa20Params {
  /** pBlockCounter; exactly 8 bytes */
  blockCounter?: Uint8Array;
  /** pNonce; its length goes to the token in bits */
  nonce?: Uint8Array;
}

/** `CK_SALSA20_CHACHA20_POLY1305_PARAMS` (since 3.0) */
export interface Salsa20Chacha20Poly1305Params {
  /** pNonce */
  nonce?: Uint8Array;
  /** pAAD */
  aad?: Uint8Array;
}

/** `CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS` (since 3.0) */
export interface Salsa20Chacha20Poly1305MsgParams {
  /** pNonce */
  nonce?: Uint8Array;
  /** pTag; exactly 16 bytes; the token may write here */
  tag?: Uint8Array;
}

/** `CK_X3DH_INITIATE_PARAMS` (since 3.0) */
export interface X3dhInitiateParams {
  /** kdf */
  kdf: number | bigint;
  /** pPeer_identity; 0 when absent */
  peerIdentity?: number | bigint;
  /** pPeer_prekey; 0 when absent */
  peerPrekey?: number | bigint;
  /** pPrekey_signature */
  prekeySignature?: Uint8Array;
  /** pOnetime_key */
  onetimeKey?: Uint8Array;
  /** pOwn_identity; 0 when absent */
  ownIdentity?: number | bigint;
  /** pOwn_ephemeral; 0 when absent */
  ownEphemeral?: number | bigint;
}

/** `CK_X3DH_RESPOND_PARAMS` (since 3.0) */
export interface X3dhRespondParams {
  /** kdf */
  kdf: number | bigint;
  /** pIdentity_id */
  identityId?: Uint8Array;
  /** pPrekey_id */
  prekeyId?: Uint8Array;
  /** pOnetime_id */
  onetimeId?: Uint8Array;
  /** pInitiator_identity; 0 when absent */
  initiatorIdentity?: number | bigint;
  /** pInitiator_ephemeral */
  initiatorEphemeral?: Uint8Array;
}

/** `CK_X2RATCHET_INITIALIZE_PARAMS` (since 3.0) */
export interface X2ratchetInitializeParams {
  /** sk */
  sk?: Uint8Array;
  /** peer_public_prekey; 0 when absent */
  peerPublicPrekey?: number | bigint;
  /** peer_public_identity; 0 when absent */
  peerPublicIdentity?: number | bigint;
  /** own_public_identity; 0 when absent */
  ownPublicIdentity?: number | bigint;
  /** bEncryptedHeader */
  encryptedHeader: boolean;
  /** eCurve */
  curve: number | bigint;
  /** aeadMechanism */
  aeadMechanism: number | bigint;
  /** kdfMechanism */
  kdfMechanism: number | bigint;
}

/** `CK_X2RATCHET_RESPOND_PARAMS` (since 3.0) */
export interface X2ratchetRespondParams {
  /** sk */
  sk?: Uint8Array;
  /** own_prekey; 0 when absent */
  ownPrekey?: number | bigint;
  /** initiator_identity; 0 when absent */
  initiatorIdentity?: number | bigint;
  /** own_public_identity; 0 when absent */
  ownPublicIdentity?: number | bigint;
  /** bEncryptedHeader */
  encryptedHeader: boolean;
  /** eCurve */
  curve: number | bigint;
  /** aeadMechanism */
  aeadMechanism: number | bigint;
  /** kdfMechanism */
  kdfMechanism: number | bigint;
}

/** `CK_XEDDSA_PARAMS` (since 3.0) */
export interface XeddsaParams {
  /** hash */
  hash: number | bigint;
}

/** `CK_HKDF_PARAMS` (since 3.0) */
export interface HkdfParams {
  /** bExtract */
  extract: boolean;
  /** bExpand */
  expand: boolean;
  /** prfHashMechanism */
  prfHashMechanism: number | bigint;
  /** ulSaltType */
  saltType: number | bigint;
  /** pSalt */
  salt?: Uint8Array;
  /** hSaltKey; 0 when absent */
  saltKey?: number | bigint;
  /** pInfo */
  info?: Uint8Array;
}

/** `CK_IKE2_PRF_PLUS_DERIVE_PARAMS` (since 3.1) */
export interface Ike2PrfPlusDeriveParams {
  /** prfMechanism */
  prfMechanism: number | bigint;
  /** bHasSeedKey */
  hasSeedKey: boolean;
  /** hSeedKey; 0 when absent */
  seedKey?: number | bigint;
  /** pSeedData */
  seedData?: Uint8Array;
}

/** `CK_IKE_PRF_DERIVE_PARAMS` (since 3.1) */
export interface IkePrfDeriveParams {
  /** prfMechanism */
  prfMechanism: number | bigint;
  /** bDataAsKey */
  dataAsKey: boolean;
  /** bRekey */
  rekey: boolean;
  /** pNi */
  ni?: Uint8Array;
  /** pNr */
  nr?: Uint8Array;
  /** hNewKey; 0 when absent */
  newKey?: number | bigint;
}

/** `CK_IKE1_PRF_DERIVE_PARAMS` (since 3.1) */
export interface Ike1PrfDeriveParams {
  /** prfMechanism */
  prfMechanism: number | bigint;
  /** bHasPrevKey */
  hasPrevKey: boolean;
  /** hKeygxy; 0 when absent */
  keygxy?: number | bigint;
  /** hPrevKey; 0 when absent */
  prevKey?: number | bigint;
  /** pCKYi */
  ckyI?: Uint8Array;
  /** pCKYr */
  ckyR?: Uint8Array;
  /** keyNumber */
  keyNumber: number;
}

/** `CK_IKE1_EXTENDED_DERIVE_PARAMS` (since 3.1) */
export interface Ike1ExtendedDeriveParams {
  /** prfMechanism */
  prfMechanism: number | bigint;
  /** bHasKeygxy */
  hasKeygxy: boolean;
  /** hKeygxy; 0 when absent */
  keygxy?: number | bigint;
  /** pExtraData */
  extraData?: Uint8Array;
}

/** `CK_SIGN_ADDITIONAL_CONTEXT` (since 3.2) */
export interface SignAdditionalContext {
  /** hedgeVariant; 0 when absent */
  hedgeVariant?: number | bigint;
  /** pContext */
  context?: Uint8Array;
}

/** `CK_HASH_SIGN_ADDITIONAL_CONTEXT` (since 3.2) */
export interface HashSignAdditionalContext {
  /** hedgeVariant; 0 when absent */
  hedgeVariant?: number | bigint;
  /** pContext */
  context?: Uint8Array;
  /** hash */
  hash: number | bigint;
}

/** The type of each structure by its name in the standard. */
export interface ParameterByStructure {
  CK_VERSION: Version;
  CK_INFO: Info;
  CK_SLOT_INFO: SlotInfo;
  CK_TOKEN_INFO: TokenInfo;
  CK_SESSION_INFO: SessionInfo;
  CK_MECHANISM_INFO: MechanismInfo;
  CK_RSA_PKCS_OAEP_PARAMS: RsaPkcsOaepParams;
  CK_RSA_PKCS_PSS_PARAMS: RsaPkcsPssParams;
  CK_ECDH1_DERIVE_PARAMS: Ecdh1DeriveParams;
  CK_ECDH2_DERIVE_PARAMS: Ecdh2DeriveParams;
  CK_ECMQV_DERIVE_PARAMS: EcmqvDeriveParams;
  CK_X9_42_DH1_DERIVE_PARAMS: X942Dh1DeriveParams;
  CK_X9_42_DH2_DERIVE_PARAMS: X942Dh2DeriveParams;
  CK_X9_42_MQV_DERIVE_PARAMS: X942MqvDeriveParams;
  CK_KEA_DERIVE_PARAMS: KeaDeriveParams;
  CK_RC2_CBC_PARAMS: Rc2CbcParams;
  CK_RC2_MAC_GENERAL_PARAMS: Rc2MacGeneralParams;
  CK_RC5_PARAMS: Rc5Params;
  CK_RC5_CBC_PARAMS: Rc5CbcParams;
  CK_RC5_MAC_GENERAL_PARAMS: Rc5MacGeneralParams;
  CK_DES_CBC_ENCRYPT_DATA_PARAMS: DesCbcEncryptDataParams;
  CK_AES_CBC_ENCRYPT_DATA_PARAMS: AesCbcEncryptDataParams;
  CK_SKIPJACK_PRIVATE_WRAP_PARAMS: SkipjackPrivateWrapParams;
  CK_SKIPJACK_RELAYX_PARAMS: SkipjackRelayxParams;
  CK_PBE_PARAMS: PbeParams;
  CK_KEY_WRAP_SET_OAEP_PARAMS: KeyWrapSetOaepParams;
  CK_SSL3_RANDOM_DATA: Ssl3RandomData;
  CK_SSL3_MASTER_KEY_DERIVE_PARAMS: Ssl3MasterKeyDeriveParams;
  CK_SSL3_KEY_MAT_OUT: Ssl3KeyMatOut;
  CK_SSL3_KEY_MAT_PARAMS: Ssl3KeyMatParams;
  CK_TLS_PRF_PARAMS: TlsPrfParams;
  CK_WTLS_RANDOM_DATA: WtlsRandomData;
  CK_WTLS_MASTER_KEY_DERIVE_PARAMS: WtlsMasterKeyDeriveParams;
  CK_WTLS_PRF_PARAMS: WtlsPrfParams;
  CK_WTLS_KEY_MAT_OUT: WtlsKeyMatOut;
  CK_WTLS_KEY_MAT_PARAMS: WtlsKeyMatParams;
  CK_CMS_SIG_PARAMS: CmsSigParams;
  CK_KEY_DERIVATION_STRING_DATA: KeyDerivationStringData;
  CK_PKCS5_PBKD2_PARAMS: Pkcs5Pbkd2Params;
  CK_PKCS5_PBKD2_PARAMS2: Pkcs5Pbkd2Params2;
  CK_OTP_PARAM: OtpParam;
  CK_OTP_PARAMS: OtpParams;
  CK_OTP_SIGNATURE_INFO: OtpSignatureInfo;
  CK_KIP_PARAMS: KipParams;
  CK_AES_CTR_PARAMS: AesCtrParams;
  CK_GCM_PARAMS: GcmParams;
  CK_GCM_MESSAGE_PARAMS: GcmMessageParams;
  CK_GCM_WRAP_PARAMS: GcmWrapParams;
  CK_CCM_PARAMS: CcmParams;
  CK_CCM_MESSAGE_PARAMS: CcmMessageParams;
  CK_CCM_WRAP_PARAMS: CcmWrapParams;
  CK_AES_GCM_PARAMS: AesGcmParams;
  CK_AES_CCM_PARAMS: AesCcmParams;
  CK_CAMELLIA_CTR_PARAMS: CamelliaCtrParams;
  CK_CAMELLIA_CBC_ENCRYPT_DATA_PARAMS: CamelliaCbcEncryptDataParams;
  CK_ARIA_CBC_ENCRYPT_DATA_PARAMS: AriaCbcEncryptDataParams;
  CK_DSA_PARAMETER_GEN_PARAM: DsaParameterGenParam;
  CK_ECDH_AES_KEY_WRAP_PARAMS: EcdhAesKeyWrapParams;
  CK_RSA_AES_KEY_WRAP_PARAMS: RsaAesKeyWrapParams;
  CK_TLS12_MASTER_KEY_DERIVE_PARAMS: Tls12MasterKeyDeriveParams;
  CK_TLS12_KEY_MAT_PARAMS: Tls12KeyMatParams;
  CK_TLS_KDF_PARAMS: TlsKdfParams;
  CK_TLS_MAC_PARAMS: TlsMacParams;
  CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS: Tls12ExtendedMasterKeyDeriveParams;
  CK_GOSTR3410_DERIVE_PARAMS: Gostr3410DeriveParams;
  CK_GOSTR3410_KEY_WRAP_PARAMS: Gostr3410KeyWrapParams;
  CK_SEED_CBC_ENCRYPT_DATA_PARAMS: SeedCbcEncryptDataParams;
  CK_PRF_DATA_PARAM: PrfDataParam;
  CK_SP800_108_COUNTER_FORMAT: Sp800108CounterFormat;
  CK_SP800_108_DKM_LENGTH_FORMAT: Sp800108DkmLengthFormat;
  CK_DERIVED_KEY: DerivedKey;
  CK_SP800_108_KDF_PARAMS: Sp800108KdfParams;
  CK_SP800_108_FEEDBACK_KDF_PARAMS: Sp800108FeedbackKdfParams;
  CK_EDDSA_PARAMS: EddsaParams;
  CK_CHACHA20_PARAMS: Chacha20Params;
  CK_SALSA20_PARAMS: Salsa20Params;
  CK_SALSA20_CHACHA20_POLY1305_PARAMS: Salsa20Chacha20Poly1305Params;
  CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS: Salsa20Chacha20Poly1305MsgParams;
  CK_X3DH_INITIATE_PARAMS: X3dhInitiateParams;
  CK_X3DH_RESPOND_PARAMS: X3dhRespondParams;
  CK_X2RATCHET_INITIALIZE_PARAMS: X2ratchetInitializeParams;
  CK_X2RATCHET_RESPOND_PARAMS: X2ratchetRespondParams;
  CK_XEDDSA_PARAMS: XeddsaParams;
  CK_HKDF_PARAMS: HkdfParams;
  CK_IKE2_PRF_PLUS_DERIVE_PARAMS: Ike2PrfPlusDeriveParams;
  CK_IKE_PRF_DERIVE_PARAMS: IkePrfDeriveParams;
  CK_IKE1_PRF_DERIVE_PARAMS: Ike1PrfDeriveParams;
  CK_IKE1_EXTENDED_DERIVE_PARAMS: Ike1ExtendedDeriveParams;
  CK_SIGN_ADDITIONAL_CONTEXT: SignAdditionalContext;
  CK_HASH_SIGN_ADDITIONAL_CONTEXT: HashSignAdditionalContext;
}

/** The name of a structure. */
export type StructureName = keyof ParameterByStructure;

/** How each structure goes over the boundary. */
export const LAYOUTS: { readonly [name in StructureName]: Layout } = Object.freeze({
  CK_VERSION: {
    id: 0,
    fields: [
      ['major', 'byte', null, 1],
      ['minor', 'byte', null, 1],
    ],
  },
  CK_INFO: {
    id: 1,
    fields: [
      ['cryptokiVersion', 'struct', 'CK_VERSION', 0],
      ['manufacturerID', 'paddedText', 32, 0],
      ['flags', 'ulong', null, 0],
      ['libraryDescription', 'paddedText', 32, 0],
      ['libraryVersion', 'struct', 'CK_VERSION', 0],
    ],
  },
  CK_SLOT_INFO: {
    id: 2,
    fields: [
      ['slotDescription', 'paddedText', 64, 0],
      ['manufacturerID', 'paddedText', 32, 0],
      ['flags', 'ulong', null, 0],
      ['hardwareVersion', 'struct', 'CK_VERSION', 0],
      ['firmwareVersion', 'struct', 'CK_VERSION', 0],
    ],
  },
  CK_TOKEN_INFO: {
    id: 3,
    fields: [
      ['label', 'paddedText', 32, 0],
      ['manufacturerID', 'paddedText', 32, 0],
      ['model', 'paddedText', 16, 0],
      ['serialNumber', 'paddedText', 16, 0],
      ['flags', 'ulong', null, 0],
      ['maxSessionCount', 'ulong', null, 0],
      ['sessionCount', 'ulong', null, 0],
      ['maxRwSessionCount', 'ulong', null, 0],
      ['rwSessionCount', 'ulong', null, 0],
      ['maxPinLen', 'ulong', null, 0],
      ['minPinLen', 'ulong', null, 0],
      ['totalPublicMemory', 'ulong', null, 0],
      ['freePublicMemory', 'ulong', null, 0],
      ['totalPrivateMemory', 'ulong', null, 0],
      ['freePrivateMemory', 'ulong', null, 0],
      ['hardwareVersion', 'struct', 'CK_VERSION', 0],
      ['firmwareVersion', 'struct', 'CK_VERSION', 0],
      ['utcTime', 'paddedText', 16, 0],
    ],
  },
  CK_SESSION_INFO: {
    id: 4,
    fields: [
      ['slotID', 'ulong', null, 0],
      ['state', 'ulong', null, 0],
      ['flags', 'ulong', null, 0],
      ['deviceError', 'ulong', null, 0],
    ],
  },
  CK_MECHANISM_INFO: {
    id: 5,
    fields: [
      ['minKeySize', 'ulong', null, 0],
      ['maxKeySize', 'ulong', null, 0],
      ['flags', 'ulong', null, 0],
    ],
  },
  CK_RSA_PKCS_OAEP_PARAMS: {
    id: 6,
    fields: [
      ['hashAlg', 'ulong', null, 0],
      ['mgf', 'ulong', null, 0],
      ['source', 'ulong', null, 0, 1],
      ['sourceData', 'bytes', null, 0],
    ],
  },
  CK_RSA_PKCS_PSS_PARAMS: {
    id: 7,
    fields: [
      ['hashAlg', 'ulong', null, 0],
      ['mgf', 'ulong', null, 0],
      ['sLen', 'ulong', null, 0],
    ],
  },
  CK_ECDH1_DERIVE_PARAMS: {
    id: 8,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['sharedData', 'bytes', null, 0],
      ['publicData', 'bytes', null, 0],
    ],
  },
  CK_ECDH2_DERIVE_PARAMS: {
    id: 9,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['sharedData', 'bytes', null, 0],
      ['publicData', 'bytes', null, 0],
      ['privateDataLen', 'ulong', null, 0],
      ['privateData', 'ulong', null, 0, 0],
      ['publicData2', 'bytes', null, 0],
    ],
  },
  CK_ECMQV_DERIVE_PARAMS: {
    id: 10,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['sharedData', 'bytes', null, 0],
      ['publicData', 'bytes', null, 0],
      ['privateDataLen', 'ulong', null, 0],
      ['privateData', 'ulong', null, 0, 0],
      ['publicData2', 'bytes', null, 0],
      ['publicKey', 'ulong', null, 0, 0],
    ],
  },
  CK_X9_42_DH1_DERIVE_PARAMS: {
    id: 11,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['otherInfo', 'bytes', null, 0],
      ['publicData', 'bytes', null, 0],
    ],
  },
  CK_X9_42_DH2_DERIVE_PARAMS: {
    id: 12,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['otherInfo', 'bytes', null, 0],
      ['publicData', 'bytes', null, 0],
      ['privateDataLen', 'ulong', null, 0],
      ['privateData', 'ulong', null, 0, 0],
      ['publicData2', 'bytes', null, 0],
    ],
  },
  CK_X9_42_MQV_DERIVE_PARAMS: {
    id: 13,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['otherInfo', 'bytes', null, 0],
      ['publicData', 'bytes', null, 0],
      ['privateDataLen', 'ulong', null, 0],
      ['privateData', 'ulong', null, 0, 0],
      ['publicData2', 'bytes', null, 0],
      ['publicKey', 'ulong', null, 0, 0],
    ],
  },
  CK_KEA_DERIVE_PARAMS: {
    id: 14,
    fields: [
      ['isSender', 'bool', null, 0],
      ['randomA', 'bytes', null, 0],
      ['randomB', 'bytes', null, 8],
      ['publicData', 'bytes', null, 0],
    ],
  },
  CK_RC2_CBC_PARAMS: {
    id: 15,
    fields: [
      ['effectiveBits', 'ulong', null, 0],
      ['iv', 'fixed', 8, 0],
    ],
  },
  CK_RC2_MAC_GENERAL_PARAMS: {
    id: 16,
    fields: [
      ['effectiveBits', 'ulong', null, 0],
      ['macLength', 'ulong', null, 0],
    ],
  },
  CK_RC5_PARAMS: {
    id: 17,
    fields: [
      ['wordsize', 'ulong', null, 0],
      ['rounds', 'ulong', null, 0],
    ],
  },
  CK_RC5_CBC_PARAMS: {
    id: 18,
    fields: [
      ['wordsize', 'ulong', null, 0],
      ['rounds', 'ulong', null, 0],
      ['iv', 'bytes', null, 0],
    ],
  },
  CK_RC5_MAC_GENERAL_PARAMS: {
    id: 19,
    fields: [
      ['wordsize', 'ulong', null, 0],
      ['rounds', 'ulong', null, 0],
      ['macLength', 'ulong', null, 0],
    ],
  },
  CK_DES_CBC_ENCRYPT_DATA_PARAMS: {
    id: 20,
    fields: [
      ['iv', 'fixed', 8, 0],
      ['data', 'bytes', null, 0],
    ],
  },
  CK_AES_CBC_ENCRYPT_DATA_PARAMS: {
    id: 21,
    fields: [
      ['iv', 'fixed', 16, 0],
      ['data', 'bytes', null, 0],
    ],
  },
  CK_SKIPJACK_PRIVATE_WRAP_PARAMS: {
    id: 22,
    fields: [
      ['password', 'bytes', null, 0],
      ['publicData', 'bytes', null, 0],
      ['randomA', 'bytes', null, 0],
      ['primeP', 'bytes', null, 0],
      ['baseG', 'bytes', null, 8],
      ['subprimeQ', 'bytes', null, 0],
    ],
  },
  CK_SKIPJACK_RELAYX_PARAMS: {
    id: 23,
    fields: [
      ['oldWrappedX', 'bytes', null, 0],
      ['oldPassword', 'bytes', null, 0],
      ['oldPublicData', 'bytes', null, 0],
      ['oldRandomA', 'bytes', null, 0],
      ['newPassword', 'bytes', null, 0],
      ['newPublicData', 'bytes', null, 0],
      ['newRandomA', 'bytes', null, 0],
    ],
  },
  CK_PBE_PARAMS: {
    id: 24,
    fields: [
      ['initVector', 'bytes', 8, 1],
      ['password', 'bytes', null, 0],
      ['salt', 'bytes', null, 0],
      ['iteration', 'ulong', null, 0],
    ],
  },
  CK_KEY_WRAP_SET_OAEP_PARAMS: {
    id: 25,
    fields: [
      ['bc', 'byte', null, 0],
      ['x', 'bytes', null, 0],
    ],
  },
  CK_SSL3_RANDOM_DATA: {
    id: 26,
    fields: [
      ['clientRandom', 'bytes', null, 0],
      ['serverRandom', 'bytes', null, 0],
    ],
  },
  CK_SSL3_MASTER_KEY_DERIVE_PARAMS: {
    id: 27,
    fields: [
      ['randomInfo', 'struct', 'CK_SSL3_RANDOM_DATA', 0],
      ['version', 'pointer', 'CK_VERSION', 0],
    ],
  },
  CK_SSL3_KEY_MAT_OUT: {
    id: 28,
    fields: [
      ['clientMacSecret', 'ulong', null, 1, 0],
      ['serverMacSecret', 'ulong', null, 1, 0],
      ['clientKey', 'ulong', null, 1, 0],
      ['serverKey', 'ulong', null, 1, 0],
      ['ivClient', 'bytes', null, 1],
      ['ivServer', 'bytes', null, 1],
    ],
  },
  CK_SSL3_KEY_MAT_PARAMS: {
    id: 29,
    fields: [
      ['macSizeInBits', 'ulong', null, 0],
      ['keySizeInBits', 'ulong', null, 0],
      ['ivSizeInBits', 'ulong', null, 32],
      ['isExport', 'bool', null, 0, false],
      ['randomInfo', 'struct', 'CK_SSL3_RANDOM_DATA', 0],
      ['returnedKeyMaterial', 'pointer', 'CK_SSL3_KEY_MAT_OUT', 0],
    ],
  },
  CK_TLS_PRF_PARAMS: {
    id: 30,
    fields: [
      ['seed', 'bytes', null, 0],
      ['label', 'bytes', null, 0],
      ['output', 'bytes', null, 5],
    ],
  },
  CK_WTLS_RANDOM_DATA: {
    id: 31,
    fields: [
      ['clientRandom', 'bytes', null, 0],
      ['serverRandom', 'bytes', null, 0],
    ],
  },
  CK_WTLS_MASTER_KEY_DERIVE_PARAMS: {
    id: 32,
    fields: [
      ['digestMechanism', 'ulong', null, 0],
      ['randomInfo', 'struct', 'CK_WTLS_RANDOM_DATA', 0],
      ['version', 'bytes', 1, 1],
    ],
  },
  CK_WTLS_PRF_PARAMS: {
    id: 33,
    fields: [
      ['digestMechanism', 'ulong', null, 0],
      ['seed', 'bytes', null, 0],
      ['label', 'bytes', null, 0],
      ['output', 'bytes', null, 5],
    ],
  },
  CK_WTLS_KEY_MAT_OUT: {
    id: 34,
    fields: [
      ['macSecret', 'ulong', null, 1, 0],
      ['key', 'ulong', null, 1, 0],
      ['iv', 'bytes', null, 1],
    ],
  },
  CK_WTLS_KEY_MAT_PARAMS: {
    id: 35,
    fields: [
      ['digestMechanism', 'ulong', null, 0],
      ['macSizeInBits', 'ulong', null, 0],
      ['keySizeInBits', 'ulong', null, 0],
      ['ivSizeInBits', 'ulong', null, 32],
      ['sequenceNumber', 'ulong', null, 0],
      ['isExport', 'bool', null, 0, false],
      ['randomInfo', 'struct', 'CK_WTLS_RANDOM_DATA', 0],
      ['returnedKeyMaterial', 'pointer', 'CK_WTLS_KEY_MAT_OUT', 0],
    ],
  },
  CK_CMS_SIG_PARAMS: {
    id: 36,
    fields: [
      ['certificateHandle', 'ulong', null, 0, 0],
      ['signingMechanism', 'mechanism', null, 0],
      ['digestMechanism', 'mechanism', null, 0],
      ['contentType', 'text', null, 16],
      ['requestedAttributes', 'bytes', null, 0],
      ['requiredAttributes', 'bytes', null, 0],
    ],
  },
  CK_KEY_DERIVATION_STRING_DATA: {
    id: 37,
    fields: [
      ['data', 'bytes', null, 0],
    ],
  },
  CK_PKCS5_PBKD2_PARAMS: {
    id: 38,
    fields: [
      ['saltSource', 'ulong', null, 0],
      ['saltSourceData', 'bytes', null, 0],
      ['iterations', 'ulong', null, 0],
      ['prf', 'ulong', null, 0],
      ['prfData', 'bytes', null, 0],
      ['password', 'bytes', null, 4],
    ],
  },
  CK_PKCS5_PBKD2_PARAMS2: {
    id: 39,
    fields: [
      ['saltSource', 'ulong', null, 0],
      ['saltSourceData', 'bytes', null, 0],
      ['iterations', 'ulong', null, 0],
      ['prf', 'ulong', null, 0],
      ['prfData', 'bytes', null, 0],
      ['password', 'bytes', null, 0],
    ],
  },
  CK_OTP_PARAM: {
    id: 40,
    fields: [
      ['type', 'ulong', null, 0],
      ['value', 'choice', {
        by: 'type',
        cases: {
          0: 'bytes',
          1: 'bytes',
          2: 'bytes',
          3: 'bytes',
          4: 'bytes',
          5: 'ulong',
          6: 'ulong',
          7: 'ulong',
        },
      }, 0],
    ],
  },
  CK_OTP_PARAMS: {
    id: 41,
    fields: [
      ['params', 'array', 'CK_OTP_PARAM', 0],
    ],
  },
  CK_OTP_SIGNATURE_INFO: {
    id: 42,
    fields: [
      ['params', 'array', 'CK_OTP_PARAM', 0],
    ],
  },
  CK_KIP_PARAMS: {
    id: 43,
    fields: [
      ['mechanism', 'mechanism', null, 0],
      ['key', 'ulong', null, 0, 0],
      ['seed', 'bytes', null, 0],
    ],
  },
  CK_AES_CTR_PARAMS: {
    id: 44,
    fields: [
      ['counterBits', 'ulong', null, 0],
      ['cb', 'fixed', 16, 0],
    ],
  },
  CK_GCM_PARAMS: {
    id: 45,
    fields: [
      ['iv', 'bytes', null, 1],
      ['ivBits', 'ulong', null, 0, { bitsOf: 'iv' }],
      ['aad', 'bytes', null, 0],
      ['tagBits', 'ulong', null, 0],
    ],
  },
  CK_GCM_MESSAGE_PARAMS: {
    id: 46,
    fields: [
      ['iv', 'bytes', null, 1],
      ['ivFixedBits', 'ulong', null, 0, 0],
      ['ivGenerator', 'ulong', null, 0, 0],
      ['tag', 'bytes', null, 3],
    ],
  },
  CK_GCM_WRAP_PARAMS: {
    id: 47,
    fields: [
      ['iv', 'bytes', null, 1],
      ['ivFixedBits', 'ulong', null, 0, 0],
      ['ivGenerator', 'ulong', null, 0, 0],
      ['aad', 'bytes', null, 0],
      ['tagBits', 'ulong', null, 0],
    ],
  },
  CK_CCM_PARAMS: {
    id: 48,
    fields: [
      ['dataLen', 'ulong', null, 0],
      ['nonce', 'bytes', null, 0],
      ['aad', 'bytes', null, 0],
      ['macLen', 'ulong', null, 0],
    ],
  },
  CK_CCM_MESSAGE_PARAMS: {
    id: 49,
    fields: [
      ['dataLen', 'ulong', null, 0],
      ['nonce', 'bytes', null, 1],
      ['nonceFixedBits', 'ulong', null, 0, 0],
      ['nonceGenerator', 'ulong', null, 0, 0],
      ['mac', 'bytes', null, 1],
    ],
  },
  CK_CCM_WRAP_PARAMS: {
    id: 50,
    fields: [
      ['dataLen', 'ulong', null, 0],
      ['nonce', 'bytes', null, 1],
      ['nonceFixedBits', 'ulong', null, 0, 0],
      ['nonceGenerator', 'ulong', null, 0, 0],
      ['aad', 'bytes', null, 0],
      ['macLen', 'ulong', null, 0],
    ],
  },
  CK_AES_GCM_PARAMS: {
    id: 51,
    fields: [
      ['iv', 'bytes', null, 1],
      ['ivBits', 'ulong', null, 0, { bitsOf: 'iv' }],
      ['aad', 'bytes', null, 0],
      ['tagBits', 'ulong', null, 0],
    ],
  },
  CK_AES_CCM_PARAMS: {
    id: 52,
    fields: [
      ['dataLen', 'ulong', null, 0],
      ['nonce', 'bytes', null, 0],
      ['aad', 'bytes', null, 0],
      ['macLen', 'ulong', null, 0],
    ],
  },
  CK_CAMELLIA_CTR_PARAMS: {
    id: 53,
    fields: [
      ['counterBits', 'ulong', null, 0],
      ['cb', 'fixed', 16, 0],
    ],
  },
  CK_CAMELLIA_CBC_ENCRYPT_DATA_PARAMS: {
    id: 54,
    fields: [
      ['iv', 'fixed', 16, 0],
      ['data', 'bytes', null, 0],
    ],
  },
  CK_ARIA_CBC_ENCRYPT_DATA_PARAMS: {
    id: 55,
    fields: [
      ['iv', 'fixed', 16, 0],
      ['data', 'bytes', null, 0],
    ],
  },
  CK_DSA_PARAMETER_GEN_PARAM: {
    id: 56,
    fields: [
      ['hash', 'ulong', null, 0],
      ['seed', 'bytes', null, 0],
      ['index', 'ulong', null, 0],
    ],
  },
  CK_ECDH_AES_KEY_WRAP_PARAMS: {
    id: 57,
    fields: [
      ['aesKeyBits', 'ulong', null, 0],
      ['kdf', 'ulong', null, 0],
      ['sharedData', 'bytes', null, 0],
    ],
  },
  CK_RSA_AES_KEY_WRAP_PARAMS: {
    id: 58,
    fields: [
      ['aesKeyBits', 'ulong', null, 0],
      ['oaepParams', 'pointer', 'CK_RSA_PKCS_OAEP_PARAMS', 0],
    ],
  },
  CK_TLS12_MASTER_KEY_DERIVE_PARAMS: {
    id: 59,
    fields: [
      ['randomInfo', 'struct', 'CK_SSL3_RANDOM_DATA', 0],
      ['version', 'pointer', 'CK_VERSION', 0],
      ['prfHashMechanism', 'ulong', null, 0],
    ],
  },
  CK_TLS12_KEY_MAT_PARAMS: {
    id: 60,
    fields: [
      ['macSizeInBits', 'ulong', null, 0],
      ['keySizeInBits', 'ulong', null, 0],
      ['ivSizeInBits', 'ulong', null, 32],
      ['isExport', 'bool', null, 0, false],
      ['randomInfo', 'struct', 'CK_SSL3_RANDOM_DATA', 0],
      ['returnedKeyMaterial', 'pointer', 'CK_SSL3_KEY_MAT_OUT', 0],
      ['prfHashMechanism', 'ulong', null, 0],
    ],
  },
  CK_TLS_KDF_PARAMS: {
    id: 61,
    fields: [
      ['prfMechanism', 'ulong', null, 0],
      ['label', 'bytes', null, 0],
      ['randomInfo', 'struct', 'CK_SSL3_RANDOM_DATA', 0],
      ['contextData', 'bytes', null, 0],
    ],
  },
  CK_TLS_MAC_PARAMS: {
    id: 62,
    fields: [
      ['prfHashMechanism', 'ulong', null, 0],
      ['macLength', 'ulong', null, 0],
      ['serverOrClient', 'ulong', null, 0],
    ],
  },
  CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS: {
    id: 63,
    fields: [
      ['prfHashMechanism', 'ulong', null, 0],
      ['sessionHash', 'bytes', null, 0],
      ['version', 'pointer', 'CK_VERSION', 0],
    ],
  },
  CK_GOSTR3410_DERIVE_PARAMS: {
    id: 64,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['publicData', 'bytes', null, 0],
      ['ukm', 'bytes', null, 0],
    ],
  },
  CK_GOSTR3410_KEY_WRAP_PARAMS: {
    id: 65,
    fields: [
      ['wrapOid', 'bytes', null, 0],
      ['ukm', 'bytes', null, 0],
      ['key', 'ulong', null, 0, 0],
    ],
  },
  CK_SEED_CBC_ENCRYPT_DATA_PARAMS: {
    id: 66,
    fields: [
      ['iv', 'fixed', 16, 0],
      ['data', 'bytes', null, 0],
    ],
  },
  CK_PRF_DATA_PARAM: {
    id: 67,
    fields: [
      ['type', 'ulong', null, 0],
      ['value', 'choice', {
        by: 'type',
        cases: {
          1: 'CK_SP800_108_COUNTER_FORMAT',
          2: 'CK_SP800_108_COUNTER_FORMAT',
          3: 'CK_SP800_108_DKM_LENGTH_FORMAT',
          4: 'bytes',
          5: 'ulong',
        },
      }, 0],
    ],
  },
  CK_SP800_108_COUNTER_FORMAT: {
    id: 68,
    fields: [
      ['littleEndian', 'bool', null, 0],
      ['widthInBits', 'ulong', null, 0],
    ],
  },
  CK_SP800_108_DKM_LENGTH_FORMAT: {
    id: 69,
    fields: [
      ['dkmLengthMethod', 'ulong', null, 0],
      ['littleEndian', 'bool', null, 0],
      ['widthInBits', 'ulong', null, 0],
    ],
  },
  CK_DERIVED_KEY: {
    id: 70,
    fields: [
      ['template', 'template', null, 0],
      ['key', 'handle', null, 1],
    ],
  },
  CK_SP800_108_KDF_PARAMS: {
    id: 71,
    fields: [
      ['prfType', 'ulong', null, 0],
      ['dataParams', 'array', 'CK_PRF_DATA_PARAM', 0],
      ['additionalDerivedKeys', 'array', 'CK_DERIVED_KEY', 0],
    ],
  },
  CK_SP800_108_FEEDBACK_KDF_PARAMS: {
    id: 72,
    fields: [
      ['prfType', 'ulong', null, 0],
      ['dataParams', 'array', 'CK_PRF_DATA_PARAM', 0],
      ['iv', 'bytes', null, 0],
      ['additionalDerivedKeys', 'array', 'CK_DERIVED_KEY', 0],
    ],
  },
  CK_EDDSA_PARAMS: {
    id: 73,
    fields: [
      ['phFlag', 'bool', null, 0, false],
      ['contextData', 'bytes', null, 0],
    ],
  },
  CK_CHACHA20_PARAMS: {
    id: 74,
    fields: [
      ['blockCounter', 'bytes', null, 2],
      ['nonce', 'bytes', null, 2],
    ],
  },
  CK_SALSA20_PARAMS: {
    id: 75,
    fields: [
      ['blockCounter', 'bytes', 8, 0],
      ['nonce', 'bytes', null, 2],
    ],
  },
  CK_SALSA20_CHACHA20_POLY1305_PARAMS: {
    id: 76,
    fields: [
      ['nonce', 'bytes', null, 0],
      ['aad', 'bytes', null, 0],
    ],
  },
  CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS: {
    id: 77,
    fields: [
      ['nonce', 'bytes', null, 0],
      ['tag', 'bytes', 16, 1],
    ],
  },
  CK_X3DH_INITIATE_PARAMS: {
    id: 78,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['peerIdentity', 'ulong', null, 0, 0],
      ['peerPrekey', 'ulong', null, 0, 0],
      ['prekeySignature', 'bytes', null, 0],
      ['onetimeKey', 'bytes', null, 0],
      ['ownIdentity', 'ulong', null, 0, 0],
      ['ownEphemeral', 'ulong', null, 0, 0],
    ],
  },
  CK_X3DH_RESPOND_PARAMS: {
    id: 79,
    fields: [
      ['kdf', 'ulong', null, 0],
      ['identityId', 'bytes', null, 0],
      ['prekeyId', 'bytes', null, 0],
      ['onetimeId', 'bytes', null, 0],
      ['initiatorIdentity', 'ulong', null, 0, 0],
      ['initiatorEphemeral', 'bytes', null, 0],
    ],
  },
  CK_X2RATCHET_INITIALIZE_PARAMS: {
    id: 80,
    fields: [
      ['sk', 'bytes', null, 0],
      ['peerPublicPrekey', 'ulong', null, 0, 0],
      ['peerPublicIdentity', 'ulong', null, 0, 0],
      ['ownPublicIdentity', 'ulong', null, 0, 0],
      ['encryptedHeader', 'bool', null, 0],
      ['curve', 'ulong', null, 0],
      ['aeadMechanism', 'ulong', null, 0],
      ['kdfMechanism', 'ulong', null, 0],
    ],
  },
  CK_X2RATCHET_RESPOND_PARAMS: {
    id: 81,
    fields: [
      ['sk', 'bytes', null, 0],
      ['ownPrekey', 'ulong', null, 0, 0],
      ['initiatorIdentity', 'ulong', null, 0, 0],
      ['ownPublicIdentity', 'ulong', null, 0, 0],
      ['encryptedHeader', 'bool', null, 0],
      ['curve', 'ulong', null, 0],
      ['aeadMechanism', 'ulong', null, 0],
      ['kdfMechanism', 'ulong', null, 0],
    ],
  },
  CK_XEDDSA_PARAMS: {
    id: 82,
    fields: [
      ['hash', 'ulong', null, 0],
    ],
  },
  CK_HKDF_PARAMS: {
    id: 83,
    fields: [
      ['extract', 'bool', null, 0],
      ['expand', 'bool', null, 0],
      ['prfHashMechanism', 'ulong', null, 0],
      ['saltType', 'ulong', null, 0],
      ['salt', 'bytes', null, 0],
      ['saltKey', 'ulong', null, 0, 0],
      ['info', 'bytes', null, 0],
    ],
  },
  CK_IKE2_PRF_PLUS_DERIVE_PARAMS: {
    id: 84,
    fields: [
      ['prfMechanism', 'ulong', null, 0],
      ['hasSeedKey', 'bool', null, 0],
      ['seedKey', 'ulong', null, 0, 0],
      ['seedData', 'bytes', null, 0],
    ],
  },
  CK_IKE_PRF_DERIVE_PARAMS: {
    id: 85,
    fields: [
      ['prfMechanism', 'ulong', null, 0],
      ['dataAsKey', 'bool', null, 0],
      ['rekey', 'bool', null, 0],
      ['ni', 'bytes', null, 0],
      ['nr', 'bytes', null, 0],
      ['newKey', 'ulong', null, 0, 0],
    ],
  },
  CK_IKE1_PRF_DERIVE_PARAMS: {
    id: 86,
    fields: [
      ['prfMechanism', 'ulong', null, 0],
      ['hasPrevKey', 'bool', null, 0],
      ['keygxy', 'ulong', null, 0, 0],
      ['prevKey', 'ulong', null, 0, 0],
      ['ckyI', 'bytes', null, 0],
      ['ckyR', 'bytes', null, 0],
      ['keyNumber', 'byte', null, 0],
    ],
  },
  CK_IKE1_EXTENDED_DERIVE_PARAMS: {
    id: 87,
    fields: [
      ['prfMechanism', 'ulong', null, 0],
      ['hasKeygxy', 'bool', null, 0],
      ['keygxy', 'ulong', null, 0, 0],
      ['extraData', 'bytes', null, 0],
    ],
  },
  CK_SIGN_ADDITIONAL_CONTEXT: {
    id: 88,
    fields: [
      ['hedgeVariant', 'ulong', null, 0, 0],
      ['context', 'bytes', null, 0],
    ],
  },
  CK_HASH_SIGN_ADDITIONAL_CONTEXT: {
    id: 89,
    fields: [
      ['hedgeVariant', 'ulong', null, 0, 0],
      ['context', 'bytes', null, 0],
      ['hash', 'ulong', null, 0],
    ],
  },
});

/** The parameter that the standard gives each mechanism; a mechanism that is not here takes none. */
export const MECHANISM_PARAMETER: { readonly [mechanism: number]: StructureName | 'ulong' | 'bytes' } = Object.freeze({
  0x00000009: 'CK_RSA_PKCS_OAEP_PARAMS', // CKM_RSA_PKCS_OAEP
  0x0000000d: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_RSA_PKCS_PSS
  0x0000000e: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA1_RSA_PKCS_PSS
  0x00000021: 'bytes', // CKM_DH_PKCS_DERIVE
  0x00000031: 'CK_X9_42_DH1_DERIVE_PARAMS', // CKM_X9_42_DH_DERIVE
  0x00000032: 'CK_X9_42_DH2_DERIVE_PARAMS', // CKM_X9_42_DH_HYBRID_DERIVE
  0x00000033: 'CK_X9_42_MQV_DERIVE_PARAMS', // CKM_X9_42_MQV_DERIVE
  0x00000043: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA256_RSA_PKCS_PSS
  0x00000044: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA384_RSA_PKCS_PSS
  0x00000045: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA512_RSA_PKCS_PSS
  0x00000047: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA224_RSA_PKCS_PSS
  0x0000004a: 'ulong', // CKM_SHA512_224_HMAC_GENERAL
  0x0000004e: 'ulong', // CKM_SHA512_256_HMAC_GENERAL
  0x00000050: 'ulong', // CKM_SHA512_T
  0x00000051: 'ulong', // CKM_SHA512_T_HMAC
  0x00000052: 'ulong', // CKM_SHA512_T_HMAC_GENERAL
  0x00000053: 'ulong', // CKM_SHA512_T_KEY_DERIVATION
  0x00000101: 'ulong', // CKM_RC2_ECB
  0x00000102: 'CK_RC2_CBC_PARAMS', // CKM_RC2_CBC
  0x00000103: 'ulong', // CKM_RC2_MAC
  0x00000104: 'CK_RC2_MAC_GENERAL_PARAMS', // CKM_RC2_MAC_GENERAL
  0x00000105: 'CK_RC2_CBC_PARAMS', // CKM_RC2_CBC_PAD
  0x00000122: 'bytes', // CKM_DES_CBC
  0x00000124: 'ulong', // CKM_DES_MAC_GENERAL
  0x00000125: 'bytes', // CKM_DES_CBC_PAD
  0x00000133: 'bytes', // CKM_DES3_CBC
  0x00000135: 'ulong', // CKM_DES3_MAC_GENERAL
  0x00000136: 'bytes', // CKM_DES3_CBC_PAD
  0x00000137: 'ulong', // CKM_DES3_CMAC_GENERAL
  0x00000142: 'bytes', // CKM_CDMF_CBC
  0x00000144: 'ulong', // CKM_CDMF_MAC_GENERAL
  0x00000145: 'bytes', // CKM_CDMF_CBC_PAD
  0x00000150: 'bytes', // CKM_DES_OFB64
  0x00000151: 'bytes', // CKM_DES_OFB8
  0x00000152: 'bytes', // CKM_DES_CFB64
  0x00000153: 'bytes', // CKM_DES_CFB8
  0x00000202: 'ulong', // CKM_MD2_HMAC_GENERAL
  0x00000212: 'ulong', // CKM_MD5_HMAC_GENERAL
  0x00000222: 'ulong', // CKM_SHA_1_HMAC_GENERAL
  0x00000232: 'ulong', // CKM_RIPEMD128_HMAC_GENERAL
  0x00000242: 'ulong', // CKM_RIPEMD160_HMAC_GENERAL
  0x00000252: 'ulong', // CKM_SHA256_HMAC_GENERAL
  0x00000257: 'ulong', // CKM_SHA224_HMAC_GENERAL
  0x00000262: 'ulong', // CKM_SHA384_HMAC_GENERAL
  0x00000272: 'ulong', // CKM_SHA512_HMAC_GENERAL
  0x00000282: 'CK_OTP_PARAMS', // CKM_SECURID
  0x00000291: 'CK_OTP_PARAMS', // CKM_HOTP
  0x000002a0: 'CK_OTP_PARAMS', // CKM_ACTI
  0x00000302: 'bytes', // CKM_CAST_CBC
  0x00000304: 'ulong', // CKM_CAST_MAC_GENERAL
  0x00000305: 'bytes', // CKM_CAST_CBC_PAD
  0x00000312: 'bytes', // CKM_CAST3_CBC
  0x00000314: 'ulong', // CKM_CAST3_MAC_GENERAL
  0x00000315: 'bytes', // CKM_CAST3_CBC_PAD
  0x00000322: 'bytes', // CKM_CAST128_CBC
  0x00000324: 'ulong', // CKM_CAST128_MAC_GENERAL
  0x00000325: 'bytes', // CKM_CAST128_CBC_PAD
  0x00000331: 'CK_RC5_PARAMS', // CKM_RC5_ECB
  0x00000332: 'CK_RC5_CBC_PARAMS', // CKM_RC5_CBC
  0x00000333: 'CK_RC5_PARAMS', // CKM_RC5_MAC
  0x00000334: 'CK_RC5_MAC_GENERAL_PARAMS', // CKM_RC5_MAC_GENERAL
  0x00000335: 'CK_RC5_CBC_PARAMS', // CKM_RC5_CBC_PAD
  0x00000342: 'bytes', // CKM_IDEA_CBC
  0x00000344: 'ulong', // CKM_IDEA_MAC_GENERAL
  0x00000345: 'bytes', // CKM_IDEA_CBC_PAD
  0x00000360: 'ulong', // CKM_CONCATENATE_BASE_AND_KEY
  0x00000362: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_CONCATENATE_BASE_AND_DATA
  0x00000363: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_CONCATENATE_DATA_AND_BASE
  0x00000364: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_XOR_BASE_AND_DATA
  0x00000365: 'ulong', // CKM_EXTRACT_KEY_FROM_KEY
  0x00000370: 'CK_VERSION', // CKM_SSL3_PRE_MASTER_KEY_GEN
  0x00000371: 'CK_SSL3_MASTER_KEY_DERIVE_PARAMS', // CKM_SSL3_MASTER_KEY_DERIVE
  0x00000372: 'CK_SSL3_KEY_MAT_PARAMS', // CKM_SSL3_KEY_AND_MAC_DERIVE
  0x00000373: 'CK_SSL3_MASTER_KEY_DERIVE_PARAMS', // CKM_SSL3_MASTER_KEY_DERIVE_DH
  0x00000374: 'CK_VERSION', // CKM_TLS_PRE_MASTER_KEY_GEN
  0x00000375: 'CK_SSL3_MASTER_KEY_DERIVE_PARAMS', // CKM_TLS_MASTER_KEY_DERIVE
  0x00000376: 'CK_SSL3_KEY_MAT_PARAMS', // CKM_TLS_KEY_AND_MAC_DERIVE
  0x00000377: 'CK_SSL3_MASTER_KEY_DERIVE_PARAMS', // CKM_TLS_MASTER_KEY_DERIVE_DH
  0x00000378: 'CK_TLS_PRF_PARAMS', // CKM_TLS_PRF
  0x00000380: 'ulong', // CKM_SSL3_MD5_MAC
  0x00000381: 'ulong', // CKM_SSL3_SHA1_MAC
  0x000003a0: 'CK_PBE_PARAMS', // CKM_PBE_MD2_DES_CBC
  0x000003a1: 'CK_PBE_PARAMS', // CKM_PBE_MD5_DES_CBC
  0x000003a2: 'CK_PBE_PARAMS', // CKM_PBE_MD5_CAST_CBC
  0x000003a3: 'CK_PBE_PARAMS', // CKM_PBE_MD5_CAST3_CBC
  0x000003a4: 'CK_PBE_PARAMS', // CKM_PBE_MD5_CAST128_CBC
  0x000003a5: 'CK_PBE_PARAMS', // CKM_PBE_SHA1_CAST128_CBC
  0x000003a6: 'CK_PBE_PARAMS', // CKM_PBE_SHA1_RC4_128
  0x000003a7: 'CK_PBE_PARAMS', // CKM_PBE_SHA1_RC4_40
  0x000003a8: 'CK_PBE_PARAMS', // CKM_PBE_SHA1_DES3_EDE_CBC
  0x000003a9: 'CK_PBE_PARAMS', // CKM_PBE_SHA1_DES2_EDE_CBC
  0x000003aa: 'CK_PBE_PARAMS', // CKM_PBE_SHA1_RC2_128_CBC
  0x000003ab: 'CK_PBE_PARAMS', // CKM_PBE_SHA1_RC2_40_CBC
  0x000003b0: 'CK_PKCS5_PBKD2_PARAMS2', // CKM_PKCS5_PBKD2
  0x000003c0: 'CK_PBE_PARAMS', // CKM_PBA_SHA1_WITH_SHA1_HMAC
  0x000003d0: 'bytes', // CKM_WTLS_PRE_MASTER_KEY_GEN
  0x000003d1: 'CK_WTLS_MASTER_KEY_DERIVE_PARAMS', // CKM_WTLS_MASTER_KEY_DERIVE
  0x000003d2: 'CK_WTLS_MASTER_KEY_DERIVE_PARAMS', // CKM_WTLS_MASTER_KEY_DERIVE_DH_ECC
  0x000003d3: 'CK_WTLS_PRF_PARAMS', // CKM_WTLS_PRF
  0x000003d4: 'CK_WTLS_KEY_MAT_PARAMS', // CKM_WTLS_SERVER_KEY_AND_MAC_DERIVE
  0x000003d5: 'CK_WTLS_KEY_MAT_PARAMS', // CKM_WTLS_CLIENT_KEY_AND_MAC_DERIVE
  0x000003d8: 'CK_TLS_MAC_PARAMS', // CKM_TLS12_MAC
  0x000003d9: 'CK_TLS_KDF_PARAMS', // CKM_TLS12_KDF
  0x000003e0: 'CK_TLS12_MASTER_KEY_DERIVE_PARAMS', // CKM_TLS12_MASTER_KEY_DERIVE
  0x000003e1: 'CK_TLS12_KEY_MAT_PARAMS', // CKM_TLS12_KEY_AND_MAC_DERIVE
  0x000003e2: 'CK_TLS12_MASTER_KEY_DERIVE_PARAMS', // CKM_TLS12_MASTER_KEY_DERIVE_DH
  0x000003e3: 'CK_TLS12_KEY_MAT_PARAMS', // CKM_TLS12_KEY_SAFE_DERIVE
  0x000003e4: 'CK_TLS_MAC_PARAMS', // CKM_TLS_MAC
  0x000003e5: 'CK_TLS_KDF_PARAMS', // CKM_TLS_KDF
  0x00000401: 'CK_KEY_WRAP_SET_OAEP_PARAMS', // CKM_KEY_WRAP_SET_OAEP
  0x00000500: 'CK_CMS_SIG_PARAMS', // CKM_CMS_SIG
  0x00000510: 'CK_KIP_PARAMS', // CKM_KIP_DERIVE
  0x00000511: 'CK_KIP_PARAMS', // CKM_KIP_WRAP
  0x00000512: 'CK_KIP_PARAMS', // CKM_KIP_MAC
  0x00000552: 'bytes', // CKM_CAMELLIA_CBC
  0x00000554: 'ulong', // CKM_CAMELLIA_MAC_GENERAL
  0x00000555: 'bytes', // CKM_CAMELLIA_CBC_PAD
  0x00000556: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_CAMELLIA_ECB_ENCRYPT_DATA
  0x00000557: 'CK_CAMELLIA_CBC_ENCRYPT_DATA_PARAMS', // CKM_CAMELLIA_CBC_ENCRYPT_DATA
  0x00000558: 'CK_CAMELLIA_CTR_PARAMS', // CKM_CAMELLIA_CTR
  0x00000562: 'bytes', // CKM_ARIA_CBC
  0x00000564: 'ulong', // CKM_ARIA_MAC_GENERAL
  0x00000565: 'bytes', // CKM_ARIA_CBC_PAD
  0x00000566: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_ARIA_ECB_ENCRYPT_DATA
  0x00000567: 'CK_ARIA_CBC_ENCRYPT_DATA_PARAMS', // CKM_ARIA_CBC_ENCRYPT_DATA
  0x00000652: 'bytes', // CKM_SEED_CBC
  0x00000654: 'ulong', // CKM_SEED_MAC_GENERAL
  0x00000655: 'bytes', // CKM_SEED_CBC_PAD
  0x00000656: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_SEED_ECB_ENCRYPT_DATA
  0x00000657: 'CK_SEED_CBC_ENCRYPT_DATA_PARAMS', // CKM_SEED_CBC_ENCRYPT_DATA
  0x00001001: 'bytes', // CKM_SKIPJACK_ECB64
  0x00001002: 'bytes', // CKM_SKIPJACK_CBC64
  0x00001003: 'bytes', // CKM_SKIPJACK_OFB64
  0x00001004: 'bytes', // CKM_SKIPJACK_CFB64
  0x00001005: 'bytes', // CKM_SKIPJACK_CFB32
  0x00001006: 'bytes', // CKM_SKIPJACK_CFB16
  0x00001007: 'bytes', // CKM_SKIPJACK_CFB8
  0x00001009: 'CK_SKIPJACK_PRIVATE_WRAP_PARAMS', // CKM_SKIPJACK_PRIVATE_WRAP
  0x0000100a: 'CK_SKIPJACK_RELAYX_PARAMS', // CKM_SKIPJACK_RELAYX
  0x00001011: 'CK_KEA_DERIVE_PARAMS', // CKM_KEA_KEY_DERIVE
  0x00001012: 'CK_KEA_DERIVE_PARAMS', // CKM_KEA_DERIVE
  0x00001031: 'bytes', // CKM_BATON_ECB128
  0x00001032: 'bytes', // CKM_BATON_ECB96
  0x00001033: 'bytes', // CKM_BATON_CBC128
  0x00001034: 'bytes', // CKM_BATON_COUNTER
  0x00001035: 'bytes', // CKM_BATON_SHUFFLE
  0x00001050: 'CK_ECDH1_DERIVE_PARAMS', // CKM_ECDH1_DERIVE
  0x00001051: 'CK_ECDH1_DERIVE_PARAMS', // CKM_ECDH1_COFACTOR_DERIVE
  0x00001052: 'CK_ECMQV_DERIVE_PARAMS', // CKM_ECMQV_DERIVE
  0x00001053: 'CK_ECDH_AES_KEY_WRAP_PARAMS', // CKM_ECDH_AES_KEY_WRAP
  0x00001054: 'CK_RSA_AES_KEY_WRAP_PARAMS', // CKM_RSA_AES_KEY_WRAP
  0x00001061: 'bytes', // CKM_JUNIPER_ECB128
  0x00001062: 'bytes', // CKM_JUNIPER_CBC128
  0x00001063: 'bytes', // CKM_JUNIPER_COUNTER
  0x00001064: 'bytes', // CKM_JUNIPER_SHUFFLE
  0x00001082: 'bytes', // CKM_AES_CBC
  0x00001084: 'ulong', // CKM_AES_MAC_GENERAL
  0x00001085: 'bytes', // CKM_AES_CBC_PAD
  0x00001086: 'CK_AES_CTR_PARAMS', // CKM_AES_CTR
  0x00001087: 'CK_GCM_PARAMS', // CKM_AES_GCM
  0x00001088: 'CK_CCM_PARAMS', // CKM_AES_CCM
  0x00001089: 'bytes', // CKM_AES_CTS
  0x0000108b: 'ulong', // CKM_AES_CMAC_GENERAL
  0x0000108e: 'CK_GCM_PARAMS', // CKM_AES_GMAC
  0x00001091: 'bytes', // CKM_BLOWFISH_CBC
  0x00001093: 'bytes', // CKM_TWOFISH_CBC
  0x00001094: 'bytes', // CKM_BLOWFISH_CBC_PAD
  0x00001095: 'bytes', // CKM_TWOFISH_CBC_PAD
  0x00001100: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_DES_ECB_ENCRYPT_DATA
  0x00001101: 'CK_DES_CBC_ENCRYPT_DATA_PARAMS', // CKM_DES_CBC_ENCRYPT_DATA
  0x00001102: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_DES3_ECB_ENCRYPT_DATA
  0x00001103: 'CK_DES_CBC_ENCRYPT_DATA_PARAMS', // CKM_DES3_CBC_ENCRYPT_DATA
  0x00001104: 'CK_KEY_DERIVATION_STRING_DATA', // CKM_AES_ECB_ENCRYPT_DATA
  0x00001105: 'CK_AES_CBC_ENCRYPT_DATA_PARAMS', // CKM_AES_CBC_ENCRYPT_DATA
  0x00001202: 'bytes', // CKM_GOSTR3410_WITH_GOSTR3411
  0x00001203: 'CK_GOSTR3410_KEY_WRAP_PARAMS', // CKM_GOSTR3410_KEY_WRAP
  0x00001204: 'CK_GOSTR3410_DERIVE_PARAMS', // CKM_GOSTR3410_DERIVE
  0x00001210: 'bytes', // CKM_GOSTR3411
  0x00001211: 'bytes', // CKM_GOSTR3411_HMAC
  0x00001222: 'bytes', // CKM_GOST28147
  0x00001223: 'bytes', // CKM_GOST28147_MAC
  0x00001224: 'bytes', // CKM_GOST28147_KEY_WRAP
  0x00002004: 'CK_DSA_PARAMETER_GEN_PARAM', // CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN
  0x00002104: 'bytes', // CKM_AES_OFB
  0x00002105: 'bytes', // CKM_AES_CFB64
  0x00002106: 'bytes', // CKM_AES_CFB8
  0x00002107: 'bytes', // CKM_AES_CFB128
  0x00002108: 'bytes', // CKM_AES_CFB1
  0x00002109: 'bytes', // CKM_AES_KEY_WRAP
  0x0000210a: 'bytes', // CKM_AES_KEY_WRAP_PAD
  0x00000063: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA3_256_RSA_PKCS_PSS
  0x00000064: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA3_384_RSA_PKCS_PSS
  0x00000065: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA3_512_RSA_PKCS_PSS
  0x00000067: 'CK_RSA_PKCS_PSS_PARAMS', // CKM_SHA3_224_RSA_PKCS_PSS
  0x000002b2: 'ulong', // CKM_SHA3_256_HMAC_GENERAL
  0x000002b7: 'ulong', // CKM_SHA3_224_HMAC_GENERAL
  0x000002c2: 'ulong', // CKM_SHA3_384_HMAC_GENERAL
  0x000002d2: 'ulong', // CKM_SHA3_512_HMAC_GENERAL
  0x00001071: 'bytes', // CKM_AES_XTS
  0x00001226: 'CK_CHACHA20_PARAMS', // CKM_CHACHA20
  0x00002003: 'CK_DSA_PARAMETER_GEN_PARAM', // CKM_DSA_PROBABILISTIC_PARAMETER_GEN
  0x00002005: 'CK_DSA_PARAMETER_GEN_PARAM', // CKM_DSA_FIPS_G_GEN
  0x0000210b: 'bytes', // CKM_AES_KEY_WRAP_KWP
  0x0000400e: 'ulong', // CKM_BLAKE2B_160_HMAC_GENERAL
  0x00004013: 'ulong', // CKM_BLAKE2B_256_HMAC_GENERAL
  0x00004018: 'ulong', // CKM_BLAKE2B_384_HMAC_GENERAL
  0x0000401d: 'ulong', // CKM_BLAKE2B_512_HMAC_GENERAL
  0x00004020: 'CK_SALSA20_PARAMS', // CKM_SALSA20
  0x00004021: 'CK_SALSA20_CHACHA20_POLY1305_PARAMS', // CKM_CHACHA20_POLY1305
  0x00004022: 'CK_SALSA20_CHACHA20_POLY1305_PARAMS', // CKM_SALSA20_POLY1305
  0x00004023: 'CK_X3DH_INITIATE_PARAMS', // CKM_X3DH_INITIALIZE
  0x00004024: 'CK_X3DH_RESPOND_PARAMS', // CKM_X3DH_RESPOND
  0x00004025: 'CK_X2RATCHET_INITIALIZE_PARAMS', // CKM_X2RATCHET_INITIALIZE
  0x00004026: 'CK_X2RATCHET_RESPOND_PARAMS', // CKM_X2RATCHET_RESPOND
  0x00004029: 'CK_XEDDSA_PARAMS', // CKM_XEDDSA
  0x0000402a: 'CK_HKDF_PARAMS', // CKM_HKDF_DERIVE
  0x0000402b: 'CK_HKDF_PARAMS', // CKM_HKDF_DATA
  0x00001057: 'CK_EDDSA_PARAMS', // CKM_EDDSA
  0x000003ac: 'CK_SP800_108_KDF_PARAMS', // CKM_SP800_108_COUNTER_KDF
  0x000003ad: 'CK_SP800_108_FEEDBACK_KDF_PARAMS', // CKM_SP800_108_FEEDBACK_KDF
  0x000003ae: 'CK_SP800_108_KDF_PARAMS', // CKM_SP800_108_DOUBLE_PIPELINE_KDF
  0x0000210c: 'bytes', // CKM_AES_KEY_WRAP_PKCS7
  0x0000402e: 'CK_IKE2_PRF_PLUS_DERIVE_PARAMS', // CKM_IKE2_PRF_PLUS_DERIVE
  0x0000402f: 'CK_IKE_PRF_DERIVE_PARAMS', // CKM_IKE_PRF_DERIVE
  0x00004030: 'CK_IKE1_PRF_DERIVE_PARAMS', // CKM_IKE1_PRF_DERIVE
  0x00004031: 'CK_IKE1_EXTENDED_DERIVE_PARAMS', // CKM_IKE1_EXTENDED_DERIVE
  0x00004038: 'CK_ECDH_AES_KEY_WRAP_PARAMS', // CKM_ECDH_X_AES_KEY_WRAP
  0x00004039: 'CK_ECDH_AES_KEY_WRAP_PARAMS', // CKM_ECDH_COF_AES_KEY_WRAP
  0x0000001d: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_ML_DSA
  0x0000001f: 'CK_HASH_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA
  0x00000023: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHA224
  0x00000024: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHA256
  0x00000025: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHA384
  0x00000026: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHA512
  0x00000027: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHA3_224
  0x00000028: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHA3_256
  0x00000029: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHA3_384
  0x0000002a: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHA3_512
  0x0000002b: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHAKE128
  0x0000002c: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_ML_DSA_SHAKE256
  0x0000002e: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_SLH_DSA
  0x00000034: 'CK_HASH_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA
  0x00000036: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHA224
  0x00000037: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHA256
  0x00000038: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHA384
  0x00000039: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHA512
  0x0000003a: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHA3_224
  0x0000003b: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHA3_256
  0x0000003c: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHA3_384
  0x0000003d: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHA3_512
  0x0000003e: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHAKE128
  0x0000003f: 'CK_SIGN_ADDITIONAL_CONTEXT', // CKM_HASH_SLH_DSA_SHAKE256
  0x00000056: 'CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS', // CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE
  0x00000057: 'CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS', // CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH
});

/** The parameter of each message of a mechanism (3.0), and of the mechanism in `C_WrapKeyAuthenticated` and `C_UnwrapKeyAuthenticated` (3.2). */
export const MESSAGE_PARAMETER: { readonly [mechanism: number]: StructureName } = Object.freeze({
  0x00001087: 'CK_GCM_MESSAGE_PARAMS', // CKM_AES_GCM
  0x00001088: 'CK_CCM_MESSAGE_PARAMS', // CKM_AES_CCM
  0x00004021: 'CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS', // CKM_CHACHA20_POLY1305
  0x00004022: 'CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS', // CKM_SALSA20_POLY1305
});

/** What 3.2 gives a mechanism in `C_WrapKey` and `C_UnwrapKey` where that is another structure; libraries of earlier versions take the one above. */
export const WRAP_PARAMETER: { readonly [mechanism: number]: StructureName } = Object.freeze({
  0x00001087: 'CK_GCM_WRAP_PARAMS', // CKM_AES_GCM
  0x00001088: 'CK_CCM_WRAP_PARAMS', // CKM_AES_CCM
});
