// Where things stand in the checkout, and where Linux distributions put libraries.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What the scripts fetch and remember: ignored by git, safe to delete. */
export const cache = join(root, '.cache');

/** A folder in the cache, made when missing. */
export function cached(...names) {
  const folder = join(cache, ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}

const multiarch = {
  x64: 'x86_64-linux-gnu',
  ia32: 'i386-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  arm: 'arm-linux-gnueabihf',
  ppc64: 'powerpc64le-linux-gnu',
  s390x: 's390x-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  loong64: 'loongarch64-linux-gnu',
};

/** Debian's name for this machine's libraries: `/usr/lib/<triplet>`. */
export const triplet = multiarch[process.arch] ?? 'unknown';
