// Generated from spec/ by scripts/generate.mjs. Not to be edited by hand.

/** How the value of an attribute is read and written. */
export type AttributeKind = 'bool' | 'ulong' | 'bytes' | 'text' | 'date' | 'ulongs' | 'template';

/** Attributes of an object: a template, or what was read. The names are the standard's, in camelCase and without `CKA_`. */
export interface Attributes {
  /** `CKA_CLASS` */
  class?: number;
  /** `CKA_TOKEN` */
  token?: boolean;
  /** `CKA_PRIVATE` */
  private?: boolean;
  /** `CKA_LABEL` */
  label?: string;
  /** `CKA_APPLICATION` */
  application?: string;
  /** `CKA_VALUE` */
  value?: Uint8Array;
  /** `CKA_OBJECT_ID` */
  objectId?: Uint8Array;
  /** `CKA_CERTIFICATE_TYPE` */
  certificateType?: number;
  /** `CKA_ISSUER` */
  issuer?: Uint8Array;
  /** `CKA_SERIAL_NUMBER` */
  serialNumber?: Uint8Array;
  /** `CKA_AC_ISSUER` */
  acIssuer?: Uint8Array;
  /** `CKA_OWNER` */
  owner?: Uint8Array;
  /** `CKA_ATTR_TYPES` */
  attrTypes?: Uint8Array;
  /** `CKA_TRUSTED` */
  trusted?: boolean;
  /** `CKA_CERTIFICATE_CATEGORY` */
  certificateCategory?: number;
  /** `CKA_JAVA_MIDP_SECURITY_DOMAIN` */
  javaMidpSecurityDomain?: number;
  /** `CKA_URL` */
  url?: string;
  /** `CKA_HASH_OF_SUBJECT_PUBLIC_KEY` */
  hashOfSubjectPublicKey?: Uint8Array;
  /** `CKA_HASH_OF_ISSUER_PUBLIC_KEY` */
  hashOfIssuerPublicKey?: Uint8Array;
  /** `CKA_NAME_HASH_ALGORITHM` */
  nameHashAlgorithm?: number;
  /** `CKA_CHECK_VALUE` */
  checkValue?: Uint8Array;
  /** `CKA_KEY_TYPE` */
  keyType?: number;
  /** `CKA_SUBJECT` */
  subject?: Uint8Array;
  /** `CKA_ID` */
  id?: Uint8Array;
  /** `CKA_SENSITIVE` */
  sensitive?: boolean;
  /** `CKA_ENCRYPT` */
  encrypt?: boolean;
  /** `CKA_DECRYPT` */
  decrypt?: boolean;
  /** `CKA_WRAP` */
  wrap?: boolean;
  /** `CKA_UNWRAP` */
  unwrap?: boolean;
  /** `CKA_SIGN` */
  sign?: boolean;
  /** `CKA_SIGN_RECOVER` */
  signRecover?: boolean;
  /** `CKA_VERIFY` */
  verify?: boolean;
  /** `CKA_VERIFY_RECOVER` */
  verifyRecover?: boolean;
  /** `CKA_DERIVE` */
  derive?: boolean;
  /** `CKA_START_DATE`, as 'YYYY-MM-DD' */
  startDate?: string;
  /** `CKA_END_DATE`, as 'YYYY-MM-DD' */
  endDate?: string;
  /** `CKA_MODULUS` */
  modulus?: Uint8Array;
  /** `CKA_MODULUS_BITS` */
  modulusBits?: number;
  /** `CKA_PUBLIC_EXPONENT` */
  publicExponent?: Uint8Array;
  /** `CKA_PRIVATE_EXPONENT` */
  privateExponent?: Uint8Array;
  /** `CKA_PRIME_1` */
  prime1?: Uint8Array;
  /** `CKA_PRIME_2` */
  prime2?: Uint8Array;
  /** `CKA_EXPONENT_1` */
  exponent1?: Uint8Array;
  /** `CKA_EXPONENT_2` */
  exponent2?: Uint8Array;
  /** `CKA_COEFFICIENT` */
  coefficient?: Uint8Array;
  /** `CKA_PUBLIC_KEY_INFO` */
  publicKeyInfo?: Uint8Array;
  /** `CKA_PRIME` */
  prime?: Uint8Array;
  /** `CKA_SUBPRIME` */
  subprime?: Uint8Array;
  /** `CKA_BASE` */
  base?: Uint8Array;
  /** `CKA_PRIME_BITS` */
  primeBits?: number;
  /** `CKA_SUBPRIME_BITS` */
  subprimeBits?: number;
  /** `CKA_VALUE_BITS` */
  valueBits?: number;
  /** `CKA_VALUE_LEN` */
  valueLen?: number;
  /** `CKA_EXTRACTABLE` */
  extractable?: boolean;
  /** `CKA_LOCAL` */
  local?: boolean;
  /** `CKA_NEVER_EXTRACTABLE` */
  neverExtractable?: boolean;
  /** `CKA_ALWAYS_SENSITIVE` */
  alwaysSensitive?: boolean;
  /** `CKA_KEY_GEN_MECHANISM` */
  keyGenMechanism?: number;
  /** `CKA_MODIFIABLE` */
  modifiable?: boolean;
  /** `CKA_COPYABLE` */
  copyable?: boolean;
  /** `CKA_DESTROYABLE` */
  destroyable?: boolean;
  /** `CKA_EC_PARAMS` */
  ecParams?: Uint8Array;
  /** `CKA_EC_POINT` */
  ecPoint?: Uint8Array;
  /** `CKA_SECONDARY_AUTH` */
  secondaryAuth?: boolean;
  /** `CKA_AUTH_PIN_FLAGS` */
  authPinFlags?: number;
  /** `CKA_ALWAYS_AUTHENTICATE` */
  alwaysAuthenticate?: boolean;
  /** `CKA_WRAP_WITH_TRUSTED` */
  wrapWithTrusted?: boolean;
  /** `CKA_WRAP_TEMPLATE` */
  wrapTemplate?: Attributes;
  /** `CKA_UNWRAP_TEMPLATE` */
  unwrapTemplate?: Attributes;
  /** `CKA_DERIVE_TEMPLATE` */
  deriveTemplate?: Attributes;
  /** `CKA_OTP_FORMAT` */
  otpFormat?: number;
  /** `CKA_OTP_LENGTH` */
  otpLength?: number;
  /** `CKA_OTP_TIME_INTERVAL` */
  otpTimeInterval?: number;
  /** `CKA_OTP_USER_FRIENDLY_MODE` */
  otpUserFriendlyMode?: boolean;
  /** `CKA_OTP_CHALLENGE_REQUIREMENT` */
  otpChallengeRequirement?: number;
  /** `CKA_OTP_TIME_REQUIREMENT` */
  otpTimeRequirement?: number;
  /** `CKA_OTP_COUNTER_REQUIREMENT` */
  otpCounterRequirement?: number;
  /** `CKA_OTP_PIN_REQUIREMENT` */
  otpPinRequirement?: number;
  /** `CKA_OTP_COUNTER` */
  otpCounter?: Uint8Array;
  /** `CKA_OTP_TIME` */
  otpTime?: string;
  /** `CKA_OTP_USER_IDENTIFIER` */
  otpUserIdentifier?: string;
  /** `CKA_OTP_SERVICE_IDENTIFIER` */
  otpServiceIdentifier?: string;
  /** `CKA_OTP_SERVICE_LOGO` */
  otpServiceLogo?: Uint8Array;
  /** `CKA_OTP_SERVICE_LOGO_TYPE` */
  otpServiceLogoType?: string;
  /** `CKA_GOSTR3410_PARAMS` */
  gostr3410Params?: Uint8Array;
  /** `CKA_GOSTR3411_PARAMS` */
  gostr3411Params?: Uint8Array;
  /** `CKA_GOST28147_PARAMS` */
  gost28147Params?: Uint8Array;
  /** `CKA_HW_FEATURE_TYPE` */
  hwFeatureType?: number;
  /** `CKA_RESET_ON_INIT` */
  resetOnInit?: boolean;
  /** `CKA_HAS_RESET` */
  hasReset?: boolean;
  /** `CKA_PIXEL_X` */
  pixelX?: number;
  /** `CKA_PIXEL_Y` */
  pixelY?: number;
  /** `CKA_RESOLUTION` */
  resolution?: number;
  /** `CKA_CHAR_ROWS` */
  charRows?: number;
  /** `CKA_CHAR_COLUMNS` */
  charColumns?: number;
  /** `CKA_COLOR` */
  color?: boolean;
  /** `CKA_BITS_PER_PIXEL` */
  bitsPerPixel?: number;
  /** `CKA_CHAR_SETS` */
  charSets?: string;
  /** `CKA_ENCODING_METHODS` */
  encodingMethods?: string;
  /** `CKA_MIME_TYPES` */
  mimeTypes?: string;
  /** `CKA_MECHANISM_TYPE` */
  mechanismType?: number;
  /** `CKA_REQUIRED_CMS_ATTRIBUTES` */
  requiredCmsAttributes?: Uint8Array;
  /** `CKA_DEFAULT_CMS_ATTRIBUTES` */
  defaultCmsAttributes?: Uint8Array;
  /** `CKA_SUPPORTED_CMS_ATTRIBUTES` */
  supportedCmsAttributes?: Uint8Array;
  /** `CKA_ALLOWED_MECHANISMS`, a list */
  allowedMechanisms?: number[];
  /** `CKA_UNIQUE_ID` (since 3.0) */
  uniqueId?: string;
  /** `CKA_PROFILE_ID` (since 3.0) */
  profileId?: number;
  /** `CKA_X2RATCHET_BAG` (since 3.0) */
  x2ratchetBag?: Uint8Array;
  /** `CKA_X2RATCHET_BAGSIZE` (since 3.0) */
  x2ratchetBagsize?: number;
  /** `CKA_X2RATCHET_BOBS1STMSG` (since 3.0) */
  x2ratchetBobs1stmsg?: boolean;
  /** `CKA_X2RATCHET_CKR` (since 3.0) */
  x2ratchetCkr?: Uint8Array;
  /** `CKA_X2RATCHET_CKS` (since 3.0) */
  x2ratchetCks?: Uint8Array;
  /** `CKA_X2RATCHET_DHP` (since 3.0) */
  x2ratchetDhp?: Uint8Array;
  /** `CKA_X2RATCHET_DHR` (since 3.0) */
  x2ratchetDhr?: Uint8Array;
  /** `CKA_X2RATCHET_DHS` (since 3.0) */
  x2ratchetDhs?: Uint8Array;
  /** `CKA_X2RATCHET_HKR` (since 3.0) */
  x2ratchetHkr?: Uint8Array;
  /** `CKA_X2RATCHET_HKS` (since 3.0) */
  x2ratchetHks?: Uint8Array;
  /** `CKA_X2RATCHET_ISALICE` (since 3.0) */
  x2ratchetIsalice?: boolean;
  /** `CKA_X2RATCHET_NHKR` (since 3.0) */
  x2ratchetNhkr?: Uint8Array;
  /** `CKA_X2RATCHET_NHKS` (since 3.0) */
  x2ratchetNhks?: Uint8Array;
  /** `CKA_X2RATCHET_NR` (since 3.0) */
  x2ratchetNr?: number;
  /** `CKA_X2RATCHET_NS` (since 3.0) */
  x2ratchetNs?: number;
  /** `CKA_X2RATCHET_PNS` (since 3.0) */
  x2ratchetPns?: number;
  /** `CKA_X2RATCHET_RK` (since 3.0) */
  x2ratchetRk?: Uint8Array;
  /** `CKA_HSS_LEVELS` (since 3.1) */
  hssLevels?: number;
  /** `CKA_HSS_LMS_TYPE` (since 3.1) */
  hssLmsType?: number;
  /** `CKA_HSS_LMOTS_TYPE` (since 3.1) */
  hssLmotsType?: number;
  /** `CKA_HSS_LMS_TYPES`, a list (since 3.1) */
  hssLmsTypes?: number[];
  /** `CKA_HSS_LMOTS_TYPES`, a list (since 3.1) */
  hssLmotsTypes?: number[];
  /** `CKA_HSS_KEYS_REMAINING` (since 3.1) */
  hssKeysRemaining?: number;
  /** `CKA_PARAMETER_SET` (since 3.2) */
  parameterSet?: number;
  /** `CKA_OBJECT_VALIDATION_FLAGS` (since 3.2) */
  objectValidationFlags?: number;
  /** `CKA_VALIDATION_TYPE` (since 3.2) */
  validationType?: number;
  /** `CKA_VALIDATION_VERSION` (since 3.2) */
  validationVersion?: Uint8Array;
  /** `CKA_VALIDATION_LEVEL` (since 3.2) */
  validationLevel?: number;
  /** `CKA_VALIDATION_MODULE_ID` (since 3.2) */
  validationModuleId?: string;
  /** `CKA_VALIDATION_FLAG` (since 3.2) */
  validationFlag?: number;
  /** `CKA_VALIDATION_AUTHORITY_TYPE` (since 3.2) */
  validationAuthorityType?: number;
  /** `CKA_VALIDATION_COUNTRY` (since 3.2) */
  validationCountry?: string;
  /** `CKA_VALIDATION_CERTIFICATE_IDENTIFIER` (since 3.2) */
  validationCertificateIdentifier?: string;
  /** `CKA_VALIDATION_CERTIFICATE_URI` (since 3.2) */
  validationCertificateUri?: string;
  /** `CKA_VALIDATION_VENDOR_URI` (since 3.2) */
  validationVendorUri?: string;
  /** `CKA_VALIDATION_PROFILE` (since 3.2) */
  validationProfile?: string;
  /** `CKA_ENCAPSULATE_TEMPLATE` (since 3.2) */
  encapsulateTemplate?: Attributes;
  /** `CKA_DECAPSULATE_TEMPLATE` (since 3.2) */
  decapsulateTemplate?: Attributes;
  /** `CKA_TRUST_SERVER_AUTH` (since 3.2) */
  trustServerAuth?: number;
  /** `CKA_TRUST_CLIENT_AUTH` (since 3.2) */
  trustClientAuth?: number;
  /** `CKA_TRUST_CODE_SIGNING` (since 3.2) */
  trustCodeSigning?: number;
  /** `CKA_TRUST_EMAIL_PROTECTION` (since 3.2) */
  trustEmailProtection?: number;
  /** `CKA_TRUST_IPSEC_IKE` (since 3.2) */
  trustIpsecIke?: number;
  /** `CKA_TRUST_TIME_STAMPING` (since 3.2) */
  trustTimeStamping?: number;
  /** `CKA_TRUST_OCSP_SIGNING` (since 3.2) */
  trustOcspSigning?: number;
  /** `CKA_ENCAPSULATE` (since 3.2) */
  encapsulate?: boolean;
  /** `CKA_DECAPSULATE` (since 3.2) */
  decapsulate?: boolean;
  /** `CKA_HASH_OF_CERTIFICATE` (since 3.2) */
  hashOfCertificate?: Uint8Array;
  /** `CKA_PUBLIC_CRC64_VALUE` (since 3.2) */
  publicCrc64Value?: Uint8Array;
  /** `CKA_SEED` (since 3.2) */
  seed?: Uint8Array;
}

