import { configure } from '../../scripts/tokens/softhsm.mjs';
import type { Profile } from '../support/profile';

export const softhsm: Profile = {
  name: 'softhsm',
  title: 'SoftHSM',
  pin: '1234',
  soPin: '12345678',
  fresh: 'folder',
  environment: (folder) => ({ SOFTHSM2_CONF: configure(folder) }),
  skips: {},
  deviations: [
    {
      file: 'rsa_oaep_2048_sha256_mgf1sha256',
      answer: 'CKR_ARGUMENTS_BAD',
      reason: 'OAEP with SHA-1 only',
    },
    {
      file: 'hmac_sha256',
      comment: /^short key$/,
      answer: 'CKR_KEY_SIZE_RANGE',
      reason: 'HMAC keys at least as long as the hash',
    },
    {
      file: 'aes_kwp',
      operation: 'wrap',
      answer: 'other bytes',
      reason: 'a key that is not a multiple of 8 bytes long is filled up with zeros, which RFC 5649 does not do, and which stay after unwrapping',
    },
    {
      file: 'aes_gcm',
      operation: 'encrypt',
      flags: ['LongIv'],
      answer: 'other bytes',
      reason: 'OpenSSL 3 has IVs of 128 bytes at most; SoftHSM does not notice its refusal, and encrypts with another IV',
    },
    {
      file: 'aes_gcm',
      operation: 'decrypt',
      flags: ['LongIv'],
      answer: 'CKR_GENERAL_ERROR',
      reason: 'the same when decrypting',
    },
  ],
};
