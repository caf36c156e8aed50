import type { Profile } from '../support/profile';
import { nss } from './nss';
import { nssSid } from './nss-sid';
import { opencryptoki } from './opencryptoki';
import { opensc } from './opensc';
import { p11kit } from './p11kit';
import { softhsm } from './softhsm';
import { tpm2 } from './tpm2';

/** Every kind of token that the suite knows. */
export const known: readonly Profile[] = [softhsm, nss, nssSid, opencryptoki, opensc, p11kit, tpm2];
