// What every binary must be, and what was seen in it.
import { readElf } from './elf.mjs';
import { nodeApiNames } from './directly.mjs';
import { readMachO } from './macho.mjs';
import { readPe } from './pe.mjs';

const ENTRY_POINTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
/** Node.js 20 itself asks for this one. */
const GLIBC_FLOOR = '2.28';
/** Of GCC 8, which systems with that glibc have; Node.js asks for it too. */
const LIBSTDCXX_FLOOR = { GLIBCXX: '3.4.25', CXXABI: '1.3.11', GCC: '8.0.0' };
const MACOS_FLOOR = 'macOS 11.0';

const linuxLibraries = {
  glibc: /^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|libstdc\+\+\.so\.6|libgcc_s\.so\.1|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$/,
  musl: /^(libc\.so|libc\.musl-\w+\.so\.1|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/,
};
/** Of every Windows that Node.js runs on; the last form is the C library of Windows 10. */
const windowsLibraries = /^(kernel32|advapi32|user32|msvcrt|ucrtbase|api-ms-win-crt-[\w-]+)\.dll$/i;
const macLibraries = /^\/usr\/lib\/(libSystem\.B|libc\+\+\.1|libc\+\+abi)\.dylib$/;

function compareVersions(left, right) {
  const [a, b] = [left, right].map((text) => text.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) - (b[i] ?? 0);
  return 0;
}

const newest = (versions) => [...versions].sort(compareVersions).at(-1);

/** zig's linker offers the start of the file itself too, by the two names that every library of macOS has for its own. */
const MACH_O_OWN = ['_mh_dylib_header', '__dso_handle'];

function sameNames(names) {
  return names.length === ENTRY_POINTS.length && ENTRY_POINTS.every((name) => names.includes(name));
}

/** The newest version of each family, such as `{ GLIBC: '2.17' }`, and which symbols want more than the floor. */
function floorsOf(imported) {
  const families = new Map();
  for (const { version } of imported) {
    const [, family, number] = /^([A-Z]+)_([\d.]+)$/.exec(version ?? '') ?? [];
    if (family) families.set(family, newest([families.get(family) ?? '0', number]));
  }
  return families;
}

function* faultsOfGlibc({ imported }, nodeApi) {
  const floors = { GLIBC: GLIBC_FLOOR, ...LIBSTDCXX_FLOOR };
  for (const { name, version, weak } of imported) {
    if (version === undefined) {
      if (!weak && !nodeApi.has(name)) yield `${name} comes from nobody`;
      continue;
    }
    const [, family, number] = /^([A-Z]+)_([\d.]+)$/.exec(version) ?? [];
    if (!(family in floors)) yield `${name} is of an unknown version, ${version}`;
    else if (compareVersions(number, floors[family]) > 0) yield `${name} needs ${version}, above ${family}_${floors[family]}`;
  }
}

function* faultsOfHardening(hardening, wanted) {
  for (const name of wanted) if (!hardening[name]) yield `no ${name}`;
}

function* faultsOfNodeApi(names, nodeApi) {
  for (const name of names)
    if (/^(napi|node_api)_/.test(name) && !nodeApi.has(name)) yield `${name} is not in the version of Node-API that is asked for`;
}

function linux(target, elf, nodeApi) {
  const families = floorsOf(elf.imported);
  const common = ['RELRO', 'BIND_NOW', 'NX', 'no text relocations', 'stack protector'];
  const faults = [
    ...elf.needed.filter((name) => !linuxLibraries[target.libc].test(name)).map((name) => `it needs ${name}`),
    ...elf.searchPaths.map((path) => `it looks for libraries in ${path}`),
    ...(elf.debug ? ['it is not stripped'] : []),
    ...faultsOfNodeApi(
      elf.imported.map(({ name }) => name),
      nodeApi,
    ),
    // musl has no checking versions of functions.
    ...faultsOfHardening(elf.hardening, target.libc === 'glibc' ? [...common, 'FORTIFY'] : common),
    ...(target.libc === 'glibc' ? faultsOfGlibc(elf, nodeApi) : []),
    ...(target.libc === 'musl' && families.has('GLIBC') ? ['it was linked with glibc'] : []),
  ];
  const floor = target.libc === 'glibc' ? [...families].map(([family, number]) => `${family}_${number}`).join(' ') : undefined;
  return { faults, needed: elf.needed, floor };
}

function windows(target, pe, nodeApi, { byMicrosoft }) {
  const needed = pe.imports.map(({ library }) => library);
  const host = pe.delayed.filter(({ library }) => library.toLowerCase() === 'node.exe');
  const wanted = ['NX', 'random addresses', 'high-entropy addresses', 'stack protector', ...(byMicrosoft ? ['control-flow guard'] : [])];
  const faults = [
    ...needed.filter((name) => !windowsLibraries.test(name)).map((name) => `it needs ${name}`),
    ...(host.length === 1 ? [] : ['it does not leave node.exe to the first call']),
    ...host
      .flatMap(({ names }) => names.filter((name) => !nodeApi.has(name)))
      .map((name) => `${name} is not in the version of Node-API that is asked for`),
    ...pe.delayed.filter((one) => !host.includes(one)).map(({ library }) => `it needs ${library} later`),
    ...faultsOfHardening(pe.hardening, wanted),
  ];
  return { faults, needed };
}

function mac(target, macho, nodeApi) {
  const faults = [
    ...macho.needed.filter((path) => !macLibraries.test(path)).map((path) => `it needs ${path}`),
    ...macho.searchPaths.map((path) => `it looks for libraries in ${path}`),
    ...(macho.system === MACOS_FLOOR ? [] : [`it is for ${macho.system}, not ${MACOS_FLOOR}`]),
    // The processor's kernel starts nothing unsigned; a signature of no person is enough.
    ...(target.arch === 'arm64' && !macho.signed ? ['it is not signed'] : []),
    ...faultsOfNodeApi(macho.imported, nodeApi),
    // The headers of macOS have checking versions of functions for C alone.
    ...faultsOfHardening(macho.hardening, ['NX', 'stack protector']),
  ];
  return { faults, needed: macho.needed, floor: macho.system };
}

const systems = {
  linux: { read: readElf, judge: linux },
  win32: { read: readPe, judge: windows },
  darwin: { read: readMachO, judge: mac },
};

/**
 * `{ faults, size, needed, floor, hardening }` of a binary for a target. `byMicrosoft`: compiled by Visual C++, which has what
 * MinGW has not.
 */
export function checkBinary(target, file, { byMicrosoft = false } = {}) {
  const { read, judge } = systems[target.platform];
  const binary = read(file);
  if (!binary) return { faults: [`it is no 64-bit library of ${target.platform}`], size: file.length, needed: [], hardening: {} };
  const found = judge(target, binary, nodeApiNames(), { byMicrosoft });
  const faults = [
    ...(binary.arch === target.arch ? [] : [`it is for ${binary.arch}`]),
    ...(sameNames(binary.exported.filter((name) => binary.format !== 'mach-o' || !MACH_O_OWN.includes(name)))
      ? []
      : [`it exports ${binary.exported.join(', ') || 'nothing'}`]),
    ...found.faults,
  ];
  return { ...found, faults, size: file.length, exported: binary.exported, hardening: binary.hardening };
}
