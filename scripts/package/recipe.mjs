// npm runs node-gyp in a package that has binding.gyp beside its package.json, whatever that says, when it installs from a lock file: the package carries it
// in native/, where it stands while it is packed.
//   node scripts/package/recipe.mjs put | take
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../support/paths.mjs';

const place = join(root, 'native/binding.gyp');

export const put = () => copyFileSync(join(root, 'binding.gyp'), place);
export const take = () => rmSync(place, { force: true });

if (process.argv[1] === fileURLToPath(import.meta.url)) (process.argv[2] === 'put' ? put : take)();
