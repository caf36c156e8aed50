// The tarball that the checks are about: what `npm publish` would send.
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { foreground, Failure } from '../support/run.mjs';
import { root } from '../support/paths.mjs';
import { binaries } from './contents.mjs';
import { npmFolder, succeed } from './machine.mjs';

/** Where this machine's binary stands in the package. */
export function ownBinary() {
  const musl = process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;
  const libc = process.platform === 'linux' ? (musl ? '.musl' : '.glibc') : '';
  return `prebuilds/${process.platform}-${process.arch}/cryptoki${libc}.node`;
}

/** Makes this machine's binary when it is missing or older than its sources. Answers how. */
async function makeOwnBinary() {
  const own = ownBinary();
  const script = join(root, 'scripts/prebuild.mjs');
  if (existsSync(script) && binaries.includes(own)) {
    const target = own.split('/')[1];
    const status = await foreground(process.execPath, [script, target], { cwd: root });
    if (status === 0 && existsSync(join(root, own))) return 'as for a release';
    throw new Failure(`npm run prebuild -- ${target} has not made ${own}.`);
  }
  mkdirSync(dirname(join(root, own)), { recursive: true });
  copyFileSync(join(root, 'build/Release/cryptoki.node'), join(root, own));
  return 'of this checkout: no release is made for this platform';
}

/** `{ path, files, unpackedSize, binary }`: packed into `folder`. dist/ and build/ must be up to date. */
export async function pack(folder) {
  const binary = await makeOwnBinary();
  mkdirSync(folder, { recursive: true });
  const words = [join(npmFolder(), 'bin/npm-cli.js'), 'pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(await succeed(process.execPath, words, { cwd: root, env: { ...process.env, npm_config_loglevel: 'error' } }));
  const [name] = readdirSync(folder).filter((entry) => entry.endsWith('.tgz'));
  return { path: join(folder, name), files: packed.files, unpackedSize: packed.unpackedSize, size: packed.size, binary };
}
