// What is in the tarball, and what two checkers of packages say about it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from '../../support/paths.mjs';
import { binaries, expected, MOST } from '../contents.mjs';
import { execute, succeed } from '../machine.mjs';
import { ownBinary } from '../pack.mjs';

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
/** Pages for those who change the package: in the repository only. */
const INSIDE = /^(?:CONTRIBUTING\.md|docs\/decisions\/|docs\/boundary\.md|examples\/|bench\/|prebuilds\/)/;

export async function contents({ report, tarball, machine, release }) {
  report.section('The tarball');
  const { always, sources } = expected();
  const there = tarball.files.map(({ path }) => path);
  const own = ownBinary();

  await report.check('holds every file that it should and no other', () => {
    const should = new Set([...always, ...sources, ...binaries, own]);
    assert.deepEqual(
      there.filter((path) => !should.has(path)),
      [],
      'these should not be there',
    );
    assert.deepEqual(
      [...always, ...sources, ...(release ? binaries : [own])].filter((path) => !there.includes(path)),
      [],
      'these are missing',
    );
    const built = binaries.filter((path) => there.includes(path));
    return `${there.length} files; binaries: ${built.map((path) => path.slice('prebuilds/'.length)).join(', ')}`;
  });

  await report.check(`takes less than ${megabytes(MOST)} unpacked, without the sources for "cryptoki build"`, () => {
    const sizeOf = (wanted) => tarball.files.reduce((sum, { path, size }) => (wanted(path) ? sum + size : sum), 0);
    const rest = sizeOf((path) => !sources.includes(path));
    assert.ok(rest < MOST, megabytes(rest));
    const binary = sizeOf((path) => path.startsWith('prebuilds/'));
    return `${megabytes(rest)} (binaries ${megabytes(binary)}), sources ${megabytes(sizeOf((path) => sources.includes(path)))}, packed ${megabytes(tarball.size)}`;
  });

  await report.check('asks for nothing to be run when it is installed', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.deepEqual(
      Object.keys(scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name)),
      [],
    );
    // "gypfile": false does not help: the lock file does not know it, and npm ci goes by the lock file.
    assert.ok(!there.includes('binding.gyp'), 'npm would run node-gyp where it sees a binding.gyp');
  });

  await report.check('has no link in its documents that leads nowhere', () => {
    const dead = there
      .filter((path) => path.endsWith('.md'))
      .flatMap((page) => {
        const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link);
        return links
          .filter((link) => !/^[a-z]+:/.test(link))
          .map((link) => normalize(join(dirname(page), link)))
          .filter((link) => !there.includes(link) && !INSIDE.test(link))
          .map((link) => `${page}: ${link}`);
      });
    assert.deepEqual(dead, []);
  });

  await report.check('publint --strict', async () => {
    const words = [join(root, 'node_modules/publint/src/cli.js'), 'run', tarball.path, '--strict'];
    await succeed(process.execPath, words, { cwd: root, env: machine.environment() });
  });

  await report.check('are the types wrong? (attw)', async () => {
    const words = [join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'), tarball.path, '--no-emoji', '--no-color', '--format', 'ascii'];
    const { status, stdout, stderr } = await execute(process.execPath, words, { cwd: root, env: machine.environment() });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  });
}
