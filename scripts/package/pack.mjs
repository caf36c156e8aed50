// The tarball that the checks are about: what `npm publish` would send.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isHere, libcHere, targets } from '../prebuild/targets.mjs';
import { root } from '../support/paths.mjs';
import { Failure, foreground } from '../support/run.mjs';
import { hashOf, isFresh, stamp } from '../support/stamp.mjs';
import { npmFolder, succeed } from './machine.mjs';
import { put, take } from './recipe.mjs';

/** Where this machine's binary stands in the package. */
export function ownBinary() {
  const file = ['cryptoki', libcHere(), 'node'].filter(Boolean).join('.');
  return `prebuilds/${process.platform}-${process.arch}/${file}`;
}

/** Makes this machine's binary when it is missing or older than its sources. Answers how. */
async function makeOwnBinary() {
  const own = join(root, ownBinary());
  const target = targets.find(isHere);
  if (target === undefined) {
    mkdirSync(dirname(own), { recursive: true });
    copyFileSync(join(root, 'build/Release/cryptoki.node'), own);
    return 'compiled by npm run build: no release has one for this platform';
  }
  const name = `prebuild-${target.name}`;
  const hash = () =>
    hashOf(
      ['binding.gyp', 'native', 'scripts/prebuild', 'scripts/prebuild.mjs', 'package-lock.json'],
      existsSync(own) ? createHash('sha256').update(readFileSync(own)).digest('hex') : undefined,
    );
  if (!isFresh(name, hash())) {
    console.log(`· npm run prebuild -- ${target.name}`);
    const status = await foreground(process.execPath, [join(root, 'scripts/prebuild.mjs'), target.name], { cwd: root });
    if (status !== 0) throw new Failure(`npm run prebuild -- ${target.name} has not made ${ownBinary()}.`);
    stamp(name, hash());
  }
  return 'as of a release';
}

/** `{ path, files, size, binary }`: packed into `folder`. dist/ and build/ must be up to date. A `release` takes the binaries as they stand. */
export async function pack(folder, { release }) {
  const binary = release ? 'as it stands in prebuilds/' : await makeOwnBinary();
  mkdirSync(folder, { recursive: true });
  const words = [join(npmFolder(), 'bin/npm-cli.js'), 'pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  put();
  const output = await succeed(process.execPath, words, { cwd: root, env: { ...process.env, npm_config_loglevel: 'error' } }).finally(take);
  const [packed] = JSON.parse(output);
  const [name] = readdirSync(folder).filter((entry) => entry.endsWith('.tgz'));
  return { path: join(folder, name), files: packed.files, size: packed.size, binary };
}
