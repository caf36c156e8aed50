import { CKM } from '../../lib';
import type { Profile } from '../support/profile';

export const opencryptoki: Profile = {
  name: 'opencryptoki',
  title: 'opencryptoki',
  // Its PINs have four to eight characters; C_InitToken takes the security officer's, and leaves it as it is.
  pin: '1234',
  soPin: '87654321',
  fresh: 'same',
  // Each C_Finalize closes the file of its lock, which is opened once in a process: the second time that number is another's.
  initializedOnce: true,
  skips: {},
  listedOnly: new Map([[CKM.MD5_HMAC, 'C_SignUpdate answers CKR_MECHANISM_INVALID']]),
  deviations: [
    {
      file: 'aes_cbc_pkcs5',
      operation: 'decrypt',
      result: 'invalid',
      answer: 'crash',
      reason:
        'the length of the padding is not checked: with a long one the result reaches beyond the data; after no data at all the operation goes on',
    },
    {
      file: 'aes_kwp',
      operation: 'unwrap',
      result: 'invalid',
      answer: 'crash',
      reason: 'what was not wrapped by the key corrupts the memory of the process',
    },
    { file: 'aes_gcm', flags: ['LongIv'], answer: 'CKR_FUNCTION_FAILED', reason: 'OpenSSL 3 has IVs of 128 bytes at most' },
    {
      file: 'rsa_pkcs1_2048',
      flags: ['InvalidPkcs1Padding'],
      answer: 'other bytes',
      reason: 'wrong padding is answered with bytes that follow from key and ciphertext, so that nobody learns that it was wrong',
    },
  ],
};
