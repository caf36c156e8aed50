// The package as somebody has it who installed it: in a folder outside of the checkout, with what `npm pack` takes and its one dependency.

import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';

export interface Installed {
  /** The folder of the program that uses the package. */
  readonly folder: string;
  remove(): void;
}

export function install(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-consumer-'));
  const modules = join(folder, 'node_modules');
  const copy = (from: string, to: string): void => cpSync(join(root, from), join(modules, to), { recursive: true });
  mkdirSync(modules);
  copy('package.json', 'cryptoki/package.json');
  copy('dist', 'cryptoki/dist');
  // In a release the binaries stand in prebuilds/, with the same name and the same way of being found.
  copy('build/Release/cryptoki.node', 'cryptoki/build/Release/cryptoki.node');
  copy('node_modules/node-gyp-build', 'node-gyp-build');
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
