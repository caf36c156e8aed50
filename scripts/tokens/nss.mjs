// NSS softokn: the software token inside Firefox. Its database is named by the reserved string of C_Initialize.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasApt, unpacked } from '../support/debian.mjs';
import { triplet } from '../support/paths.mjs';
import { withLibraries } from '../support/libraries.mjs';

/** The installed library, or undefined. */
export function installed() {
  const folders =
    process.platform === 'darwin'
      ? ['/opt/homebrew/opt/nss/lib', '/usr/local/opt/nss/lib', '/opt/local/lib/nss']
      : [`/usr/lib/${triplet}`, `/usr/lib/${triplet}/nss`, '/usr/lib64', '/usr/lib', '/usr/lib/nss', '/usr/local/lib'];
  const name = process.platform === 'darwin' ? 'libsoftokn3.dylib' : 'libsoftokn3.so';
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Gets the library into the project's cache. Undefined where this machine has no way to. */
export function fetched() {
  if (!hasApt()) return undefined;
  const tree = unpacked('nss', ['libnss3']);
  const folder = [join(tree, 'usr/lib', triplet), join(tree, 'usr/lib', triplet, 'nss')].find((path) => existsSync(join(path, 'libsoftokn3.so')));
  return folder && { module: join(folder, 'libsoftokn3.so'), ...withLibraries(folder, join(tree, 'usr/lib', triplet)) };
}

export const advice = 'install NSS (Debian, Ubuntu: libnss3; Fedora: nss; Homebrew: nss)';

/**
 * The default of 10,000 rounds of key derivation for each private attribute makes a signature take 40 ms; the tests do not
 * protect anything with that PIN.
 */
export const environment = { NSS_MAX_MP_PBE_ITERATION_COUNT: '1' };
