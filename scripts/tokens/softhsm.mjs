// SoftHSM 2: the everyday software token.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasApt, unpacked } from '../support/debian.mjs';
import { triplet } from '../support/paths.mjs';
import { withLibraries } from '../support/libraries.mjs';

/** Where distributions, package managers and installers put the library. */
function usualPlaces() {
  if (process.platform === 'win32') {
    const folders = [process.env.ProgramW6432, process.env.ProgramFiles, process.env['ProgramFiles(x86)'], 'C:\\'].filter(Boolean);
    const name = process.arch === 'ia32' ? 'softhsm2.dll' : 'softhsm2-x64.dll';
    return folders.map((folder) => join(folder, 'SoftHSM2', 'lib', name));
  }
  if (process.platform === 'darwin') {
    return ['/opt/homebrew', '/usr/local', '/opt/local'].flatMap((prefix) => [
      `${prefix}/lib/softhsm/libsofthsm2.so`,
      `${prefix}/opt/softhsm/lib/softhsm/libsofthsm2.so`,
    ]);
  }
  const folders = [`/usr/lib/${triplet}`, '/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64', '/opt/softhsm2/lib'];
  return folders.flatMap((folder) => [`${folder}/softhsm/libsofthsm2.so`, `${folder}/pkcs11/libsofthsm2.so`, `${folder}/libsofthsm2.so`]);
}

/** The installed library, or undefined. */
export function installed() {
  return usualPlaces().find((path) => existsSync(path));
}

/** Gets the library into the project's cache. Undefined where this machine has no way to. */
export function fetched() {
  if (!hasApt()) return undefined;
  const tree = unpacked('softhsm', ['libsofthsm2']);
  const path = [`usr/lib/${triplet}/softhsm/libsofthsm2.so`, 'usr/lib/softhsm/libsofthsm2.so']
    .map((name) => join(tree, name))
    .find((name) => existsSync(name));
  return path && { module: path, ...withLibraries(join(tree, 'usr/lib', triplet)) };
}

export const advice =
  'install SoftHSM 2 (Debian, Ubuntu: softhsm2; Fedora, Arch, Alpine, Homebrew, MacPorts: softhsm; Windows: its installer), or set PKCS11_MODULE to a PKCS#11 library';

/** Writes the configuration of a store of tokens in `folder` and answers its path, for SOFTHSM2_CONF. */
export function configure(folder) {
  mkdirSync(join(folder, 'tokens'), { recursive: true });
  const path = join(folder, 'softhsm2.conf');
  writeFileSync(
    path,
    [
      `directories.tokendir = ${join(folder, 'tokens')}`,
      'objectstore.backend = file',
      'log.level = ERROR',
      'slots.removable = false',
      'slots.mechanisms = ALL',
      'library.reset_on_fork = false',
      '',
    ].join('\n'),
  );
  return path;
}
