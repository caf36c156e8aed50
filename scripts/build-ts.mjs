// Compiles lib/ into dist/: CommonJS with declarations, and beside each entry a thin ES module that re-exports its names, so
// that `require` and `import` share one copy of the classes and of the addon.
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { cached, root } from './support/paths.mjs';
import { main, quietly } from './support/run.mjs';
import { hashOf, isFresh, stamp } from './support/stamp.mjs';

const require = createRequire(import.meta.url);

/** The entry modules, from the exports of package.json: ./dist/index.js, ./dist/raw.js and so on. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.values(exports)
    .map((target) => target.require?.default)
    .filter(Boolean);
}

/** Writes x.mjs and x.d.mts beside x.js. The names are those that the module really exports. */
function wrap(file) {
  const stem = file.replace(/\.js$/, '');
  const name = basename(stem);
  const exported = require(file);
  const names = Object.keys(exported)
    .filter((key) => key !== 'default' && key !== '__esModule')
    .sort();
  const note = `// Made by scripts/build-ts.mjs from ${name}.js.\n`;
  const [asWhole, typeAsWhole] =
    'default' in exported ? ['export default exported.default;\n', `export { default } from './${name}.js';\n`] : ['', ''];
  const named = `export const {\n${names.map((key) => `  ${key},\n`).join('')}} = exported;\n`;
  writeFileSync(`${stem}.mjs`, `${note}import exported from './${name}.js';\n${named}${asWhole}`);
  writeFileSync(`${stem}.d.mts`, `${note}export * from './${name}.js';\n${typeAsWhole}`);
}

await main(([option]) => {
  const hash = hashOf(['lib', 'tsconfig.json', 'tsconfig.build.json', 'package.json', 'scripts/build-ts.mjs']);
  const dist = join(root, 'dist');
  if (option !== '--force' && isFresh('dist', hash) && entries().every((entry) => existsSync(join(root, entry)))) return;
  // Compiled beside and renamed: a failed or interrupted build leaves the last good one. The wrappers come after, from
  // dist/ itself: the modules that they load look for the addon from where they stand.
  const fresh = mkdtempSync(join(cached('dist'), 'build-'));
  try {
    const compile = [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', fresh];
    // Comments are in the declarations, where editors look for them; in the code too they would be a sixth of it.
    quietly('compiling TypeScript', process.execPath, [...compile, '--emitDeclarationOnly'], { cwd: root });
    quietly('compiling TypeScript', process.execPath, [...compile, '--declaration', 'false', '--removeComments', '--noCheck'], { cwd: root });
    rmSync(dist, { recursive: true, force: true });
    chmodSync(fresh, 0o755); // a temporary folder is its maker's alone
    renameSync(fresh, dist);
    for (const entry of entries()) wrap(join(root, entry));
    stamp('dist', hash);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
});
