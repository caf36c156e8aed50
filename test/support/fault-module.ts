import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, ftruncateSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CALL } from '../../lib/generated/calls';

const root = resolve(__dirname, '..', '..');
export const MODULES = join(root, 'build', 'test-modules');

const WORD = 8;

/** Names of the 64-bit words of a structure in control.h, in order; `char name[n]` counts as n / 8 words. */
function wordsOf(header: string, structure: string): { at: Map<string, number>; words: number } {
  const body = new RegExp(`struct ${structure} \\{([^]*?)\\n\\};`).exec(header)?.[1];
  if (body === undefined) throw new Error(`control.h has no structure ${structure}`);
  const at = new Map<string, number>();
  let words = 0;
  for (const [, type, name, length] of body.matchAll(/^\s+(uint64_t|char) (\w+)(?:\[(\d+)\])?;/gm)) {
    at.set(camelCase(name!), words);
    words += type === 'char' ? Number(length) / WORD : 1;
  }
  return { at, words };
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

const header = readFileSync(join(root, 'test', 'modules', 'fault', 'control.h'), 'utf8');
const GENERAL = wordsOf(header, 'fault_words');
const FUNCTION = wordsOf(header, 'fault_function');
const FUNCTIONS = Number(/FAULT_FUNCTIONS (\d+)/.exec(header)?.[1]);
const INPUTS = Number(/FAULT_INPUTS (\d+)/.exec(header)?.[1]);
const INPUT_SIZE = Uint32Array.BYTES_PER_ELEMENT;
const INPUTS_AT = (GENERAL.words + FUNCTIONS * FUNCTION.words) * WORD;
/** How an input of C_Sign begins whose signatures the module counts; its number follows, a little-endian u32 below `MOST_INPUTS`. */
export const INPUT_MARK = /FAULT_INPUT_MARK "(\w+)"/.exec(header)![1]!;
export const MOST_INPUTS = INPUTS;

/** How an answer lies: `LIE.LENGTH` and so on, from control.h. */
export const LIE: Readonly<Record<string, number>> = Object.freeze(
  Object.fromEntries([...header.matchAll(/^\s+LIE_(\w+) = (\d+),?/gm)].map(([, name, value]) => [name!, Number(value)])),
);

/** Settings whose every change is a command. */
const COMMANDS: ReadonlySet<string> = new Set(['dropSessions', 'dropLogins', 'renumber', 'dropLibrary', 'freed']);

export const FOREVER = 0xffffffffffffffffn;

export type FunctionName = keyof typeof CALL & `C_${string}`;

/** What one function is told to do; what is left out is 0. */
export interface Orders {
  /** Microseconds of latency. */
  sleep?: number;
  /** Up to so many more, at random. */
  jitter?: number;
  /** Microseconds of work for the processor. */
  spin?: number;
  /** The code of the calls that fail. */
  rv?: number;
  /** So many calls pass before. */
  skip?: number;
  /** So many fail; FOREVER. */
  times?: number | bigint;
  /** Not 0: calls stay inside until it is 0. */
  hang?: number;
  /** Not 0: calls have done their work, and come back when it is 0. */
  linger?: number;
  /** So many calls stay inside until `free`, the others go on. */
  stay?: number;
  /** One of LIE. */
  lie?: number;
  lieValue?: number | bigint;
}

let built = false;

/** Compiles the modules of test/modules when they are not up to date. Fails with the reason when they cannot be. */
export function buildTestModules(): void {
  if (built) return;
  // A sanitizer that is loaded into this process is not meant for compilers.
  const env = { ...process.env, LD_PRELOAD: '' };
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'build-test-modules.mjs')], { encoding: 'utf8', env });
  if (status !== 0) throw new Error(stderr);
  built = true;
}

/** The path of a module of test/modules, compiled: `testModule('odd_list_null')`. */
export function testModule(name: string): string {
  buildTestModules();
  return join(MODULES, `${name}.so`);
}

/**
 * A copy of the programmable module with a control file of its own: what one test orders does not reach another's. It can be told what to do at any
 * time, from any thread and from another process.
 *
 * @example
 * const fault = new FaultModule();
 * fault.tell('C_Sign', { sleep: 10_000 });
 * fault.fail('C_Login', 0x30);           // the next C_Login answers CKR_DEVICE_ERROR
 * const module = await Module.load(fault.path);
 * assert.equal(fault.get('overlaps'), 0);
 */
export class FaultModule {
  /** The library to load. */
  readonly path: string;
  readonly folder: string;
  readonly #file: number;
  readonly #attached: boolean = false;

