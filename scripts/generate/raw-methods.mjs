// lib/generated/raw-methods.ts: one method per function that can be called through a frame.
import { DO_NOT_EDIT, interfaceName } from './spec.mjs';

// How an argument is typed and written.
const INPUT = {
  session: ['ULong', (name) => `.u64(${name}, '${name}')`],
  slot: ['ULong', (name) => `.u64(${name}, '${name}')`],
  ulong: ['ULong', (name) => `.u64(${name}, '${name}')`],
  bool: ['boolean', (name) => `.bool(${name}, '${name}')`],
  bytes: ['ByteSource | null', (name) => `.bytes(${name}, '${name}')`],
  pin: ['string | ByteSource | null', (name) => `.pin(${name}, '${name}')`],
  text: ['string', (name) => `.text(${name}, '${name}')`],
  terminated: ['string', (name) => `.terminated(${name}, '${name}')`],
  label: ['string | ArrayBufferView', (name) => `.label(${name}, '${name}')`],
  template: ['AttributeTemplate', (name) => `.template(${name}, '${name}')`],
  attributeNames: ['readonly AttributeKey[]', (name) => `.readTemplate(keys, '${name}')`],
  mechanism: ['MechanismInput | null', (name) => `.mechanism(${name}, '${name}')`],
  parameter: ['ParameterInput', (name) => `.parameter(${name}, '${name}')`],
  count: ['number', (name) => `.u32(count(${name}, '${name}'))`],
  outFixed: ['number', (name) => `.u32(count(${name}, '${name}'))`],
};

// How a result is typed and read.
const OUTPUT = {
  outBytes: ['Uint8Array', 'reply.bytes()'],
  outFixed: ['Uint8Array', 'reply.bytes()'],
  outValue: ['Uint8Array', 'reply.bytes()'],
  outUlong: ['bigint', 'reply.u64()'],
  outUlongs: ['bigint[]', 'reply.ulongs()'],
  outAttributes: ['ReadAttributes', 'reply.attributes(keys)'],
};

const argumentOf = ({ role, name, form }) => ({
  name: role === 'outFixed' ? 'length' : (name ?? role),
  form: form ?? (role === 'text' ? 'terminated' : role),
});

function outputOf({ role, name, of }) {
  if (role === 'outStruct') return { name, type: interfaceName(of), read: `reply.structure('${of}') as unknown as ${interfaceName(of)}` };
  const [type, read] = OUTPUT[role];
  return { name, type, read };
}

// Slots and mechanisms are names, not counts or handles: they come as numbers.
const isNamed = ({ role, name }) => role === 'outUlongs' && (name === 'slots' || name === 'mechanisms');

function method(fn) {
  const inputs = fn.roles.filter(({ role }) => INPUT[role] !== undefined).map(argumentOf);
  const outputs = fn.roles
    .filter(({ role }) => role.startsWith('out'))
    .map((role) => (isNamed(role) ? { name: role.name, type: 'number[]', read: 'reply.numbers()' } : outputOf(role)));
  if (fn.name === 'C_WaitForSlotEvent') Object.assign(outputs[0], { type: 'number', read: 'reply.number()' });
  const writes = fn.roles.some(({ role }) => role === 'mechanism' || role === 'parameter');
  const sized = fn.roles.some(({ role }) => role === 'outBytes');
  if (writes) outputs.push({ name: 'writtenBack', type: 'WrittenBack | undefined', read: 'reply.writtenBack()' });

  const single = outputs.length === 1 && !writes;
  const result = outputs.length === 0 ? 'void' : single ? outputs[0].type : `{ ${outputs.map(({ name, type }) => `${name}: ${type}`).join('; ')} }`;
  const parameters = [...inputs.map(({ name, form }) => `${name}: ${INPUT[form][0]}`), `options?: ${sized ? 'OutputOptions' : 'CallOptions'}`];

  // Arguments and capacity go in the order of the roles.
  const parts = fn.roles.flatMap((role) => {
    if (role.role === 'outBytes') return ['.capacity(capacity(options))'];
    if (INPUT[role.role] === undefined) return [];
    const { name, form } = argumentOf(role);
    return [INPUT[form][1](name)];
  });
  const since = fn.since > '2.40' ? ` Since ${fn.since}.` : '';
  return [
    '',
    `  /** ${fn.doc}${since} */`,
    ...signature(`  async ${fn.name}(`, parameters, `): Promise<${result}> {`),
    // The caller may change the array while the call runs.
    ...inputs.filter(({ form }) => form === 'attributeNames').map(({ name }) => `    const keys = copy(${name});`),
    ...chain(`    const request = this.#client.request(CALL.${fn.name})`, parts),
    ...(outputs.length === 0
      ? ['    await this.#client.call(request, options);']
      : [
          '    const reply = await this.#client.call(request, options);',
          single ? `    return ${outputs[0].read};` : `    return { ${outputs.map(({ name, read }) => `${name}: ${read}`).join(', ')} };`,
        ]),
    '  }',
  ];
}

