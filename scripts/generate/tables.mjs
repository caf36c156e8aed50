// lib/generated/: constants.ts, attributes.ts and calls.ts.
import { DO_NOT_EDIT, attributeName, hex } from './spec.mjs';

const HEAD = `// ${DO_NOT_EDIT}`;

const FAMILY = {
  CK: 'Values without a family of their own.',
  CKN: 'Notifications.',
  CKF: 'Flags. What a bit means depends on where it stands.',
  CKU: 'Users.',
  CKS: 'States of a session, and validation flags of one.',
  CKO: 'Object classes.',
  CKH: 'Hardware features, and how a signature may be hedged.',
  CKK: 'Key types.',
  CKC: 'Certificate types.',
  CKA: 'Attributes.',
  CKM: 'Mechanisms.',
  CKR: 'Return values.',
  CKG: 'Mask generation functions, and generators of initialization vectors.',
  CKZ: 'Sources of OAEP and PBKDF2 data.',
  CKD: 'Key derivation functions.',
  CKP: 'Profiles, parameter sets and pseudo-random functions.',
  CKV: 'Kinds of validation and who validates.',
  CKT: 'How far a certificate is trusted.',
};

// Where a value has two names the deprecated one stands last: who looks a name up by value takes the first.
const inOrder = (entries) => [...entries.filter((entry) => !entry.deprecated), ...entries.filter((entry) => entry.deprecated)];

const property = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`);

export function constantsModule(spec) {
  const lines = [HEAD];
  for (const [family, entries] of Object.entries(spec.constants)) {
    lines.push('', `/** ${FAMILY[family]} */`, `export const ${family} = Object.freeze({`);
    for (const { name, value, deprecated } of inOrder(entries)) {
      if (deprecated) lines.push('  /** @deprecated by the standard */');
      // The only value that does not fit a number: all bits of a CK_ULONG, 64 of them on the wire.
      lines.push(`  ${property(name)}: ${value === '~0' ? '0xffffffffffffffffn' : hex(value)},`);
    }
    lines.push('} as const);');
  }
  return `${lines.join('\n')}\n`;
}

const ATTRIBUTE_TYPE = {
  bool: 'boolean',
  ulong: 'number',
  bytes: 'Uint8Array',
  text: 'string',
  date: 'string',
  ulongs: 'number[]',
  template: 'Attributes',
};

const ATTRIBUTE_NOTE = { date: ", as 'YYYY-MM-DD'", ulongs: ', a list' };

export function attributesModule(spec) {
  const named = spec.attributes.filter(({ kind, deprecated }) => kind !== null && !deprecated);
  const lines = [
    HEAD,
    '',
    '/** How the value of an attribute is read and written. */',
    `export type AttributeKind = ${Object.keys(ATTRIBUTE_TYPE)
      .map((kind) => `'${kind}'`)
      .join(' | ')};`,
    '',
    "/** Attributes of an object: a template, or what was read. The names are the standard's, in camelCase and without `CKA_`. */",
    'export interface Attributes {',
  ];
  for (const { name, kind, since } of named) {
    lines.push(`  /** \`${name}\`${ATTRIBUTE_NOTE[kind] ?? ''}${since > '2.40' ? ` (since ${since})` : ''} */`);
    lines.push(`  ${attributeName(name)}?: ${ATTRIBUTE_TYPE[kind]};`);
  }
  lines.push('}', '', '/** The name of an attribute in `Attributes`. */', 'export type AttributeName = keyof Attributes;', '');
  lines.push('/** The type and kind of each attribute. */');
  lines.push('export const ATTRIBUTES: { readonly [name in AttributeName]: readonly [type: number, kind: AttributeKind] } = Object.freeze({');
  for (const { name, value, kind } of named) lines.push(`  ${attributeName(name)}: [${hex(value)}, '${kind}'],`);
  lines.push('} as const);');
  return `${lines.join('\n')}\n`;
}

export function callsModule(spec) {
  return `${[
    HEAD,
    '',
    '/** Changes with everything in spec/: an addon with another one does not fit. */',
    `export const SPEC_HASH = '${spec.hash}';`,
    '',
    "/** What a frame can ask for: the standard's functions by their index in the function list, and the engine's recipes. */",
    'export const CALL = Object.freeze({',
    ...spec.functions.map(({ name, index }) => `  ${name}: ${index},`),
    ...spec.engine.recipes.map(({ name, id }) => `  ${name}: ${id},`),
    '} as const);',
    '',
    "/** The standard's functions by index. */",
    'export const CALL_NAMES: readonly string[] = Object.freeze([',
    ...spec.functions.map(({ name }) => `  '${name}',`),
    ']);',
    '',
    '/** What the engine itself answers, in the place of a return value. */',
    'export const ENGINE = Object.freeze({',
    ...Object.entries(spec.engine.codes).map(([name, value]) => `  ${name}: ${value},`),
    '} as const);',
    '',
    '/** How a request wants to be made: bits of its header. */',
    'export const MANNER = Object.freeze({',
    ...Object.entries(spec.engine.manners).map(([name, value]) => `  ${name}: ${value},`),
    '} as const);',
    '',
    '/** The function index of an answer of the engine itself. */',
    'export const FUNCTION_ENGINE = 0xffff;',
  ].join('\n')}\n`;
}

export function oldSpellingsModule(spec) {
  const names = Object.entries(spec.constants).flatMap(([family, entries]) =>
    entries.filter(({ deprecated }) => deprecated).map(({ name }) => `${family}_${name}`),
  );
  return `${[
    HEAD,
    '',
    '/** Second names of a value, which the standard keeps for old programs only. */',
    'export const OLD_SPELLINGS: ReadonlySet<string> = new Set([',
    ...names.map((name) => `  '${name}',`),
    ']);',
  ].join('\n')}\n`;
}
