// Linux with musl, as far as Debian has it: musl's loader and C library, and no Node.js for them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { unpackedSuite } from '../support/suites.mjs';
import { Failure } from '../support/run.mjs';
import { emulator } from './arm64.mjs';

const machines = {
  x64: { architecture: undefined, loader: 'ld-musl-x86_64.so.1', by: () => [] },
  arm64: { architecture: 'arm64', loader: 'ld-musl-aarch64.so.1', by: () => [emulator()] },
};

/** The words that run a program with the musl of a processor. */
export function musl(arch) {
  const { architecture, loader, by } = machines[arch];
  const tree = unpackedSuite('bookworm', `musl-${arch}`, ['musl'], { architecture });
  const path = ['lib', 'usr/lib'].map((folder) => join(tree, folder, loader)).find((one) => existsSync(one));
  if (!path) throw new Failure(`Debian's package musl holds no ${loader}`);
  return [...by(), path];
}