/** The name of an attribute in `Attributes`. */
export type AttributeName = keyof Attributes;

/** The type and kind of each attribute. */
export const ATTRIBUTES: { readonly [name in AttributeName]: readonly [type: number, kind: AttributeKind] } = Object.freeze({
  class: [0x00000000, 'ulong'],
  token: [0x00000001, 'bool'],
  private: [0x00000002, 'bool'],
  label: [0x00000003, 'text'],
  application: [0x00000010, 'text'],
  value: [0x00000011, 'bytes'],
  objectId: [0x00000012, 'bytes'],
  certificateType: [0x00000080, 'ulong'],
  issuer: [0x00000081, 'bytes'],
  serialNumber: [0x00000082, 'bytes'],
  acIssuer: [0x00000083, 'bytes'],
  owner: [0x00000084, 'bytes'],
  attrTypes: [0x00000085, 'bytes'],
  trusted: [0x00000086, 'bool'],
  certificateCategory: [0x00000087, 'ulong'],
  javaMidpSecurityDomain: [0x00000088, 'ulong'],
  url: [0x00000089, 'text'],
  hashOfSubjectPublicKey: [0x0000008a, 'bytes'],
  hashOfIssuerPublicKey: [0x0000008b, 'bytes'],
  nameHashAlgorithm: [0x0000008c, 'ulong'],
  checkValue: [0x00000090, 'bytes'],
  keyType: [0x00000100, 'ulong'],
  subject: [0x00000101, 'bytes'],
  id: [0x00000102, 'bytes'],
  sensitive: [0x00000103, 'bool'],
  encrypt: [0x00000104, 'bool'],
  decrypt: [0x00000105, 'bool'],
  wrap: [0x00000106, 'bool'],
  unwrap: [0x00000107, 'bool'],
  sign: [0x00000108, 'bool'],
  signRecover: [0x00000109, 'bool'],
  verify: [0x0000010a, 'bool'],
  verifyRecover: [0x0000010b, 'bool'],
  derive: [0x0000010c, 'bool'],
  startDate: [0x00000110, 'date'],
  endDate: [0x00000111, 'date'],
  modulus: [0x00000120, 'bytes'],
  modulusBits: [0x00000121, 'ulong'],
  publicExponent: [0x00000122, 'bytes'],
  privateExponent: [0x00000123, 'bytes'],
  prime1: [0x00000124, 'bytes'],
  prime2: [0x00000125, 'bytes'],
  exponent1: [0x00000126, 'bytes'],
  exponent2: [0x00000127, 'bytes'],
  coefficient: [0x00000128, 'bytes'],
  publicKeyInfo: [0x00000129, 'bytes'],
  prime: [0x00000130, 'bytes'],
  subprime: [0x00000131, 'bytes'],
  base: [0x00000132, 'bytes'],
  primeBits: [0x00000133, 'ulong'],
  subprimeBits: [0x00000134, 'ulong'],
  valueBits: [0x00000160, 'ulong'],
  valueLen: [0x00000161, 'ulong'],
  extractable: [0x00000162, 'bool'],
  local: [0x00000163, 'bool'],
  neverExtractable: [0x00000164, 'bool'],
  alwaysSensitive: [0x00000165, 'bool'],
  keyGenMechanism: [0x00000166, 'ulong'],
  modifiable: [0x00000170, 'bool'],
  copyable: [0x00000171, 'bool'],
  destroyable: [0x00000172, 'bool'],
  ecParams: [0x00000180, 'bytes'],
  ecPoint: [0x00000181, 'bytes'],
  secondaryAuth: [0x00000200, 'bool'],
  authPinFlags: [0x00000201, 'ulong'],
  alwaysAuthenticate: [0x00000202, 'bool'],
  wrapWithTrusted: [0x00000210, 'bool'],
  wrapTemplate: [0x40000211, 'template'],
  unwrapTemplate: [0x40000212, 'template'],
  deriveTemplate: [0x40000213, 'template'],
  otpFormat: [0x00000220, 'ulong'],
  otpLength: [0x00000221, 'ulong'],
  otpTimeInterval: [0x00000222, 'ulong'],
  otpUserFriendlyMode: [0x00000223, 'bool'],
  otpChallengeRequirement: [0x00000224, 'ulong'],
  otpTimeRequirement: [0x00000225, 'ulong'],
  otpCounterRequirement: [0x00000226, 'ulong'],
  otpPinRequirement: [0x00000227, 'ulong'],
  otpCounter: [0x0000022e, 'bytes'],
  otpTime: [0x0000022f, 'text'],
  otpUserIdentifier: [0x0000022a, 'text'],
  otpServiceIdentifier: [0x0000022b, 'text'],
  otpServiceLogo: [0x0000022c, 'bytes'],
  otpServiceLogoType: [0x0000022d, 'text'],
  gostr3410Params: [0x00000250, 'bytes'],
  gostr3411Params: [0x00000251, 'bytes'],
  gost28147Params: [0x00000252, 'bytes'],
  hwFeatureType: [0x00000300, 'ulong'],
  resetOnInit: [0x00000301, 'bool'],
  hasReset: [0x00000302, 'bool'],
  pixelX: [0x00000400, 'ulong'],
  pixelY: [0x00000401, 'ulong'],
  resolution: [0x00000402, 'ulong'],
  charRows: [0x00000403, 'ulong'],
  charColumns: [0x00000404, 'ulong'],
  color: [0x00000405, 'bool'],
  bitsPerPixel: [0x00000406, 'ulong'],
  charSets: [0x00000480, 'text'],
  encodingMethods: [0x00000481, 'text'],
  mimeTypes: [0x00000482, 'text'],
  mechanismType: [0x00000500, 'ulong'],
  requiredCmsAttributes: [0x00000501, 'bytes'],
  defaultCmsAttributes: [0x00000502, 'bytes'],
  supportedCmsAttributes: [0x00000503, 'bytes'],
  allowedMechanisms: [0x40000600, 'ulongs'],
  uniqueId: [0x00000004, 'text'],
  profileId: [0x00000601, 'ulong'],
  x2ratchetBag: [0x00000602, 'bytes'],
  x2ratchetBagsize: [0x00000603, 'ulong'],
  x2ratchetBobs1stmsg: [0x00000604, 'bool'],
  x2ratchetCkr: [0x00000605, 'bytes'],
  x2ratchetCks: [0x00000606, 'bytes'],
  x2ratchetDhp: [0x00000607, 'bytes'],
  x2ratchetDhr: [0x00000608, 'bytes'],
  x2ratchetDhs: [0x00000609, 'bytes'],
  x2ratchetHkr: [0x0000060a, 'bytes'],
  x2ratchetHks: [0x0000060b, 'bytes'],
  x2ratchetIsalice: [0x0000060c, 'bool'],
  x2ratchetNhkr: [0x0000060d, 'bytes'],
  x2ratchetNhks: [0x0000060e, 'bytes'],
  x2ratchetNr: [0x0000060f, 'ulong'],
  x2ratchetNs: [0x00000610, 'ulong'],
  x2ratchetPns: [0x00000611, 'ulong'],
  x2ratchetRk: [0x00000612, 'bytes'],
  hssLevels: [0x00000617, 'ulong'],
  hssLmsType: [0x00000618, 'ulong'],
  hssLmotsType: [0x00000619, 'ulong'],
  hssLmsTypes: [0x0000061a, 'ulongs'],
  hssLmotsTypes: [0x0000061b, 'ulongs'],
  hssKeysRemaining: [0x0000061c, 'ulong'],
  parameterSet: [0x0000061d, 'ulong'],
  objectValidationFlags: [0x0000061e, 'ulong'],
  validationType: [0x0000061f, 'ulong'],
  validationVersion: [0x00000620, 'bytes'],
  validationLevel: [0x00000621, 'ulong'],
  validationModuleId: [0x00000622, 'text'],
  validationFlag: [0x00000623, 'ulong'],
  validationAuthorityType: [0x00000624, 'ulong'],
  validationCountry: [0x00000625, 'text'],
  validationCertificateIdentifier: [0x00000626, 'text'],
  validationCertificateUri: [0x00000627, 'text'],
  validationVendorUri: [0x00000628, 'text'],
  validationProfile: [0x00000629, 'text'],
  encapsulateTemplate: [0x0000062a, 'template'],
  decapsulateTemplate: [0x0000062b, 'template'],
  trustServerAuth: [0x0000062c, 'ulong'],
  trustClientAuth: [0x0000062d, 'ulong'],
  trustCodeSigning: [0x0000062e, 'ulong'],
  trustEmailProtection: [0x0000062f, 'ulong'],
  trustIpsecIke: [0x00000630, 'ulong'],
  trustTimeStamping: [0x00000631, 'ulong'],
  trustOcspSigning: [0x00000632, 'ulong'],
  encapsulate: [0x00000633, 'bool'],
  decapsulate: [0x00000634, 'bool'],
  hashOfCertificate: [0x00000635, 'bytes'],
  publicCrc64Value: [0x00000636, 'bytes'],
  seed: [0x00000637, 'bytes'],
} as const);
