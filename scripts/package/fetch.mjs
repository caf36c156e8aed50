// Tools that the checks of the package need now and then: from npm, into the cache, without running anything of theirs.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../support/paths.mjs';
import { Skip } from './report.mjs';

/** The folder of a package from npm, such as `pnpm@12.21.0`, unpacked with what it depends on. A `Skip` where the registry does not answer. */
export async function fetched(machine, wanted) {
  const at = wanted.lastIndexOf('@');
  const name = wanted.slice(0, at);
  const folder = join(cached('tools'), wanted.replaceAll('/', '+'));
  const place = join(folder, 'node_modules', name);
  if (existsSync(place)) return place;
  mkdirSync(cached('tools'), { recursive: true });
  // Made beside and renamed: what was interrupted leaves no half tool.
  const fresh = mkdtempSync(join(cached('tools'), '.fresh-'));
  try {
    writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n');
    const words = ['install', '--ignore-scripts', '--no-save', '--no-package-lock', wanted];
    await machine.npm(words, { cwd: fresh, env: machine.environment() }).catch((error) => {
      throw new Skip(`npm has no ${wanted} here: ${/E\d{3}|E[A-Z]{4,}/.exec(error.message)?.[0] ?? error.message.slice(-200)}`);
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    return place;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
