import { CKM } from '../../lib';
import type { Profile } from '../support/profile';

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
  listedOnly: new Map([[CKM.HKDF_KEY_GEN, 'C_GenerateKey answers CKR_MECHANISM_INVALID']]),
};
