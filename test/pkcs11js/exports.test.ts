// The names, values and arities of pkcs11js, from the package itself.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/support/paths.mjs';
import { skip } from '../support/skip';
import { library, original, OURS, run } from './packages';

interface Told {
  readonly constants: Record<string, number | string>;
  readonly classes: Record<string, unknown>;
  readonly functions: Record<string, number>;
  readonly own: string[];
}

describe('what pkcs11js exports', () => {
  let theirs: Told;
  let ours: Told;

  before(async function () {
    this.timeout(300_000);
    if (library() === undefined) skip(this, 'this machine has no SoftHSM');
    const peer = await original();
    if ('reason' in peer) skip(this, peer.reason);
    theirs = run('exports.cjs', peer.path).lines[0] as unknown as Told;
    ours = run('exports.cjs', OURS).lines[0] as unknown as Told;
  });

  it('is 658 names, and each is here', () => {
    const names = [...Object.keys(theirs.constants), ...Object.keys(theirs.classes)];
    assert.equal(names.length, 658);
    const here = new Set([...Object.keys(ours.constants), ...Object.keys(ours.classes)]);
    assert.deepEqual(
      names.filter((name) => !here.has(name)),
      [],
    );
  });

  it('constants have the same values', () => {
    const same = Object.fromEntries(Object.keys(theirs.constants).map((name) => [name, ours.constants[name]]));
    assert.deepEqual(same, theirs.constants);
  });

  it('classes have the same names and take as many arguments', () => {
    assert.deepEqual(ours.classes, theirs.classes);
  });

  it('every function of an object is here and takes as many arguments', () => {
    const same = Object.fromEntries(Object.keys(theirs.functions).map((name) => [name, ours.functions[name]]));
    assert.deepEqual(same, theirs.functions);
    assert.ok(Object.keys(theirs.functions).length > 100);
    assert.deepEqual(
      theirs.own.filter((name) => !ours.own.includes(name)),
      [],
    );
  });

  it('are imported as a whole too: by ES modules, and by what was compiled from them', async () => {
    const peer = await original();
    assert.ok('path' in peer);
    // As compilers do it where a module was compiled from an ES module, and where it was not.
    const program = `
      import { createRequire } from 'node:module';
      const { PATH_OF_PACKAGE, PATH_OF_MODULE } = process.env;
      const required = createRequire(import.meta.url)(PATH_OF_PACKAGE);
      const compiled = (required.__esModule ? required : { default: required }).default;
      const { default: imported } = await import(PATH_OF_MODULE);
      console.log(JSON.stringify([compiled, imported].map(({ PKCS11, CKM_SHA256 }) => [typeof PKCS11, CKM_SHA256])));`;
    const compat = join(root, 'compat', 'pkcs11js', 'index.js');
    for (const [required, imported] of [[peer.path], [OURS, OURS.replace(/\.js$/, '.mjs')], [compat]] as const) {
      const env = { ...process.env, PATH_OF_PACKAGE: required, PATH_OF_MODULE: pathToFileURL(imported ?? required).href };
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
        env,
        timeout: 60_000,
        killSignal: 'SIGKILL',
      });
      assert.equal(stdout.trim(), '[["function",592],["function",592]]', `${required}: ${stderr}`);
    }
  });

  it('every function has a form that does not block', () => {
    const names = Object.keys(ours.functions).filter((name) => /^C_\w+$/.test(name) && !/(?:Async|Callback)$/.test(name));
    assert.deepEqual(
      names.filter((name) => ours.functions[`${name}Async`] === undefined),
      [],
    );
    assert.ok(names.length > 95);
  });
});
