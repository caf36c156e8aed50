import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expected } from '../../scripts/package/contents.mjs';
import { root } from '../../scripts/support/paths.mjs';

interface Target {
  readonly types: string;
  readonly default: string;
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly import: Target; readonly require: Target }>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const entries = Object.entries(manifest.exports).flatMap(([name, target]) => (typeof target === 'string' ? [] : [{ name, target }]));
const load = createRequire(join(root, 'package.json'));
// Not through tsx, which would make an import of its own out of it.
const importModule = new Function('path', 'return import(path)') as (path: string) => Promise<Record<string, unknown>>;

describe('the entries of the package', () => {
  for (const { name, target } of entries) {
    it(`${name}: import and require share their exports`, async () => {
      const required = load(join(root, target.require.default)) as Record<string, unknown>;
      const imported = await importModule(pathToFileURL(join(root, target.import.default)).href);
      const names = Object.keys(required).sort();
      assert.ok(names.length > 0);
      assert.deepEqual(Object.keys(imported).sort(), names);
      for (const key of names) assert.equal(imported[key], required[key], key);
    });

    it(`${name}: has its declarations`, () => {
      assert.ok(existsSync(join(root, target.require.types)));
      assert.ok(existsSync(join(root, target.import.types)));
    });
  }

  it('publishes what runs and what builds, and nothing else', () => {
    const environment = { ...process.env, npm_config_dry_run: 'true', npm_config_loglevel: 'silent' };
    const [{ files }] = JSON.parse(
      // The scripts of the package put in what stands elsewhere in a checkout.
      execFileSync('npm', ['pack', '--json', '--ignore-scripts=false', '--foreground-scripts=false'], {
        cwd: root,
        env: environment,
        encoding: 'utf8',
        shell: process.platform === 'win32',
      }),
    ) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path).filter((path) => !path.startsWith('prebuilds/'));
    const { always, sources } = expected();
    assert.deepEqual(paths.sort(), [...always, ...sources].sort());
  });
});
