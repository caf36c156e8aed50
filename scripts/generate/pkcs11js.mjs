// lib/generated/pkcs11js-constants.ts and lib/generated/pkcs11js-functions.ts: what `cryptoki/pkcs11js` exports, in the forms of pkcs11js.
import { DO_NOT_EDIT, hex } from './spec.mjs';

const HEAD = `// ${DO_NOT_EDIT}`;

// Numbers as such, as pkcs11js declares them: a program may compare any with any.
export function pkcs11jsConstants(spec) {
  const lines = [HEAD, '// The constants of the standard by their whole names, and those of pkcs11js for its parameters.', ''];
  for (const [family, entries] of Object.entries(spec.constants)) {
    for (const { name, value, deprecated } of entries) {
      if (deprecated) lines.push('/** @deprecated by the standard */');
      lines.push(`export const ${family}_${name}${value === '~0' ? ' = 0xffffffffffffffffn' : `: number = ${hex(value)}`};`);
    }
  }
  for (const [name, value] of Object.entries(spec.pkcs11js.parameters)) lines.push(`export const ${name}: number = ${value};`);
  return `${lines.join('\n')}\n`;
}

// How an argument is typed.
const TYPES = {
  handle: 'Handle',
  number: 'number',
  count: 'number',
  boolean: 'boolean',
  bytes: 'Bytes',
  pin: 'string | Bytes | null',
  label: 'string | Bytes',
  text: 'string',
  template: 'Template',
  attributes: 'Template',
  mechanism: 'Mechanism',
  parameter: 'MessageParameter',
  output: 'Output',
  fill: 'Output',
};

const IN = {
  session: () => 'handle',
  slot: () => 'handle',
  bool: () => 'boolean',
  bytes: (role) => (role.form === 'pin' || role.form === 'text' ? 'pin' : 'bytes'),
  outBytes: (role) => (role.name === 'operationState' ? undefined : 'output'),
  outFixed: () => 'fill',
  attributeNames: () => 'attributes',
  count: () => 'count',
  label: () => 'label',
  text: () => 'text',
  template: () => 'template',
  mechanism: () => 'mechanism',
  parameter: () => 'parameter',
};

// The declarations of pkcs11js let these be left out, so programs give what may be undefined. It is refused when the call is made, there as here.
const DECLARED_OPTIONAL = {
  C_InitToken: ['pin', 'label'],
  C_InitPIN: ['pin'],
  C_Login: ['pin'],
};

const STRUCTURES = {
  CK_INFO: 'ModuleInfo',
  CK_SLOT_INFO: 'SlotInfo',
  CK_TOKEN_INFO: 'TokenInfo',
  CK_MECHANISM_INFO: 'MechanismInfo',
  CK_SESSION_INFO: 'SessionInfo',
};

// Written by hand: lib/pkcs11js/.
const BY_HAND = {
  C_Initialize: { inputs: [{ name: 'options?', kind: 'initialize', type: 'InitializationOptions | null' }], result: 'initialize', type: 'void' },
  C_Finalize: { inputs: [], result: 'nothing', type: 'void' },
  C_GetSlotList: { inputs: [{ name: 'tokenPresent?', kind: 'boolean', type: 'boolean' }], result: 'handles', type: 'Handle[]' },
  C_GetMechanismList: { result: 'numbers', type: 'number[]' },
  C_GetAttributeValue: { result: 'attributes', type: 'TemplateResult' },
  C_FindObjects: { result: 'handles', type: 'Handle[]' },
  C_WaitForSlotEvent: { result: 'event', type: 'Handle | null' },
  C_GetOperationState: { result: 'bytes', type: 'Buffer' },
  C_AsyncComplete: { result: 'completed', type: 'AsyncResult' },
};

function shape(spec, fn) {
  const { numbers, answersTrue } = spec.pkcs11js;
  const roles = fn.roles ?? [];
  const isNumber = (name) => numbers.includes(name);
  const inputs = roles.flatMap((role) => {
    const kind = role.role === 'ulong' ? (isNumber(role.name) ? 'number' : 'handle') : IN[role.role]?.(role);
    const name = role.name ?? role.role;
    return kind === undefined ? [] : [{ name: DECLARED_OPTIONAL[fn.name]?.includes(name) ? `${name}?` : name, kind, type: TYPES[kind] }];
  });
  const outputs = roles.filter(({ role }) => role === 'outUlong');
  const structure = roles.find(({ role }) => role === 'outStruct');
  const hasOutput = inputs.some(({ kind }) => kind === 'output');
  let result = 'nothing';
  let type = 'void';
  if (answersTrue.includes(fn.name)) [result, type] = ['true', 'true'];
  else if (structure !== undefined) [result, type] = [structure.of, STRUCTURES[structure.of]];
  else if (inputs.some(({ kind }) => kind === 'fill')) [result, type] = ['filled', 'Buffer'];
  else if (outputs.length === 2) [result, type] = ['keyPair', 'KeyPair'];
  else if (hasOutput && outputs.length === 1) [result, type] = ['encapsulated', 'Encapsulated'];
  else if (hasOutput) [result, type] = ['output', 'Buffer'];
  else if (outputs.length === 1) [result, type] = isNumber(outputs[0].name) ? ['number', 'number'] : ['handle', 'Handle'];
  return { inputs, result, type, ...BY_HAND[fn.name] };
}

