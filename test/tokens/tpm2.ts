import type { Profile } from '../support/profile';

export const tpm2: Profile = {
  name: 'tpm2',
  title: 'tpm2-pkcs11',
  pin: '1234',
  soPin: '12345678',
  fresh: 'slot',
  skips: {
    'wrong-pin': 'a wrong PIN counts towards the lock-out of the TPM',
    'many-sessions': 'a TPM holds three transient objects in all',
    'session-objects': 'it generates on the token only',
    import: 'a TPM takes no keys from outside here but RSA public ones',
    destroy: 'a key that was destroyed stays loaded in the TPM, which holds three',
    copy: 'no C_CopyObject',
  },
};
