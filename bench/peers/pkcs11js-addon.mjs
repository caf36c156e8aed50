// pkcs11js with its addon: npm packages of this project run no scripts of their own, so it is compiled in the cache when it is wanted first. Graphene and
// node-webcrypto-p11 get the same one.
import { cpSync, existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { cached, root } from '../../scripts/support/paths.mjs';
import { quietly } from '../../scripts/support/run.mjs';

const require = createRequire(import.meta.url);
const source = join(root, 'node_modules/pkcs11js');
const { version } = require(join(source, 'package.json'));
const folder = join(cached('peers'), `pkcs11js-${version}-${process.platform}-${process.arch}-${process.versions.modules}`);

/** The package's main file, once it is built. */
export const entry = join(folder, 'index.js');

/** Compiles it, once for each version of it and of Node.js. Throws with the compiler's message. */
export function build() {
  if (existsSync(folder)) return;
  const fresh = `${folder}.${process.pid}`;
  try {
    cpSync(source, fresh, { recursive: true, filter: (path) => !path.startsWith(join(source, 'build')) });
    // Without the headers of the running Node, node-gyp downloads them.
    const prefix = dirname(dirname(realpathSync(process.execPath)));
    const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? { npm_config_nodedir: prefix } : {};
    quietly('pkcs11js', process.execPath, [require.resolve('node-gyp/bin/node-gyp.js'), 'rebuild', '--silent'], {
      cwd: fresh,
      env: { ...process.env, ...headers },
    });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** A package that needs pkcs11js, or that itself. */
export function load(name) {
  require(entry);
  // Whoever asks for pkcs11js from now on gets the one with an addon.
  require.cache[require.resolve('pkcs11js')] = require.cache[entry];
  return require(name);
}
