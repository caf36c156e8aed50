// lib/generated/parameters.ts: the parameter structures of mechanisms, as types and as tables for the encoder.
import { DO_NOT_EDIT, flagsOf, hex, interfaceName } from './spec.mjs';

const CHOICE_TYPE = { ulong: 'number | bigint', bytes: 'Uint8Array' };

// `cType` is given for structures that are read: a count may be CK_UNAVAILABLE_INFORMATION there, which is undefined.
function typeOf(field, cType) {
  switch (field.kind) {
    case 'ulong':
      if (cType === undefined) return 'number | bigint';
      return cType === 'CK_ULONG' ? 'number | undefined' : 'number';
    case 'byte':
      return 'number';
    case 'bool':
      return 'boolean';
    case 'text':
    case 'paddedText':
      return 'string';
    case 'struct':
    case 'pointer':
      return interfaceName(field.of);
    case 'array':
      return `${interfaceName(field.of)}[]`;
    case 'template':
      return 'Attributes';
    case 'mechanism':
      return 'MechanismInput';
    case 'choice':
      return [...new Set(Object.values(field.cases).map((name) => CHOICE_TYPE[name] ?? interfaceName(name)))].join(' | ');
    default:
      return 'Uint8Array';
  }
}

const ABSENT = new Set(['bytes', 'text', 'pointer', 'array', 'template', 'mechanism', 'choice']);

const isOptional = (field) => field.default !== undefined || ABSENT.has(field.kind);

function note(field) {
  const parts = [field.pointer ?? field.c];
  if (field.kind === 'paddedText') parts.push('without its padding');
  else if (field.size !== undefined) parts.push(`exactly ${field.size} ${field.size === 1 ? 'byte' : 'bytes'}`);
  if (field.bits) parts.push('its length goes to the token in bits');
  if (field.out) parts.push('the token may write here');
  if (field.default?.bitsOf) parts.push(`the length of ${field.default.bitsOf} in bits when absent`);
  else if (field.default !== undefined) parts.push(`${field.default} when absent`);
  if (field.kind === 'choice') parts.push(`which form depends on ${field.by}`);
  return parts.join('; ');
}

function declaration(structure) {
  const lines = ['', `/** \`${structure.name}\` (since ${structure.since}) */`, `export interface ${interfaceName(structure.name)} {`];
  // A handle behind a pointer is the token's answer only: nothing for the caller to say.
  for (const field of structure.wire.filter(({ kind }) => kind !== 'handle')) {
    const cType = structure.reply && structure.c.find(({ name }) => name === field.c).type;
    const optional = !structure.reply && isOptional(field) ? '?' : '';
    lines.push(`  /** ${note(field)} */`, `  ${field.name}${optional}: ${typeOf(field, cType)};`);
  }
  return [...lines, '}'];
}

const quote = (text) => `'${text}'`;

function extraOf(field) {
  if (field.of) return quote(field.of);
  if (field.kind === 'choice') {
    const cases = Object.entries(field.cases).map(([value, form]) => `${value}: ${quote(form)}`);
    return `{\n        by: ${quote(field.by)},\n        cases: {\n          ${cases.join(',\n          ')},\n        },\n      }`;
  }
  return field.size === undefined ? 'null' : String(field.size);
}

function fallbackOf(field) {
  if (field.default === undefined) return '';
  return field.default.bitsOf ? `, { bitsOf: ${quote(field.default.bitsOf)} }` : `, ${field.default}`;
}

const row = (field) => `      [${quote(field.name)}, ${quote(field.kind)}, ${extraOf(field)}, ${flagsOf(field)}${fallbackOf(field)}],`;

const PREAMBLE = `
import type { MechanismInput } from '../mechanism';
import type { Attributes } from './attributes';

/** How a field of a structure goes over the boundary: docs/boundary.md. */
export type FieldKind =
  | 'ulong'
  | 'byte'
  | 'bool'
  | 'fixed'
  | 'paddedText'
  | 'bytes'
  | 'text'
  | 'struct'
  | 'pointer'
  | 'array'
  | 'template'
  | 'mechanism'
  | 'handle'
  | 'choice';

/** Which form the value of a \`choice\` has, by the value of another field of the same structure: 'bytes', 'ulong' or the name of a structure. */
export interface Choice {
  /** The name of that other field. */
  readonly by: string;
  /** The forms, by its value. */
  readonly cases: { readonly [value: number]: string };
}

/**
 * A field: its name; its kind; the exact size, the name of the structure inside, or the choice; its flags (1 the token writes here, 2 length in bits,
 * 4 length behind a pointer, 8 length shared with an earlier field, 16 NUL-terminated, 32 for the engine); and what stands for it when it is absent.
 */
export type LayoutField = readonly [
  name: string,
  kind: FieldKind,
  extra: number | string | Choice | null,
  flags: number,
  fallback?: number | boolean | { readonly bitsOf: string },
];

/** A structure: its id on the wire and its fields in wire order. */
export interface Layout {
  /** On the wire. */
  readonly id: number;
  /** In wire order. */
  readonly fields: readonly LayoutField[];
}`;

function mechanismTable(spec, key, value) {
  const number = Object.fromEntries(spec.constants.CKM.map((entry) => [`CKM_${entry.name}`, entry]));
  const lines = [];
  for (const mechanism of spec.mechanisms) {
    const { value: type, deprecated } = number[mechanism.name];
    if (mechanism[key] && !deprecated) lines.push(`  ${hex(type)}: ${value(mechanism[key])}, // ${mechanism.name}`);
  }
  return lines;
}

export function parametersModule(spec) {
  const structures = spec.layouts;
  return `${[
    `// ${DO_NOT_EDIT}`,
    PREAMBLE.slice(1),
    ...structures.flatMap(declaration),
    '',
    '/** The type of each structure by its name in the standard. */',
    'export interface ParameterByStructure {',
    ...structures.map(({ name }) => `  ${name}: ${interfaceName(name)};`),
    '}',
    '',
    '/** The name of a structure. */',
    'export type StructureName = keyof ParameterByStructure;',
    '',
    '/** How each structure goes over the boundary. */',
    'export const LAYOUTS: { readonly [name in StructureName]: Layout } = Object.freeze({',
    ...structures.flatMap(({ name, wire }, id) => [`  ${name}: {`, `    id: ${id},`, '    fields: [', ...wire.map(row), '    ],', '  },']),
    '});',
    '',
    '/** The parameter that the standard gives each mechanism; a mechanism that is not here takes none. */',
    "export const MECHANISM_PARAMETER: { readonly [mechanism: number]: StructureName | 'ulong' | 'bytes' } = Object.freeze({",
    ...mechanismTable(spec, 'parameter', quote),
    '});',
    '',
    '/** The parameter of each message of a mechanism (3.0), and of the mechanism in `C_WrapKeyAuthenticated` and `C_UnwrapKeyAuthenticated` (3.2). */',
    'export const MESSAGE_PARAMETER: { readonly [mechanism: number]: StructureName } = Object.freeze({',
    ...mechanismTable(spec, 'message', quote),
    '});',
    '',
    '/** What 3.2 gives a mechanism in `C_WrapKey` and `C_UnwrapKey` where that is another structure; libraries of earlier versions take the one above. */',
    'export const WRAP_PARAMETER: { readonly [mechanism: number]: StructureName } = Object.freeze({',
    ...mechanismTable(spec, 'wrap', quote),
    '});',
  ].join('\n')}\n`;
}
