// What stands in a DLL: the parts of Microsoft's PE format that the checks ask for.

const IMAGE_FILE_DLL = 0x2000;
const directories = { exports: 0, imports: 1, debug: 6, loadConfiguration: 10, delayImports: 13 };
const characteristics = { 'high-entropy addresses': 0x20, 'random addresses': 0x40, NX: 0x100 };
const DELAY_BY_RELATIVE_ADDRESSES = 1;
const IMAGE_DLLCHARACTERISTICS_GUARD_CF = 0x4000;
const machines = { 0x8664: 'x64', 0xaa64: 'arm64', 0x14c: 'ia32' };

const textAt = (file, at) => file.toString('latin1', at, file.indexOf(0, at));

function sectionsOf(file, header) {
  const start = header + 24 + file.readUInt16LE(header + 20);
  return Array.from({ length: file.readUInt16LE(header + 6) }, (_, index) => {
    const at = start + index * 40;
    return { address: file.readUInt32LE(at + 12), size: file.readUInt32LE(at + 16), offset: file.readUInt32LE(at + 20) };
  });
}

/** Undefined when it is no 64-bit DLL. */
export function readPe(file) {
  if (file.length < 64 || file.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const header = file.readUInt32LE(60);
  const optional = header + 24;
  if (file.toString('latin1', header, header + 4) !== 'PE\0\0' || file.readUInt16LE(optional) !== 0x20b) return undefined;
  if ((file.readUInt16LE(header + 22) & IMAGE_FILE_DLL) === 0) return undefined;
  const sections = sectionsOf(file, header);
  const place = (address) => {
    const section = sections.find((one) => address >= one.address && address < one.address + one.size);
    return address - section.address + section.offset;
  };
  const directory = (index) => {
    const address = file.readUInt32LE(optional + 112 + index * 8);
    return address === 0 ? undefined : place(address);
  };

  /** Rows of a table of imports: a library's name and those of its functions. */
  const imports = (start, size, nameAt, thunksAt, most = Infinity) => {
    const rows = [];
    for (let at = start; at !== undefined && rows.length < most && file.readUInt32LE(at + nameAt) !== 0; at += size) {
      const names = [];
      for (let thunk = place(file.readUInt32LE(at + thunksAt)); file.readBigUInt64LE(thunk) !== 0n; thunk += 8) {
        const value = file.readBigUInt64LE(thunk);
        // The highest bit says that a function is meant by its number.
        names.push(value >> 63n === 0n ? textAt(file, place(Number(value)) + 2) : `#${value & 0xffffn}`);
      }
      rows.push({ library: textAt(file, place(file.readUInt32LE(at + nameAt))), names });
    }
    return rows;
  };

  /** GNU's tools write the tables of what is imported at the first call, but no directory that leads to them. */
  const undirected = () => {
    const rows = [];
    for (const { offset, size } of sections) {
      for (let at = offset; at + 32 <= offset + size; at += 4) {
        if (file.readUInt32LE(at) !== DELAY_BY_RELATIVE_ADDRESSES) continue;
        const name = file.readUInt32LE(at + 4);
        const section = sections.find((one) => name >= one.address && name < one.address + one.size);
        if (section && /^[\w.-]+\.(exe|dll)$/i.test(textAt(file, place(name)))) rows.push(...imports(at, 32, 4, 16, 1));
      }
    }
    return rows;
  };

  const exportsAt = directory(directories.exports);
  const exported = Array.from({ length: exportsAt === undefined ? 0 : file.readUInt32LE(exportsAt + 24) }, (_, index) =>
    textAt(file, place(file.readUInt32LE(place(file.readUInt32LE(exportsAt + 32)) + index * 4))),
  );
  const configuration = directory(directories.loadConfiguration);
  const flags = file.readUInt16LE(optional + 70);
  return {
    format: 'pe',
    arch: machines[file.readUInt16LE(header + 4)],
    exported,
    imports: imports(directory(directories.imports), 20, 12, 0),
    delayed: directory(directories.delayImports) === undefined ? undirected() : imports(directory(directories.delayImports), 32, 4, 16),
    hardening: {
      ...Object.fromEntries(Object.entries(characteristics).map(([name, bit]) => [name, (flags & bit) !== 0])),
      // Visual C++ names the place of its cookie; what MinGW links is known by what it would say.
      'stack protector': (configuration !== undefined && file.readBigUInt64LE(configuration + 88) !== 0n) || file.includes('stack smashing detected'),
      'control-flow guard': (flags & IMAGE_DLLCHARACTERISTICS_GUARD_CF) !== 0 && configuration !== undefined,
    },
  };
}
