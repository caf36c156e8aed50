import type { Profile } from '../support/profile';

export const opencryptoki: Profile = {
  name: 'opencryptoki',
  title: 'opencryptoki',
  // Its PINs have four to eight characters; C_InitToken takes the security officer's, and leaves it as it is.
  pin: '1234',
  soPin: '87654321',
  fresh: 'same',
  skips: {},
};
