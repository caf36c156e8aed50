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
};
