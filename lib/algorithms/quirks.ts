// Where a token means something else than the standard, or does it wrong, in a way that its list of mechanisms does not tell. One
// row per maker, found by the beginning of the manufacturerID of CK_TOKEN_INFO or CK_INFO.

import { CKR } from '../generated/constants';

export interface Quirks {
  /** CKM_AES_KEY_WRAP_PAD is RFC 5649: elsewhere it can be PKCS#7 padding before RFC 3394. */
  readonly padIsKwp?: boolean;
  /** PBKDF2 takes the first structure of v2.40, with a pointer to the length of the password by mistake, and crashes on the other. */
  readonly firstPbkdf2?: boolean;
  /** A wrong authentication code is answered with CKR_DEVICE_ERROR, or whatever error its thread met before; CMAC is listed for verifying, and refused. */
  readonly misjudgesMacs?: boolean;
  /** What C_Verify and C_VerifyFinal may answer to a wrong RSA signature, and may mean otherwise. Whoever meets one of these has to find out. */
  readonly misjudgesRsa?: readonly number[];
  /**
   * Two writers at once in the database of a token wait for each other, a minute or for ever: one holds the database and waits for
   * the lock of the library, the other the reverse.
   */
  readonly oneWriter?: boolean;
  /** C_Finalize takes away what a waiting C_WaitForSlotEvent still uses: the process crashes. */
  readonly crashesWaiting?: boolean;
  /** A key that is locked because nobody is logged in is answered with CKR_HOST_MEMORY. */
  readonly lockedIsMemory?: boolean;
  /** Two calls at once on one card crash it, although it was told of threads (CKF_OS_LOCKING_OK): a token gets one session. */
  readonly oneByOne?: boolean;
  /** Once its connection is gone everything that needs the device is CKR_GENERAL_ERROR, until C_Finalize. */
  readonly losesDevice?: boolean;
}

/**
 * NSS compares what CKM_RSA_PKCS gives with the data, sets no error where they differ, and answers with that which the thread met last: any that softoken makes of an
 * error of its cryptography, CKR_DEVICE_ERROR where there was none (sftk_MapCryptError). CKR_HOST_MEMORY would be one of them, and is more likely what it says.
 */
const NSS_RSA: readonly number[] = [
  CKR.DEVICE_ERROR,
  CKR.ARGUMENTS_BAD,
  CKR.DATA_LEN_RANGE,
  CKR.BUFFER_TOO_SMALL,
  CKR.GENERAL_ERROR,
  CKR.KEY_SIZE_RANGE,
  CKR.TEMPLATE_INCONSISTENT,
  CKR.DOMAIN_PARAMS_INVALID,
  CKR.FUNCTION_FAILED,
];

const NONE: Quirks = Object.freeze({});

const BY_MAKER: readonly (readonly [maker: string, quirks: Quirks])[] = Object.freeze([
  // Seen in 2.6.1.
  ['SoftHSM', { padIsKwp: true }],
  // NSS; seen in 3.87, and again in 3.132.
  ['Mozilla', { firstPbkdf2: true, lockedIsMemory: true, misjudgesMacs: true, misjudgesRsa: NSS_RSA, oneWriter: true }],
  // The library's own name. It unloads the PC/SC library in which the other thread waits; two threads in C_Sign, of which one finds that the card has gone,
  // crash; both seen in 0.23. It verifies by OpenSSL, and says so of a signature that this finds no padding in (sc_pkcs11_verify_data).
  ['OpenSC', { crashesWaiting: true, oneByOne: true, misjudgesRsa: [CKR.GENERAL_ERROR] }],
  // tpm2-pkcs11, its own name; seen in 1.9, when the TPM was started again.
  ['tpm2-software', { losesDevice: true }],
]);

/** What is known of the tokens or the library of a maker. */
export const quirksOf = (manufacturer: string): Quirks => BY_MAKER.find(([maker]) => manufacturer.startsWith(maker))?.[1] ?? NONE;
