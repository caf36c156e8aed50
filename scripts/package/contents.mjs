// What the tarball must hold, file by file: made from the sources, so that nothing is there by accident.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { targets } from '../prebuild/targets.mjs';
import { root } from '../support/paths.mjs';

/** Bytes that all but the sources for `cryptoki build` may take when unpacked. */
export const MOST = 6_000_000;

const manifest = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function* filesIn(folder, without = []) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (without.includes(path)) continue;
    if (entry.isDirectory()) yield* filesIn(path, without);
    else yield path;
  }
}

/** The sources for `cryptoki build`. */
const sources = () => [...filesIn('native', ['native/test']), 'native/binding.gyp'];

/** The guides: not what is for those who change the package. */
const documents = () => [...filesIn('docs', ['docs/decisions', 'docs/boundary.md'])].filter((path) => /\.(?:md|svg)$/.test(path));

/** Each entry has a thin ES module beside it. */
function compiled() {
  const entries = Object.values(manifest().exports)
    .map((target) => target.require?.default)
    .filter(Boolean)
    .map((file) => file.replace(/^\.\//, '').replace(/\.js$/, ''));
  const own = [...filesIn('lib')].map((path) => path.replace(/^lib\//, 'dist/').replace(/\.ts$/, ''));
  return [...own.flatMap((stem) => [`${stem}.js`, `${stem}.d.ts`]), ...entries.flatMap((stem) => [`${stem}.mjs`, `${stem}.d.mts`])];
}

/** The paths that must be there, and those of them that are for `cryptoki build`; the binaries are asked for apart. */
export function expected() {
  return {
    always: ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', ...compiled(), ...filesIn('compat'), ...documents()],
    sources: sources(),
  };
}

/** The binaries that a release has. */
export const binaries = targets.map(({ folder, file }) => `prebuilds/${folder}/${file}`);