  /** `path`: a copy that another process has made; its files are left to that one. */
  constructor(path?: string) {
    if (path !== undefined) {
      this.path = path;
      this.folder = dirname(path);
      this.#file = openSync(`${path}.control`, 'r+');
      this.#attached = true;
      return;
    }
    buildTestModules();
    this.folder = mkdtempSync(join(tmpdir(), 'cryptoki-fault-'));
    this.path = join(this.folder, 'fault.so');
    copyFileSync(join(MODULES, 'fault.so'), this.path);
    this.#file = openSync(`${this.path}.control`, 'w+');
    ftruncateSync(this.#file, INPUTS_AT + INPUTS * INPUT_SIZE);
  }

  /** Reads a setting or a counter: the names of `struct fault_words` in camelCase. */
  get(name: string): number {
    return Number(this.#read(offsetIn(GENERAL.at, name)));
  }

  /** Changes a setting: `set('sessionLimit', 3)`. */
  set(name: string, value: number | bigint): void {
    this.#write(offsetIn(GENERAL.at, name), value);
  }

  /** How often a function was called; `inside: true`, how many calls are in it now. */
  calls(name: FunctionName, { inside = false } = {}): number {
    return Number(this.#read(offsetOf(name, inside ? 'inside' : 'calls')));
  }

  /** Gives a function its orders; those not named stay. */
  tell(name: FunctionName, orders: Orders): void {
    // `times` arms the failure, so it comes last.
    const { times, ...others } = orders;
    for (const [order, value] of Object.entries(others)) this.#write(offsetOf(name, order), value as number | bigint);
    if (times !== undefined) this.#write(offsetOf(name, 'times'), times);
  }

  /** The next `times` calls of a function fail with this code, after `skip` that pass. */
  fail(name: FunctionName, rv: number, { skip = 0, times = 1 as number | bigint } = {}): void {
    this.tell(name, { rv, skip, times });
  }

  /** How many failures a function has been ordered and has not answered yet. */
  unanswered(name: FunctionName): number {
    return Number(this.#read(offsetOf(name, 'times')));
  }

  /** Calls of this function stay inside until `release`. */
  hang(name: FunctionName): void {
    this.tell(name, { hang: 1 });
  }

  release(name: FunctionName): void {
    this.tell(name, { hang: 0 });
  }

  /** Lets the calls go that were told to `stay`; no more do. */
  free(name: FunctionName): void {
    this.tell(name, { stay: 0 });
    this.set('freed', this.get('freed') + 1);
  }

  /** How often C_Sign has signed each of the numbered inputs, from number 0 on. */
  signedInputs(count: number): Uint32Array {
    const bytes = new Uint8Array(count * INPUT_SIZE);
    readSync(this.#file, bytes, 0, bytes.length, INPUTS_AT);
    return new Uint32Array(bytes.buffer);
  }

  /** Begins to count the signatures of the numbered inputs anew. */
  forgetInputs(): void {
    writeSync(this.#file, new Uint8Array(INPUTS * INPUT_SIZE), 0, INPUTS * INPUT_SIZE, INPUTS_AT);
  }

  /** Waits until so many calls are inside a function: then the test knows where the engine is, without guessing times. */
  async inside(name: FunctionName, count = 1): Promise<void> {
    while (this.calls(name, { inside: true }) < count) await new Promise((done) => setTimeout(done, 1));
  }

  /** Takes the token out of the slot with this id. */
  remove(slot: number): void {
    this.#bit('removed', slot, true);
    this.#bit('inserted', slot, false);
  }

  /** Puts it back, or one into the empty slot. */
  insert(slot: number): void {
    this.#bit('removed', slot, false);
    this.#bit('inserted', slot, true);
  }

  /** Closes all sessions behind the caller's back, as a device that was reset. */
  dropSessions(): void {
    this.set('dropSessions', this.get('dropSessions') + 1);
  }

  /** Logs everybody out behind the caller's back. */
  dropLogins(): void {
    this.set('dropLogins', this.get('dropLogins') + 1);
  }

  /** Gives all objects other handles. */
  renumber(): void {
    this.set('renumber', this.get('renumber') + 1);
  }

  /** Finalises the library behind the caller's back; with `keepTokens` keys and PINs stay. */
  dropLibrary(): void {
    this.set('dropLibrary', this.get('dropLibrary') + 1);
  }

  /** What pReserved said at C_Initialize. */
  get reservedText(): string {
    const bytes = Buffer.alloc(256);
    readSync(this.#file, bytes, 0, bytes.length, offsetIn(GENERAL.at, 'reservedText'));
    return bytes.toString('utf8', 0, bytes.indexOf(0));
  }

  /** Takes back all orders and settings; counters stay. */
  reset(): void {
    for (let index = 0; index < FUNCTIONS; index++) {
      for (const [name, word] of FUNCTION.at) {
        if (name !== 'calls' && name !== 'inside') this.#write((GENERAL.words + index * FUNCTION.words + word) * WORD, 0);
      }
    }
    const settings = [...GENERAL.at.keys()];
    for (const name of settings.slice(1, settings.indexOf('initialized'))) {
      if (!COMMANDS.has(name)) this.set(name, 0);
    }
    this.set('freed', this.get('freed') + 1);
  }

  /** Releases what hangs and removes the files. */
  close(): void {
    if (!this.#attached) this.reset();
    closeSync(this.#file);
    if (!this.#attached) rmSync(this.folder, { recursive: true, force: true });
  }

  #bit(name: string, slot: number, on: boolean): void {
    const bit = 1 << (slot - 1);
    this.set(name, on ? this.get(name) | bit : this.get(name) & ~bit);
  }

  #read(offset: number): bigint {
    const bytes = Buffer.alloc(WORD);
    readSync(this.#file, bytes, 0, WORD, offset);
    return bytes.readBigUInt64LE();
  }

  #write(offset: number, value: number | bigint): void {
    const bytes = Buffer.alloc(WORD);
    bytes.writeBigUInt64LE(BigInt(value));
    writeSync(this.#file, bytes, 0, WORD, offset);
  }
}

function offsetIn(words: Map<string, number>, name: string): number {
  const at = words.get(name);
  if (at === undefined) throw new Error(`control.h has no word ${name}`);
  return at * WORD;
}

function offsetOf(name: FunctionName, word: string): number {
  const index = CALL[name];
  return (GENERAL.words + index * FUNCTION.words) * WORD + offsetIn(FUNCTION.at, word);
}
