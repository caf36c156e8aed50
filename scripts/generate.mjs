// Makes the generated files from spec/: `node scripts/generate.mjs` writes them, with `--check` it only says which ones differ and exits 1.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSpec } from './generate/spec.mjs';
import { header } from './generate/header.mjs';
import { attributes, calls, engineCodes, layouts } from './generate/native.mjs';
import { attributesModule, callsModule, constantsModule, oldSpellingsModule } from './generate/tables.mjs';
import { parametersModule } from './generate/parameters.mjs';
import { rawMethods } from './generate/raw-methods.mjs';
import { pkcs11jsConstants, pkcs11jsFunctions } from './generate/pkcs11js.mjs';
import { coverage } from './generate/coverage.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const spec = readSpec(join(root, 'spec'));

const current = (path) => {
  try {
    return readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
};

const files = {
  'native/generated/cryptoki.h': header(spec),
  'native/generated/engine_codes.h': engineCodes(spec),
  'native/generated/calls.inc': calls(spec),
  'native/generated/attributes.inc': attributes(spec),
  'native/generated/layouts.inc': layouts(spec),
  'lib/generated/constants.ts': constantsModule(spec),
  'lib/generated/old-spellings.ts': oldSpellingsModule(spec),
  'lib/generated/attributes.ts': attributesModule(spec),
  'lib/generated/calls.ts': callsModule(spec),
  'lib/generated/parameters.ts': parametersModule(spec),
  'lib/generated/raw-methods.ts': rawMethods(spec),
  'lib/generated/pkcs11js-constants.ts': pkcs11jsConstants(spec),
  'lib/generated/pkcs11js-functions.ts': pkcs11jsFunctions(spec),
  'docs/coverage.md': coverage(spec, current('docs/coverage.md')),
};

const stale = Object.keys(files).filter((name) => current(name) !== files[name]);
if (process.argv.includes('--check')) {
  for (const name of stale) console.error(`${name} is not what spec/ says: run node scripts/generate.mjs`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const name of stale) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), files[name]);
    console.log(`wrote ${name}`);
  }
}
