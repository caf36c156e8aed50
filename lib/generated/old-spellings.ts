// Generated from spec/ by scripts/generate.mjs. Not to be edited by hand.

/** Second names of a value, which the standard keeps for old programs only. */
export const OLD_SPELLINGS: ReadonlySet<string> = new Set([
  'CKF_MULTI_MESSGE',
  'CKK_ECDSA',
  'CKK_CAST5',
  'CKA_SUB_PRIME_BITS',
  'CKA_ECDSA_PARAMS',
  'CKM_CAST5_KEY_GEN',
  'CKM_CAST5_ECB',
  'CKM_CAST5_CBC',
  'CKM_CAST5_MAC',
  'CKM_CAST5_MAC_GENERAL',
  'CKM_CAST5_CBC_PAD',
  'CKM_PBE_MD5_CAST5_CBC',
  'CKM_PBE_SHA1_CAST5_CBC',
  'CKM_ECDSA_KEY_PAIR_GEN',
  'CKM_DSA_PROBABLISTIC_PARAMETER_GEN',
  'CKM_SHA3_256_KEY_DERIVE',
  'CKM_SHA3_224_KEY_DERIVE',
  'CKM_SHA3_384_KEY_DERIVE',
  'CKM_SHA3_512_KEY_DERIVE',
  'CKM_SHAKE_128_KEY_DERIVE',
  'CKM_SHAKE_256_KEY_DERIVE',
]);
