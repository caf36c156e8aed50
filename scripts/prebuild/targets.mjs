// The binaries of a release: one row each. node-gyp-build finds them by their folders and names.
import { existsSync } from 'node:fs';

/**
 * - `folder`, `file`: below prebuilds/; the words between the dots are tags that node-gyp-build compares with the machine.
 * - `tool`: what makes it on a machine of another kind (scripts/prebuild/tools.mjs). Its own kind has a compiler of its own.
 * - `triple`: of the Debian or zig tools.
 */
export const targets = [
  {
    name: 'linux-x64',
    platform: 'linux',
    arch: 'x64',
    libc: 'glibc',
    folder: 'linux-x64',
    file: 'cryptoki.glibc.node',
    tool: 'gcc',
    triple: 'x86_64-linux-gnu',
  },
  {
    name: 'linux-arm64',
    platform: 'linux',
    arch: 'arm64',
    libc: 'glibc',
    folder: 'linux-arm64',
    file: 'cryptoki.glibc.node',
    tool: 'gcc',
    triple: 'aarch64-linux-gnu',
  },
  {
    name: 'linux-x64-musl',
    platform: 'linux',
    arch: 'x64',
    libc: 'musl',
    folder: 'linux-x64',
    file: 'cryptoki.musl.node',
    tool: 'zig',
    triple: 'x86_64-linux-musl',
  },
  {
    name: 'linux-arm64-musl',
    platform: 'linux',
    arch: 'arm64',
    libc: 'musl',
    folder: 'linux-arm64',
    file: 'cryptoki.musl.node',
    tool: 'zig',
    triple: 'aarch64-linux-musl',
  },
  { name: 'win32-x64', platform: 'win32', arch: 'x64', folder: 'win32-x64', file: 'cryptoki.node', tool: 'mingw', triple: 'x86_64-w64-mingw32' },
  { name: 'darwin-x64', platform: 'darwin', arch: 'x64', folder: 'darwin-x64', file: 'cryptoki.node', tool: 'zig', triple: 'x86_64-macos.11.0' },
  {
    name: 'darwin-arm64',
    platform: 'darwin',
    arch: 'arm64',
    folder: 'darwin-arm64',
    file: 'cryptoki.node',
    tool: 'zig',
    triple: 'aarch64-macos.11.0',
  },
];

/** The C library of this machine: 'glibc', 'musl', or undefined where the question makes no sense. */
export function libcHere() {
  if (process.platform !== 'linux') return undefined;
  return existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
}

/** True where the machine that runs this is of the kind that the binary is for. */
export function isHere(target) {
  return target.platform === process.platform && target.arch === process.arch && target.libc === libcHere();
}
