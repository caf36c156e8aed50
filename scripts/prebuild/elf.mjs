// What stands in a shared library of Linux: the parts of the System V ABI and of glibc's versions that the checks ask for.

const SHN_UNDEF = 0;
const STB_WEAK = 2;
const STB_LOCAL = 0;
const STV_HIDDEN = 2;
const PT_GNU_STACK = 0x6474e551;
const PT_GNU_RELRO = 0x6474e552;
const DT = { NEEDED: 1, SONAME: 14, RPATH: 15, TEXTREL: 22, BIND_NOW: 24, RUNPATH: 29, FLAGS: 30, FLAGS_1: 0x6ffffffb };
const machines = { 62: 'x64', 183: 'arm64', 40: 'arm', 3: 'ia32' };

function textAt(file, at) {
  return file.toString('latin1', at, file.indexOf(0, at));
}

const wide = (file, at) => Number(file.readBigUInt64LE(at));

function sectionsOf(file) {
  const start = wide(file, 0x28);
  const size = file.readUInt16LE(0x3a);
  const headers = Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => start + index * size);
  const rows = headers.map((at) => ({
    nameAt: file.readUInt32LE(at),
    type: file.readUInt32LE(at + 4),
    offset: wide(file, at + 0x18),
    size: wide(file, at + 0x20),
    link: file.readUInt32LE(at + 0x28),
    info: file.readUInt32LE(at + 0x2c),
  }));
  const names = rows[file.readUInt16LE(0x3e)];
  return rows.map((row) => ({ ...row, name: textAt(file, names.offset + row.nameAt) }));
}

function segmentsOf(file) {
  const start = wide(file, 0x20);
  const size = file.readUInt16LE(0x36);
  return Array.from({ length: file.readUInt16LE(0x38) }, (_, index) => {
    const at = start + index * size;
    return { type: file.readUInt32LE(at), flags: file.readUInt32LE(at + 4) };
  });
}

function dynamicOf(file, sections) {
  const dynamic = sections.find(({ name }) => name === '.dynamic');
  const strings = sections[dynamic.link].offset;
  const entries = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) entries.push({ tag: wide(file, at), value: wide(file, at + 8) });
  return {
    all: (tag) => entries.filter((entry) => entry.tag === tag).map(({ value }) => textAt(file, strings + value)),
    number: (tag) => entries.find((entry) => entry.tag === tag)?.value,
    has: (tag) => entries.some((entry) => entry.tag === tag),
  };
}

/** The names of versions by their index in .gnu.version: `GLIBC_2.17`. */
function versionsOf(file, sections) {
  const names = new Map();
  const table = sections.find(({ name }) => name === '.gnu.version_r');
  if (!table) return names;
  const strings = sections[table.link].offset;
  let need = table.offset;
  for (let index = 0; index < table.info; index++) {
    let auxiliary = need + file.readUInt32LE(need + 8);
    for (let count = file.readUInt16LE(need + 2); count > 0; count--) {
      names.set(file.readUInt16LE(auxiliary + 6), textAt(file, strings + file.readUInt32LE(auxiliary + 8)));
      auxiliary += file.readUInt32LE(auxiliary + 12);
    }
    need += file.readUInt32LE(need + 12);
  }
  return names;
}

function symbolsOf(file, sections) {
  const table = sections.find(({ name }) => name === '.dynsym');
  const strings = sections[table.link].offset;
  const versions = versionsOf(file, sections);
  const indexes = sections.find(({ name }) => name === '.gnu.version');
  return Array.from({ length: table.size / 24 }, (_, index) => {
    const at = table.offset + index * 24;
    return {
      name: textAt(file, strings + file.readUInt32LE(at)),
      binding: file[at + 4] >> 4,
      visibility: file[at + 5] & 3,
      section: file.readUInt16LE(at + 6),
      version: indexes && versions.get(file.readUInt16LE(indexes.offset + index * 2) & 0x7fff),
    };
  }).filter(({ name, binding }) => name !== '' && binding !== STB_LOCAL);
}

/** Undefined when it is no 64-bit little-endian shared library for Linux. */
export function readElf(file) {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1 || file.readUInt16LE(0x10) !== 3) return undefined;
  const sections = sectionsOf(file);
  const segments = segmentsOf(file);
  const dynamic = dynamicOf(file, sections);
  const symbols = symbolsOf(file, sections);
  const undefinedOnes = symbols.filter(({ section }) => section === SHN_UNDEF);
  const stack = segments.find(({ type }) => type === PT_GNU_STACK);
  return {
    format: 'elf',
    arch: machines[file.readUInt16LE(0x12)],
    needed: dynamic.all(DT.NEEDED),
    searchPaths: [...dynamic.all(DT.RPATH), ...dynamic.all(DT.RUNPATH)],
    exported: symbols.filter(({ section, visibility }) => section !== SHN_UNDEF && visibility < STV_HIDDEN).map(({ name }) => name),
    imported: undefinedOnes.map(({ name, version, binding }) => ({ name, version, weak: binding === STB_WEAK })),
    debug: sections.some(({ name }) => name.startsWith('.debug') || name === '.symtab'),
    hardening: {
      RELRO: segments.some(({ type }) => type === PT_GNU_RELRO),
      BIND_NOW: dynamic.has(DT.BIND_NOW) || Boolean((dynamic.number(DT.FLAGS) ?? 0) & 8) || Boolean((dynamic.number(DT.FLAGS_1) ?? 0) & 1),
      NX: stack !== undefined && (stack.flags & 1) === 0,
      'no text relocations': !dynamic.has(DT.TEXTREL) && !((dynamic.number(DT.FLAGS) ?? 0) & 4),
      // From the C library, or our own, which is known by what it would say.
      'stack protector': undefinedOnes.some(({ name }) => name === '__stack_chk_fail') || file.includes('stack smashing detected'),
      FORTIFY: undefinedOnes.some(({ name }) => /^__\w+_chk$/.test(name)),
    },
  };
}
