// node webpack.mjs: two bundles of program.mjs.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import webpack from 'webpack';
import { copyPrebuilds } from './prebuilds.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const base = { context: here, entry: './program.mjs', mode: 'production', target: 'node20', optimization: { minimize: false } };
const output = (name) => ({ path: join(here, 'out', name), filename: 'program.cjs' });

// Left out of the bundle: it runs where node_modules is.
const external = { ...base, externals: [/^cryptoki($|\/)/], externalsType: 'commonjs', output: output('webpack-external') };
// In the bundle, with the native part beside it: it runs anywhere.
const bundled = { ...base, output: output('webpack-bundled') };

const stats = await promisify(webpack)([external, bundled]);
if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
copyPrebuilds('out/webpack-bundled');
