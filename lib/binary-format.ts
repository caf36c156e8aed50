// Recognises libraries of the systems that Node.js runs on by their first bytes: ELF, Mach-O, PE.

export interface BinaryFormat {
  readonly format: 'elf' | 'mach-o' | 'pe';
  readonly system: string;
  /** In the words of `process.arch`; empty when unknown. */
  readonly machines: readonly string[];
}

/** What kind of library `head`, the start of a file, belongs to; undefined when to none. */
export function identifyBinary(head: Buffer): BinaryFormat | undefined {
  return elf(head) ?? machO(head) ?? pe(head);
}

/** What libraries must be to be loaded here. */
export function thisMachine(platform: string, arch: string): { format: BinaryFormat['format']; system: string; machine: string } {
  if (platform === 'win32') return { format: 'pe', system: 'Windows', machine: arch };
  if (platform === 'darwin') return { format: 'mach-o', system: 'macOS', machine: arch };
  return { format: 'elf', system: platform === 'linux' ? 'Linux' : platform, machine: arch };
}

// e_machine of the System V ABI, with the class (32 or 64 bits) and the byte order where they decide.
function elf(head: Buffer): BinaryFormat | undefined {
  if (head.length < 20 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const wide = head[4] === 2;
  const little = head[5] === 1;
  const machine = little ? head.readUInt16LE(18) : head.readUInt16BE(18);
  return { format: 'elf', system: 'Linux or another Unix', machines: one(elfMachine(machine, wide, little)) };
}

function elfMachine(machine: number, wide: boolean, little: boolean): string | undefined {
  switch (machine) {
    case 3:
      return 'ia32';
    case 8:
      return little ? 'mipsel' : 'mips';
    case 20:
    case 21:
      return wide ? 'ppc64' : 'ppc';
    case 22:
      return wide ? 's390x' : 's390';
    case 40:
      return 'arm';
    case 62:
      return wide ? 'x64' : 'x32';
    case 183:
      return 'arm64';
    case 243:
      return wide ? 'riscv64' : 'riscv32';
    case 258:
      return 'loong64';
    default:
      return undefined;
  }
}

const MACH_O = 0xfeedface;
const MACH_O_64 = 0xfeedfacf;
const FAT = 0xcafebabe;
const FAT_64 = 0xcafebabf;
// Java class files start with the same four bytes as fat binaries; their next number is a version above this.
const MOST_SLICES = 30;

function machO(head: Buffer): BinaryFormat | undefined {
  if (head.length < 8) return undefined;
  const magic = head.readUInt32BE(0);
  const reversed = head.readUInt32LE(0);
  if (reversed === MACH_O || reversed === MACH_O_64) return { format: 'mach-o', system: 'macOS', machines: one(machOMachine(head.readUInt32LE(4))) };
  if (magic === MACH_O || magic === MACH_O_64) return { format: 'mach-o', system: 'macOS', machines: one(machOMachine(head.readUInt32BE(4))) };
  if (magic !== FAT && magic !== FAT_64) return undefined;
  const count = head.readUInt32BE(4);
  if (count > MOST_SLICES) return undefined;
  const size = magic === FAT ? 20 : 32;
  const machines: string[] = [];
  for (let index = 0; index < count && 8 + index * size + 4 <= head.length; index++) {
    machines.push(...one(machOMachine(head.readUInt32BE(8 + index * size))));
  }
  return { format: 'mach-o', system: 'macOS', machines };
}

function machOMachine(type: number): string | undefined {
  return { 7: 'ia32', 12: 'arm', 0x01000007: 'x64', 0x0100000c: 'arm64' }[type];
}

function pe(head: Buffer): BinaryFormat | undefined {
  if (head.length < 64 || head.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const at = head.readUInt32LE(60);
  if (at + 6 > head.length || head.toString('latin1', at, at + 4) !== 'PE\0\0') return undefined;
  const machine = { 0x014c: 'ia32', 0x01c4: 'arm', 0x8664: 'x64', 0xaa64: 'arm64' }[head.readUInt16LE(at + 4)];
  return { format: 'pe', system: 'Windows', machines: one(machine) };
}

function one(machine: string | undefined): string[] {
  return machine === undefined ? [] : [machine];
}
