// Suites of Debian other than this machine's, or for another processor: packages with everything that they need, down to libc.
import { existsSync } from 'node:fs';
import { debianMirror, hasApt, unpacked } from './debian.mjs';
import { Failure } from './run.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The folder below which the packages of a suite and all that they depend on are unpacked. `architecture`: Debian's name of a processor. */
export function unpackedSuite(suite, name, packages, { architecture } = {}) {
  if (!hasApt()) throw new Failure("needs Debian's packages");
  if (!existsSync(keyring)) throw new Failure(`needs the Debian package debian-archive-keyring, for the keys of the suite ${suite}`);
  const sources = [`deb [signed-by=${keyring}] ${debianMirror()} ${suite} main`];
  return unpacked(name, packages, { name: [suite, architecture].filter(Boolean).join('-'), sources, standalone: true, architecture });
}

/** Libraries newer than this machine's. */
export const unpackedUnstable = (name, packages) => unpackedSuite('unstable', name, packages);
