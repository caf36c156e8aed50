import type { Profile } from '../support/profile';
import { softhsm } from './softhsm';

export const p11kit: Profile = {
  name: 'p11kit',
  title: 'p11-kit client',
  pin: '1234',
  soPin: '12345678',
  fresh: 'slot',
  skips: {},
  deviations: softhsm.deviations!,
};
