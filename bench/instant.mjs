// The programmable module of the tests in its instant mode: C_SignInit and C_Sign do nothing, or take as much time as they are told.
import { createRequire } from 'node:module';
import { closeSync, copyFileSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildTestModules } from '../scripts/build-test-modules.mjs';
import { root } from '../scripts/support/paths.mjs';

const WORD = 8;
const FUNCTIONS = 104;

const { CALL } = createRequire(import.meta.url)('../dist/generated/calls.js');

/** Places of the words of a structure in control.h. */
function wordsOf(header, structure) {
  const body = new RegExp(`struct ${structure} \\{([^]*?)\\n\\};`).exec(header)[1];
  const at = new Map();
  let size = 0;
  for (const [, type, name, length] of body.matchAll(/^\s+(uint64_t|char) (\w+)(?:\[(\d+)\])?;/gm)) {
    at.set(name, size);
    size += type === 'char' ? Number(length) / WORD : 1;
  }
  return { at, size };
}

/** A copy of the module in a folder of its own. `preload`: so many data objects are on each of its tokens. */
export function instantModule({ preload = 0 } = {}) {
  buildTestModules({ only: ['fault'] });
  const header = readFileSync(join(root, 'test/modules/fault/control.h'), 'utf8');
  const general = wordsOf(header, 'fault_words');
  const perFunction = wordsOf(header, 'fault_function');
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-bench-'));
  const path = join(folder, 'instant.so');
  copyFileSync(join(root, 'build/test-modules/fault.so'), path);
  const control = openSync(`${path}.control`, 'w+');
  ftruncateSync(control, (general.size + FUNCTIONS * perFunction.size) * WORD);
  const write = (word, value) => {
    const bytes = Buffer.alloc(WORD);
    bytes.writeBigUInt64LE(BigInt(value));
    writeSync(control, bytes, 0, WORD, word * WORD);
  };
  write(general.at.get('instant'), 1);
  write(general.at.get('preload'), preload);
  return {
    path,
    pin: '1234',
    environment: {},
    yardstick: {},
    /** What every C_Sign takes from now on, in microseconds: `sleep` of latency, `spin` of a processor. */
    takes(times) {
      this.delays('C_Sign', times);
    },
    /** The same of another function. */
    delays(name, { sleep = 0, spin = 0 }) {
      const orders = general.size + CALL[name] * perFunction.size;
      write(orders + perFunction.at.get('sleep'), sleep);
      write(orders + perFunction.at.get('spin'), spin);
    },
    remove() {
      closeSync(control);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
