// NSS softokn of Debian's unstable suite: years newer than the machine's, with the 3.2 interface and post-quantum keys. Its
// libc is newer too, so this machine's own node is run by that tree's loader; no root and no root file system is needed.
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { triplet } from '../support/paths.mjs';
import { Failure, output } from '../support/run.mjs';
import { unpackedUnstable } from '../support/suites.mjs';
import { environment as fewRounds } from './nss.mjs';

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

/** A command that runs a program with the libraries of the tree. */
function launcher(path, loader, libraries, program) {
  const words = [loader, '--library-path', libraries, '--argv0', program, program].map(quoted).join(' ');
  writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Makes the commands `node` and `openssl` of the tree in `folder`; nothing keeps running. */
export async function start(folder) {
  const tree = unpackedUnstable('nss-sid', ['libnss3', 'libstdc++6', 'openssl']);
  const library = join(tree, 'usr/lib', triplet);
  const loader = readdirSync(library).find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
  const module = [join(library, 'libsoftokn3.so'), join(library, 'nss/libsoftokn3.so')].find((path) => existsSync(path));
  if (!loader || !module) throw new Failure(`Debian's unstable suite has no ${loader ? 'libsoftokn3.so' : 'loader'} where one was expected`);
  const commands = join(folder, 'commands');
  mkdirSync(commands);
  const node = launcher(join(commands, 'node'), join(library, loader), library, process.execPath);
  const version = output(node, ['--version']);
  if (version?.trim() !== process.version) throw new Failure('this Node.js does not run with the loader of Debian unstable');
  // Node.js takes the loader for itself, and mocha starts a second node by that path.
  const named = join(commands, 'named.cjs');
  writeFileSync(named, `process.execPath = ${JSON.stringify(node)};\n`);
  return {
    module,
    node,
    environment: {
      ...fewRounds,
      NODE_OPTIONS: [process.env.NODE_OPTIONS, `--require=${JSON.stringify(named)}`].filter(Boolean).join(' '),
      CRYPTOKI_TEST_OPENSSL: launcher(join(commands, 'openssl'), join(library, loader), library, join(tree, 'usr/bin/openssl')),
    },
    stop: () => {},
  };
}
