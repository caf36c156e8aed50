// Debian's unstable suite: libraries newer than this machine's, unpacked with everything that they need, down to libc.
import { existsSync } from 'node:fs';
import { debianMirror, hasApt, unpacked } from './debian.mjs';
import { Failure } from './run.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The folder below which the packages and all that they depend on are unpacked. */
export function unpackedUnstable(name, packages) {
  if (!hasApt()) throw new Failure("needs Debian's packages");
  if (!existsSync(keyring)) throw new Failure('needs the Debian package debian-archive-keyring, for the keys of the unstable suite');
  return unpacked(name, packages, { name: 'unstable', sources: [`deb [signed-by=${keyring}] ${debianMirror()} unstable main`], standalone: true });
}