function signature(start, parameters, end) {
  const line = start + parameters.join(', ') + end;
  return line.length <= 140 ? [line] : [start, ...parameters.map((parameter) => `    ${parameter},`), `  ${end}`];
}

function chain(start, parts) {
  const line = `${start}${parts.join('')};`;
  if (line.length <= 140) return [line];
  return [start, ...parts.map((part, i) => `      ${part}${i === parts.length - 1 ? ';' : ''}`)];
}

const PREAMBLE = `
import { integer, plainObject } from '../arguments';
import type { AttributeKey, AttributeTemplate, ReadAttributes } from '../attributes';
import type { MechanismInput, ParameterInput } from '../mechanism';
import type { CallOptions } from '../options';
import type { Client } from '../wire/client';
import { NO_OUTPUT } from '../wire/writer';
import type { WrittenBack } from '../wire/written-back';
import { CALL } from './calls';
import type { STRUCTURES } from './parameters';

/** A CK_ULONG: a handle, an identifier, flags or a size. */
export type ULong = number | bigint;

/** Bytes for the library to read. They are copied before the method returns its promise. */
export type ByteSource = ArrayBufferView | ArrayBufferLike;

/** Options of a method whose result has a length that only the library knows. */
export interface OutputOptions extends CallOptions {
  /**
   * How many bytes to expect. A larger result is asked for again, so this saves a call at most. null passes NULL for the buffer and for its length, where the
   * standard allows it: all but the last part in C_SignMessageNext.
   */
  readonly capacity?: number | null | undefined;
}

/** Arguments of \`C_Initialize\`. */
export interface InitializeArguments {
  /** CKF_ flags: CKF_OS_LOCKING_OK, which is the default, and CKF_LIBRARY_CANT_CREATE_OS_THREADS. */
  readonly flags?: number | undefined;
  /** What the library's maker wants in pReserved: NSS takes a string of parameters there. */
  readonly reserved?: string | null | undefined;
  /** Only one call at a time for the whole library: for one that cannot lock. */
  readonly serial?: boolean | undefined;
}

const CKF_OS_LOCKING_OK = 2;
const MOST = 0xffff_fffd;

const copy = <T>(list: readonly T[]): readonly T[] => (Array.isArray(list) ? list.slice() : list);

const count = (value: number, name: string): number => integer(value, name, 0, MOST);

const capacity = (options: OutputOptions | undefined): number | undefined => (options?.capacity === null ? NO_OUTPUT : options?.capacity);

/**
 * The functions of the standard, one to one, each asynchronous. A method rejects with a Pkcs11Error when its function returns anything but CKR_OK. It
 * answers with nothing, with its one output, or with an object of its outputs by name. A method that takes a mechanism or a parameter always answers with
 * an object: its \`writtenBack\` is what the library has written into the parameter, shaped like it, and undefined where nothing can be written.
 */
export class RawMethods {
  readonly #client: Client;

  /** Not for callers: \`Raw.load\` makes them. */
  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Makes the library ready for use. Answers how that came about: 'initialized' by this call; 'counted', by an earlier one of this process, which keeps count;
   * 'foreign', by other code in this process, to whom the end is left too. null passes NULL: then the library need not lock.
   */
  async C_Initialize(initArgs: InitializeArguments | null = {}, options?: CallOptions): Promise<'initialized' | 'counted' | 'foreign'> {
    if (initArgs !== null) plainObject(initArgs, 'initArgs');
    const request = this.#client
      .request(CALL.C_Initialize)
      .u8(initArgs === null ? 0 : 1)
      .u64(initArgs?.flags ?? CKF_OS_LOCKING_OK, 'initArgs.flags')
      .terminated(initArgs?.reserved ?? null, 'initArgs.reserved', true)
      .bool(initArgs?.serial ?? false, 'initArgs.serial');
    const how = (await this.#client.call(request, options)).u8();
    return how === 0 ? 'initialized' : how === 1 ? 'counted' : 'foreign';
  }`;

export function rawMethods(spec) {
  const structures = [...new Set(spec.functions.flatMap((fn) => (fn.roles ?? []).filter(({ of }) => of).map(({ of }) => interfaceName(of))))];
  const preamble = PREAMBLE.slice(1).replace('STRUCTURES', structures.sort().join(', '));
  const methods = spec.functions.filter(({ roles }) => roles !== undefined).flatMap(method);
  return `${[`// ${DO_NOT_EDIT}`, preamble, ...methods, '}'].join('\n')}\n`;
}
