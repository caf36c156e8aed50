// Linux of 2021: a root file system of Debian 11, with glibc 2.31, in which nothing of this machine's libraries is seen.
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { triplet } from '../support/paths.mjs';
import { Failure, output } from '../support/run.mjs';
import { debian } from './tree.mjs';

/** $1 is the root, $2 a folder and $3 a file that are seen in it where they stand; the rest is the command. */
const script = `set -e
root=$1 folder=$2 node=$3; shift 3
mkdir -p "$root/dev" "$root/proc" "$root/$folder" "$root$(dirname "$node")"
touch "$root$node"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --bind "$folder" "$root/$folder"
mount --bind "$node" "$root$node"
exec chroot "$root" "$@"
`;

/** Root needs no more than this; others can have the names of users to themselves, on most machines. */
function spaces() {
  const wanted = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const words = process.getuid() === 0 ? wanted : ['--map-root-user', ...wanted];
  if (output('unshare', [...words, 'true']) === undefined)
    throw new Failure('needs a file system of its own (unshare), which this user may not have');
  return words;
}

/**
 * `{ version, command, environment }` to run Node.js in a root below `folder`; programs and what they use stand in `shared`, which
 * is in there too.
 */
export function oldGlibc(folder, shared) {
  const words = spaces();
  const { tree, module } = debian({ suite: 'bullseye', name: 'debian-11', triple: triplet });
  const root = join(folder, 'debian-11');
  mkdirSync(root, { recursive: true });
  cpSync(tree, root, { recursive: true, verbatimSymlinks: true });
  const command = ['unshare', ...words, '/bin/sh', '-c', script, 'sh', root, shared, process.execPath, process.execPath];
  const ask = 'const { glibcVersionRuntime } = process.report.getReport().header; console.log(glibcVersionRuntime)';
  const said = output(command[0], [...command.slice(1), '-e', ask]);
  if (said === undefined) throw new Failure('Node.js does not start in the root of Debian 11');
  return { version: said.trim(), command, environment: { PKCS11_MODULE: module, LD_LIBRARY_PATH: '' } };
}
