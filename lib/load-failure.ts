// Why a library did not load. The system's loader says it in many ways, so the file itself is looked at.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { arch, platform } from 'node:process';

import { CryptokiError, type LoadFailureReason } from './errors';
import { ENGINE } from './generated/calls';
import { identifyBinary, thisMachine } from './binary-format';

/** The error for a library that the engine could not load; `detail` is what the system's loader said. */
export function loadFailure(code: number, path: string, detail: string): CryptokiError {
  if (code === ENGINE.NO_ENTRY_POINT) {
    const what = 'it has neither C_GetFunctionList nor C_GetInterface';
    return new CryptokiError('ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY', `${path} is a library, but not a Cryptoki (PKCS#11) library: ${what}`);
  }
  if (code === ENGINE.LIST_INVALID) {
    const what = `it gives no usable list of functions${detail === '' ? '' : ` (${detail})`}`;
    return new CryptokiError('ERR_CRYPTOKI_NOT_A_CRYPTOKI_LIBRARY', `${path} is not a usable Cryptoki (PKCS#11) library: ${what}`);
  }
  const { reason, sentence } = whyNotLoaded(path, detail);
  return new CryptokiError('ERR_CRYPTOKI_LOAD_FAILED', `${path} could not be loaded: ${sentence}`, {
    reason,
    ...(detail === '' ? undefined : { cause: new Error(detail) }),
  });
}

/** A reason for programs, and a sentence for people. */
export interface Finding {
  readonly reason: LoadFailureReason;
  readonly sentence: string;
}

const HEAD = 4096;

/** Why the system did not load a library; `detail` is what its loader said. */
export function whyNotLoaded(path: string, detail: string): Finding {
  // A name without a folder is searched by the loader in its own places; there is no file to look at here.
  const searched = !/[/\\]/.test(path);
  let head: Buffer;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return { reason: 'directory', sentence: 'it is a directory, not a file' };
    if (!stat.isFile()) return { reason: 'not-a-library', sentence: 'it is not a regular file' };
    head = readHead(path);
  } catch (error) {
    return searched ? bySearch(path, detail) : byFileSystem(error, detail);
  }
  if (head.length === 0) return { reason: 'not-a-library', sentence: 'the file is empty' };
  const binary = identifyBinary(head);
  if (binary === undefined) {
    const kind = looksLikeText(head) ? 'the file is text' : 'the file is not a library of any system known here';
    return { reason: 'not-a-library', sentence: kind };
  }
  const machine = thisMachine(platform, arch);
  if (binary.format !== machine.format || (binary.machines.length > 0 && !binary.machines.includes(machine.machine))) {
    const made = `${binary.system}, ${binary.machines.join(' or ') || 'an unknown processor'}`;
    return { reason: 'architecture', sentence: `it was made for ${made}; this Node.js runs on ${machine.system}, ${machine.machine}` };
  }
  return byLoader(detail, 'the system gives no reason');
}

function readHead(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(HEAD);
    return head.subarray(0, readSync(file, head, 0, HEAD, 0));
  } finally {
    closeSync(file);
  }
}

function bySearch(name: string, detail: string): Finding {
  const found = byLoader(detail, 'the system gives no reason');
  const itself = found.reason === 'other' || (found.reason === 'dependency' && detail.startsWith(`${name}:`));
  return itself ? { reason: 'missing', sentence: 'the system finds no library of that name' } : found;
}

function byFileSystem(error: unknown, detail: string): Finding {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { reason: 'missing', sentence: 'there is no such file' };
    case 'EACCES':
    case 'EPERM':
      return { reason: 'permission', sentence: 'this process may not read the file' };
    case 'ELOOP':
      return { reason: 'missing', sentence: 'its symbolic links lead round in a circle' };
    default:
      return byLoader(detail, 'the file cannot be read');
  }
}

// glibc, musl, macOS, Windows: each names the library that it misses in its own words.
const MISSING_DEPENDENCY = [
  /(?<name>[^\s:]+): cannot open shared object file/,
  /Error loading shared library (?<name>[^\s:]+): No such file/,
  /Library not loaded: (?<name>\S+)/,
  /The specified module could not be found/,
];
const CUT_OFF = /file too short$/;
const NO_PERMISSION = /Permission denied|failed to map segment|Operation not permitted|code signature|Access is denied/i;
const WRONG_MACHINE =
  /wrong ELF class|not a valid Win32 application|incompatible architecture|cannot open shared object file: Exec format|Exec format error/i;
const MISSING_SYMBOL = /undefined symbol|symbol not found|version `[^']+' not found|procedure could not be found|Symbol not found/i;

function byLoader(detail: string, otherwise: string): Finding {
  const said = detail === '' ? otherwise : `the system says "${detail.trim()}"`;
  if (CUT_OFF.test(detail)) return { reason: 'not-a-library', sentence: 'the file has been cut off: it is shorter than its header says' };
  if (NO_PERMISSION.test(detail)) return { reason: 'permission', sentence: said };
  if (WRONG_MACHINE.test(detail)) return { reason: 'architecture', sentence: said };
  for (const pattern of MISSING_DEPENDENCY) {
    const match = pattern.exec(detail);
    if (match !== null) return { reason: 'dependency', sentence: lacking(match.groups?.['name'], said) };
  }
  if (MISSING_SYMBOL.test(detail))
    return { reason: 'dependency', sentence: `a symbol it needs is missing, as with another version of a library; ${said}` };
  return { reason: 'other', sentence: said };
}

function lacking(name: string | undefined, said: string): string {
  return name === undefined ? `a library it needs is missing; ${said}` : `it needs the library ${name}, which is missing; ${said}`;
}

function looksLikeText(head: Buffer): boolean {
  return !head.includes(0);
}
