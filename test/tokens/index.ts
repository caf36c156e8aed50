import type { Profile } from '../support/profile';
import { nss } from './nss';
import { softhsm } from './softhsm';

/** Every kind of token that the suite knows. */
export const known: readonly Profile[] = [softhsm, nss];
