import { CKM } from '../../lib';
import type { Profile } from '../support/profile';

/** Whether it is NSS, of any version. */
export const isNss = ({ name }: Pick<Profile, 'name'>): boolean => name === 'nss' || name === 'nss-sid';

export const nss: Profile = {
  name: 'nss',
  title: 'NSS softokn',
  pin: '1234',
  soPin: '12345678',
  // Until a user PIN is set the security officer of an NSS database has the empty PIN, whatever C_InitToken was given.
  soLoginPin: '',
  label: 'NSS Certificate DB',
  fresh: 'folder',
  reserved: (folder) => `configdir='sql:${folder}'`,
  skips: {
    data: 'NSS holds data objects for this process only',
    'officer-again': 'NSS knows no security officer once the user has a PIN',
  },
  deviations: [
    {
      file: 'rsa_pkcs1_2048',
      flags: ['InvalidPkcs1Padding', 'CVE-2021-3580'],
      answer: 'other bytes',
      reason: 'wrong padding is answered with bytes that follow from key and ciphertext, so that nobody learns that it was wrong',
    },
    {
      file: 'aes_kwp',
      operation: 'unwrap',
      flags: ['CounterOverflow'],
      answer: 'CKR_TEMPLATE_INCONSISTENT',
      reason: 'secret keys of 256 bytes at most',
    },
  ],
  listedOnly: new Map<number, string>([
    [CKM.HKDF_KEY_GEN, 'C_GenerateKey answers CKR_MECHANISM_INVALID'],
    [CKM.SHA256_HMAC_GENERAL, 'C_SignInit answers CKR_MECHANISM_PARAM_INVALID to every length'],
  ]),
};
