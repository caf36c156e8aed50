// Where a token means something else than the standard, or does it wrong, in a way that its list of mechanisms does not tell. One
// row per maker, found by the beginning of the manufacturerID of CK_TOKEN_INFO or CK_INFO.

export interface Quirks {
  /** CKM_AES_KEY_WRAP_PAD is RFC 5649: elsewhere it can be PKCS#7 padding before RFC 3394. */
  readonly padIsKwp?: boolean;
  /** PBKDF2 takes the first structure of v2.40, with a pointer to the length of the password by mistake, and crashes on the other. */
  readonly firstPbkdf2?: boolean;
  /** A wrong authentication code is answered with CKR_DEVICE_ERROR, or whatever error its thread met before; CMAC is listed for verifying, and refused. */
  readonly misjudgesMacs?: boolean;
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

const NONE: Quirks = Object.freeze({});

const BY_MAKER: readonly (readonly [maker: string, quirks: Quirks])[] = Object.freeze([
  // Seen in 2.6.1.
  ['SoftHSM', { padIsKwp: true }],
  // NSS; seen in 3.87, and again in 3.132.
  ['Mozilla', { firstPbkdf2: true, lockedIsMemory: true, misjudgesMacs: true, oneWriter: true }],
  // The library's own name. It unloads the PC/SC library in which the other thread waits; two threads in C_Sign, of which one finds that the card has gone,
  // crash; both seen in 0.23.
  ['OpenSC', { crashesWaiting: true, oneByOne: true }],
  // tpm2-pkcs11, its own name; seen in 1.9, when the TPM was started again.
  ['tpm2-software', { losesDevice: true }],
]);

/** What is known of the tokens or the library of a maker. */
export const quirksOf = (manufacturer: string): Quirks => BY_MAKER.find(([maker]) => manufacturer.startsWith(maker))?.[1] ?? NONE;
