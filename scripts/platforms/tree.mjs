// What a foreign platform runs in: an unpacked Debian of another age or another processor, with SoftHSM in it.
import { join } from 'node:path';
import { unpackedSuite } from '../support/suites.mjs';

/** `{ tree, module }`: the folder that stands for its root, and SoftHSM's path below it. */
export function debian({ suite, name, triple, architecture }) {
  const tree = unpackedSuite(suite, name, ['libsofthsm2', 'libstdc++6'], { architecture });
  return { tree, module: join('/usr/lib', triple, 'softhsm/libsofthsm2.so') };
}
