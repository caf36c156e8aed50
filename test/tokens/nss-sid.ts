import type { Profile } from '../support/profile';
import { nss } from './nss';

export const nssSid: Profile = { ...nss, name: 'nss-sid', title: 'NSS softokn of Debian unstable' };
