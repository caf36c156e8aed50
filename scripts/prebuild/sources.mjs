// What every binary is made of, in a folder of its own: node-gyp empties build/ of the folder it works in, and the binary
// must not depend on where the checkout stands.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/paths.mjs';
import { Failure } from '../support/run.mjs';

/** Copies the sources to `folder`, which is emptied. */
export function stage(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  cpSync(join(root, 'binding.gyp'), join(folder, 'binding.gyp'));
  cpSync(join(root, 'native'), join(folder, 'native'), { recursive: true, filter: (path) => path !== join(root, 'native', 'test') });
  if (!existsSync(join(root, 'node_modules/node-addon-api/napi.h'))) throw new Failure('node-addon-api is missing: npm ci --ignore-scripts');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

/** The parts of binding.gyp that count for compilers which node-gyp does not know how to call. */
export function settings() {
  const { variables, targets } = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8'));
  const [target] = targets;
  const windows = target.conditions.find(([condition]) => condition === "OS=='win'")[1];
  return {
    defines: target.defines,
    windowsDefines: windows.defines.filter((name) => !name.startsWith('_HAS_')),
    flags: [...target.cflags, ...target.cflags_cc],
    hardening: variables.hardening,
    hardeningFor: { linux: variables.hardening_linux, x64: variables.hardening_x64, arm64: variables.hardening_arm64 },
    hardenedLinking: variables.hardened_linking,
    sources: target.sources.flatMap((source) => (source.startsWith('<!@') ? engine() : [source])),
  };
}

function engine() {
  const names = readdirSync(join(root, 'native/engine')).filter((name) => name.endsWith('.cc'));
  return names.sort().map((name) => `native/engine/${name}`);
}

/** No binary knows where it was made. */
export const withoutPaths = (folder) => [`-ffile-prefix-map=${folder}=.`, `-ffile-prefix-map=${root}=.`];
