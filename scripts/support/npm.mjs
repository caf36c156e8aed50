// The npm packages: installed when missing, or when the lock file has moved on.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached, root } from './paths.mjs';
import { Failure, output, quietly } from './run.mjs';

/** The versions a lock file names, by folder. */
function versions(path) {
  if (!existsSync(path)) return new Map();
  const { packages } = JSON.parse(readFileSync(path, 'utf8'));
  return new Map(Object.entries(packages).filter(([folder]) => folder !== ''));
}

/** True when node_modules holds what package-lock.json asks for (packages for other platforms aside). */
function complete() {
  const installed = versions(join(root, 'node_modules/.package-lock.json'));
  for (const [folder, { version, optional, link }] of versions(join(root, 'package-lock.json'))) {
    if (optional || link) continue;
    if (installed.get(folder)?.version !== version || !existsSync(join(root, folder, 'package.json'))) return false;
  }
  return installed.size > 0;
}

/** npm as arguments of this very node: npm.cmd on Windows cannot be spawned without a shell. */
function npm() {
  const bin = dirname(process.execPath);
  const places = [process.env.npm_execpath, join(bin, '../lib/node_modules/npm/bin/npm-cli.js'), join(bin, 'node_modules/npm/bin/npm-cli.js')];
  const cli = places.find((path) => path?.endsWith('.js') && existsSync(path));
  if (cli) return [process.execPath, [cli]];
  if (output('npm', ['--version']) === undefined)
    throw new Failure('npm is missing: it comes with Node.js from https://nodejs.org, or as the package npm of your distribution.');
  return ['npm', []];
}

/** Installs what is missing. No package runs a script of its own. */
export function ensurePackages(say) {
  if (complete()) return;
  say('installing the npm packages');
  const [command, first] = npm();
  quietly('npm ci', command, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root });
}

/**
 * A package that only some scripts need, such as another runtime: fetched into the cache at its first use. Answers its folder.
 */
export function npmPackage(specifier) {
  const name = specifier.slice(0, specifier.lastIndexOf('@'));
  const folder = join(cached('tools'), specifier.replaceAll('/', '+'));
  const place = join(folder, 'node_modules', name);
  if (existsSync(place)) return place;
  console.error(`· getting ${specifier} from npm`);
  // Made beside and renamed: what was interrupted leaves no half tool.
  const fresh = mkdtempSync(join(cached('tools'), '.fresh-'));
  try {
    writeFileSync(join(fresh, 'package.json'), '{"private":true}\n');
    const [command, first] = npm();
    // --force: for another processor or operating system than this. No package runs a script of its own.
    const words = [
      'install',
      specifier,
      '--force',
      '--ignore-scripts',
      '--no-save',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    quietly(`npm install ${specifier}`, command, [...first, ...words], { cwd: fresh });
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    return place;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
