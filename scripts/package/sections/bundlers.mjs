// examples/bundlers with the installed package: bundles that sign, and what those say that cannot.
import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/paths.mjs';
import { execute, succeed } from '../machine.mjs';
import { installed } from './installs.mjs';

export async function bundlers(context) {
  const { report, machine, token } = context;
  report.section('Bundlers');
  let folder;
  const ready = await report.check('npm install', async () => {
    folder = await installed(context, 'bundlers');
    cpSync(join(root, 'examples/bundlers'), folder, { recursive: true });
    for (const name of ['esbuild', 'webpack']) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  });
  if (!ready) return;
  const environment = (more) => machine.environment({ ...token.environment(), PKCS11_TOKEN: 'package', PKCS11_PIN: '1234', ...more });
  // Bundles that are said to run anywhere run somewhere else.
  const elsewhere = join(machine.folder, 'elsewhere');

  async function signs(at, path) {
    const stdout = await succeed(process.execPath, [join(at, path)], { cwd: at, env: environment() });
    assert.match(stdout, /^good$/m);
  }

  async function bundled(name, path) {
    await report.check(`${name}, in the bundle, with the native part beside it, signs`, async () => {
      const target = join(elsewhere, path.split('/')[0]);
      cpSync(join(folder, 'out', path.split('/')[0]), target, { recursive: true });
      await signs(elsewhere, path);
    });
    await report.check(`${name}, in the bundle, without the native part, says what to do`, async () => {
      const target = join(elsewhere, path.split('/')[0]);
      rmSync(join(target, 'cryptoki'), { recursive: true });
      const { status, stderr } = await execute(process.execPath, [join(elsewhere, path)], { cwd: elsewhere, env: environment() });
      assert.equal(status, 1, stderr);
      assert.match(stderr, /^ERR_CRYPTOKI_ADDON: The compiled part of this package is not beside the bundle: leave "cryptoki" out of the bundle/m);
      assert.ok(stderr.includes(join(target, 'cryptoki')), stderr);
    });
  }

  for (const [tool, module] of [
    ['esbuild', true],
    ['webpack', false],
  ]) {
    const built = await report.check(`${tool} bundles, without errors and warnings`, async () => {
      const { status, stdout, stderr } = await execute(process.execPath, [`${tool}.mjs`], { cwd: folder, env: machine.environment() });
      assert.equal(status, 0, stderr);
      assert.ok(!/warning/i.test(stdout + stderr), stdout + stderr);
    });
    if (!built) continue;
    const external = [`out/${tool}-external/program.mjs`, `out/${tool}-external/program.cjs`].find((path) => existsSync(join(folder, path)));
    await report.check(`${tool}, left out of the bundle, signs`, () => signs(folder, external));
    await bundled(tool, `${tool}-bundled/program.cjs`);
    if (module) await bundled(`${tool}, as an ES module`, `${tool}-module/program.mjs`);
  }
}
