// node esbuild.mjs: three bundles of program.mjs.
import { build } from 'esbuild';
import { copyPrebuilds } from './prebuilds.mjs';

const options = { entryPoints: ['program.mjs'], bundle: true, platform: 'node', target: 'node20' };

// Left out of the bundle: it runs where node_modules is.
await build({ ...options, external: ['cryptoki', 'cryptoki/*'], format: 'esm', outfile: 'out/esbuild-external/program.mjs' });

// In the bundle, with the native part beside it: it runs anywhere.
await build({ ...options, format: 'cjs', outfile: 'out/esbuild-bundled/program.cjs' });
copyPrebuilds('out/esbuild-bundled');

// The same as an ES module, which knows neither require nor __dirname by itself.
const banner = `import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const __dirname = dirname(fileURLToPath(import.meta.url));`;
await build({ ...options, format: 'esm', banner: { js: banner }, outfile: 'out/esbuild-module/program.mjs' });
copyPrebuilds('out/esbuild-module');