const CALLABLE = (fn) => fn.lane !== 'loader';

/** Functions of pkcs11js that take a callback have it as their last argument too. */
function methods(spec, fn) {
  const { inputs, type } = shape(spec, fn);
  const since = fn.since > '2.40' ? ` Since ${fn.since}.` : '';
  const parameters = inputs.map((input) => `${input.name}: ${input.type}`);
  const callback = spec.pkcs11js.callbacks.includes(fn.name);
  const lines = [];
  const add = (comment, name, given, answers) => lines.push(`  /** ${comment} */`, ...signature(`  ${name}(`, given, `): ${answers};`));
  if (fn.name === 'C_FindObjects')
    add(`${fn.doc} Without a number: one, or null when there is no more.`, fn.name, parameters.slice(0, 1), 'Handle | null');
  add(`${fn.doc}${since}`, fn.name, parameters, type);
  if (callback) {
    const last = [...parameters, `callback: Callback<${type}>`];
    add(`${fn.doc} Not on this thread; the callback is told.`, fn.name, last, 'void');
    add(`${fn.doc} Not on this thread; the callback is told.`, `${fn.name}Callback`, last, 'void');
  }
  if (fn.name === 'C_FindObjects')
    add(`${fn.doc} Not on this thread. Without a number: one, or null.`, `${fn.name}Async`, parameters.slice(0, 1), 'Promise<Handle | null>');
  add(`${fn.doc}${since} Not on this thread.`, `${fn.name}Async`, parameters, `Promise<${type}>`);
  return lines;
}

function signature(start, parameters, end) {
  const line = start + parameters.join(', ') + end;
  return line.length <= 150 ? [line] : [start, ...parameters.map((parameter) => `    ${parameter},`), `  ${end}`];
}

export function pkcs11jsFunctions(spec) {
  const { callbacks, plainErrors, anyCount, convertDates } = spec.pkcs11js;
  const functions = spec.functions.filter(CALLABLE);
  const rows = functions.map((fn) => {
    const { inputs, result } = shape(spec, fn);
    const more = [
      callbacks.includes(fn.name) ? 'callback: true' : '',
      plainErrors.includes(fn.name) ? 'plain: true' : '',
      anyCount.includes(fn.name) ? 'anyCount: true' : '',
      convertDates.includes(fn.name) ? 'dates: true' : '',
    ].filter(Boolean);
    const kinds = `[${inputs.map(({ kind }) => `'${kind}'`).join(', ')}]`;
    return `  { name: '${fn.name}', call: ${fn.index}, inputs: ${kinds}, result: '${result}'${more.map((one) => `, ${one}`).join('')} },`;
  });
  const shapes = functions.map((fn) => shape(spec, fn));
  const union = (values) =>
    [...new Set(values)]
      .sort()
      .map((value) => `\n  | '${value}'`)
      .join('');
  return `${[
    HEAD,
    "import type { AsyncResult, Bytes, Callback, Encapsulated, Handle, InitializationOptions, KeyPair, Mechanism, MechanismInfo } from '../pkcs11js/types';",
    "import type { MessageParameter, ModuleInfo, Output, SessionInfo, SlotInfo, Template, TemplateResult, TokenInfo } from '../pkcs11js/types';",
    '',
    '/** How an argument is checked and written. */',
    `export type InputKind =${union(shapes.flatMap(({ inputs }) => inputs.map(({ kind }) => kind)))};`,
    '',
    '/** What becomes of the reply. */',
    // The length: what `super.C_Sign` of a class that extends PKCS11 gives.
    `export type ResultKind =${union([...shapes.map(({ result }) => result), 'length'])};`,
    '',
    '/** A function as pkcs11js has it. */',
    'export interface FunctionRow {',
    '  readonly name: string;',
    '  readonly call: number;',
    '  readonly inputs: readonly InputKind[];',
    '  readonly result: ResultKind;',
    '  /** pkcs11js lets it take a callback. */',
    '  readonly callback?: true;',
    "  /** In pkcs11js its errors are the addon's own: the message has the code. */",
    '  readonly plain?: true;',
    '  /** The number of arguments is not looked at. */',
    '  readonly anyCount?: true;',
    '  /** A method of the class, in pkcs11js too: it converts dates, and takes as many arguments as it names. */',
    '  readonly dates?: true;',
    '}',
    '',
    '/** Every function that can be called. */',
    'export const FUNCTIONS: readonly FunctionRow[] = [',
    ...rows,
    '];',
    '',
    '/** The functions of the standard in the forms of pkcs11js: synchronous, with a callback where it has one, and each as a promise. */',
    'export interface Functions {',
    ...functions.flatMap((fn) => methods(spec, fn)),
    '}',
  ].join('\n')}\n`;
}
