// What stands in a library of macOS: the load commands and symbols that the checks ask for.

const LC = {
  SYMTAB: 2,
  LOAD_DYLIB: 0xc,
  ID_DYLIB: 0xd,
  RPATH: 0x8000001c,
  CODE_SIGNATURE: 0x1d,
  VERSION_MIN: 0x24,
  BUILD_VERSION: 0x32,
  WEAK_DYLIB: 0x80000018,
  REEXPORT_DYLIB: 0x8000001f,
  DYLD_INFO: 0x22,
  DYLD_INFO_ONLY: 0x80000022,
  EXPORTS_TRIE: 0x80000033,
};
const LC_WITH_EXPORTS = [LC.DYLD_INFO, LC.DYLD_INFO_ONLY, LC.EXPORTS_TRIE];
const fileTypes = { 6: 'dylib', 8: 'bundle' };
const machines = { 0x01000007: 'x64', 0x0100000c: 'arm64' };
const N_STAB = 0xe0;
const N_PEXT = 0x10;
const N_TYPE = 0x0e;
const N_EXT = 0x01;
const MH_ALLOW_STACK_EXECUTION = 0x20000;

const textAt = (file, at) => file.toString('latin1', at, file.indexOf(0, at));

function* commandsOf(file) {
  let at = 32;
  for (let count = file.readUInt32LE(16); count > 0; count--) {
    yield { type: file.readUInt32LE(at), at };
    at += file.readUInt32LE(at + 4);
  }
}

const version = (number) => `${number >>> 16}.${(number >>> 8) & 0xff}`;

/** A number of as many bytes as it takes, seven bits in each. */
function packedNumber(file, at) {
  let value = 0;
  let shift = 1;
  for (;;) {
    const byte = file[at++];
    value += (byte & 0x7f) * shift;
    if (byte < 0x80) return { value, at };
    shift *= 128;
  }
}

/** What the system's loader finds: a tree of the names, each node with the ends that a name may have from there. */
function* exportsIn(file, start, node = start, prefix = '') {
  const own = packedNumber(file, node);
  if (own.value > 0) yield prefix;
  let at = own.at + own.value;
  for (let children = file[at++]; children > 0; children--) {
    const end = textAt(file, at);
    const next = packedNumber(file, at + end.length + 1);
    yield* exportsIn(file, start, start + next.value, prefix + end);
    at = next.at;
  }
}

function exportedOf(file, commands) {
  for (const { type, at } of commands) {
    const [place, size] = type === LC.EXPORTS_TRIE ? [8, 12] : [40, 44];
    if (!LC_WITH_EXPORTS.includes(type) || file.readUInt32LE(at + size) === 0) continue;
    return [...exportsIn(file, file.readUInt32LE(at + place))].map((name) => name.slice(1));
  }
  return [];
}

function symbolsOf(file, command) {
  const [symbols, count, strings] = [8, 12, 16].map((offset) => file.readUInt32LE(command.at + offset));
  return Array.from({ length: count }, (_, index) => {
    const at = symbols + index * 16;
    return { name: textAt(file, strings + file.readUInt32LE(at)), type: file[at + 4] };
  }).filter(({ type }) => (type & N_STAB) === 0 && (type & N_EXT) !== 0 && (type & N_PEXT) === 0);
}

/** Undefined when it is no 64-bit library or bundle for macOS. */
export function readMachO(file) {
  if (file.length < 32 || file.readUInt32LE(0) !== 0xfeedfacf || !(file.readUInt32LE(12) in fileTypes)) return undefined;
  const commands = [...commandsOf(file)];
  const of = (...types) => commands.filter(({ type }) => types.includes(type));
  const [table] = of(LC.SYMTAB);
  const symbols = table ? symbolsOf(file, table) : [];
  const [built] = of(LC.BUILD_VERSION);
  const [oldStyle] = of(LC.VERSION_MIN);
  const minimum = built ? file.readUInt32LE(built.at + 12) : oldStyle && file.readUInt32LE(oldStyle.at + 8);
  const imported = symbols.filter(({ type }) => (type & N_TYPE) === 0).map(({ name }) => name.slice(1));
  return {
    format: 'mach-o',
    arch: machines[file.readUInt32LE(4)],
    system: minimum === undefined ? undefined : `macOS ${version(minimum)}`,
    needed: of(LC.LOAD_DYLIB, LC.WEAK_DYLIB, LC.REEXPORT_DYLIB).map(({ at }) => textAt(file, at + file.readUInt32LE(at + 8))),
    searchPaths: of(LC.RPATH).map(({ at }) => textAt(file, at + file.readUInt32LE(at + 8))),
    exported: exportedOf(file, commands),
    imported,
    signed: of(LC.CODE_SIGNATURE).length > 0,
    hardening: {
      NX: (file.readUInt32LE(24) & MH_ALLOW_STACK_EXECUTION) === 0,
      'stack protector': imported.includes('__stack_chk_fail'),
      FORTIFY: imported.some((name) => /^__\w+_chk$/.test(name)),
    },
  };
}
