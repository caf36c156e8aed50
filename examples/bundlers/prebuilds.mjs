// The native part beside a bundle: cryptoki/prebuilds, for all platforms or for these.
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

export function copyPrebuilds(folder, platforms = ['.']) {
  const prebuilds = join(dirname(resolve('cryptoki/package.json')), 'prebuilds');
  for (const platform of platforms) {
    cpSync(join(prebuilds, platform), join(folder, 'cryptoki', 'prebuilds', platform), { recursive: true });
  }
}
