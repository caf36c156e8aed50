// Where the compiled part of the package stands, and how it is loaded.

import { readFileSync } from 'node:fs';
import { join, toNamespacedPath } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

import { addonFailure, bundledAsModule } from '../addon-failure';

/** Of what every thread gets from the one that starts it: the paths of the compiled parts that are loaded in this process. */
const LOADED = 'cryptoki.addons';

/** The compiled part, or one ERR_CRYPTOKI_ADDON that says what was looked for and what helps. */
export function loadAddon(): unknown {
  if (typeof __dirname === 'undefined') throw bundledAsModule();
  const home = homeOf(__dirname);
  let path: string | undefined;
  try {
    const locate = require('node-gyp-build') as { resolve(folder: string): string };
    path = locate.resolve(home.folder);
    return load(path);
  } catch (cause) {
    throw addonFailure({ ...home, path, cause });
  }
}

/** The folder that has prebuilds/ and build/: the package; where a bundler has taken this file out of it, `cryptoki` beside the bundle. */
function homeOf(folder: string): { folder: string; bundled: boolean } {
  const home = join(folder, '..', '..');
  return isPackage(home) ? { folder: home, bundled: false } : { folder: join(folder, 'cryptoki'), bundled: true };
}

function isPackage(folder: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown }).name === 'cryptoki';
  } catch (error) {
    // A bundle has no such file; what may not be read is the package, and is told as that.
    return (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED';
  }
}

function load(own: string): unknown {
  const loaded = (getEnvironmentData(LOADED) ?? []) as string[];
  const path = loaded.find((other) => other === own || same(other, own)) ?? own;
  // Not by require: that answers one object to all who ask in a thread, and each copy of this package starts its own way back.
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, toNamespacedPath(path));
  if (!loaded.includes(path)) setEnvironmentData(LOADED, [...loaded, path]);
  return module.exports;
}

/**
 * Two copies of this package in one process load one file: who has initialised a library is counted in there, so that the copy which is done first
 * does not finalise it under the other one.
 */
function same(other: string, own: string): boolean {
  try {
    return readFileSync(other).equals(readFileSync(own));
  } catch {
    return false;
  }
}
