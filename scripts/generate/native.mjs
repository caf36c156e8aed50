// native/generated/: engine_codes.h, calls.inc, attributes.inc and layouts.inc.
import { DO_NOT_EDIT, FLAGS, NATIVE_KIND } from './spec.mjs';

export function engineCodes(spec) {
  return `${[
    `// ${DO_NOT_EDIT}`,
    '#pragma once',
    '',
    '#include <cstdint>',
    '',
    'namespace cryptoki {',
    '',
    `constexpr char SPEC_HASH[] = "${spec.hash}";`,
    '',
    '// What stands in the place of a CK_RV in a reply that the engine itself makes.',
    ...Object.entries(spec.engine.codes).map(([name, value]) => `constexpr uint32_t ENGINE_${name} = ${value};`),
    '',
    '// How a request wants to be made: bits of its header.',
    ...Object.entries(spec.engine.manners).map(([name, value]) => `constexpr uint16_t MANNER_${name} = ${value};`),
    '',
    '// The function of such a reply.',
    'constexpr uint16_t FUNCTION_ENGINE = 0xffff;',
    '',
    ...spec.functions.map(({ name, index }) => `constexpr uint16_t CALL_${name} = ${index};`),
    `constexpr uint16_t FUNCTION_COUNT = ${spec.functions.length};`,
    '',
    '// Several functions in one crossing.',
    ...spec.engine.recipes.map(({ name, id }) => `constexpr uint16_t CALL_${name} = ${id};`),
    '',
    '}  // namespace cryptoki',
  ].join('\n')}\n`;
}

const ROLE = {
  session: 'Session',
  slot: 'Slot',
  ulong: 'Ulong',
  bool: 'Bool',
  bytes: 'InBytes',
  label: 'Label',
  text: 'Text',
  template: 'Template',
  mechanism: 'Mechanism',
  parameter: 'Parameter',
  outBytes: 'OutBytes',
  outFixed: 'OutFixed',
  outUlong: 'OutUlong',
  outUlongs: 'OutUlongs',
  outStruct: 'OutStruct',
};

const lane = (name) => `Lane::${name[0].toUpperCase()}${name.slice(1)}`;

const role = ({ role: name, of }) => (of ? `${ROLE[name]}<${of}>` : ROLE[name]);

function row({ name, by, lane: on, roles }) {
  if (by === 'life') return `LIFE(${name})`;
  if (by === 'loader') return `LOADER(${name})`;
  if (by === 'hand') return `BY_HAND(${name}, ${lane(on)})`;
  return `ROW(${[name, lane(on), ...roles.map(role)].join(', ')})`;
}

// The macros that the includer leaves undefined take nothing: a table that needs only some of the rows says only those.
const MACROS = ['ROW(name, lane, ...)', 'BY_HAND(name, lane)', 'LIFE(name)', 'LOADER(name)', 'RECIPE(name, lane)'];

export function calls(spec) {
  return `${[
    `// ${DO_NOT_EDIT}`,
    '//',
    '// ROW      a function whose roles say everything',
    '// BY_HAND  a function with a codec of its own',
    '// LIFE     done by the client: loading, initialising, sessions',
    '// LOADER   done while the library is loaded; never called through a frame',
    '// RECIPE   several functions in one crossing',
    ...MACROS.flatMap((macro) => ['', `#ifndef ${macro.split('(')[0]}`, `#define ${macro}`, '#endif']),
    '',
    ...spec.functions.map(row),
    ...spec.engine.recipes.map(({ name, lane: on }) => `RECIPE(${name}, ${lane(on)})`),
    '',
    ...MACROS.map((macro) => `#undef ${macro.split('(')[0]}`),
  ].join('\n')}\n`;
}

const ATTRIBUTE_FORM = { bool: 'Bool', ulong: 'Ulong', ulongs: 'Ulongs', template: 'Template' };

// For templates inside templates: there the token names the attributes, and nobody has said what kind each is. All others are bytes.
export function attributes(spec) {
  const values = new Set();
  const rows = spec.attributes.filter(({ value, kind }) => kind in ATTRIBUTE_FORM && !values.has(value) && values.add(value));
  return `${[
    `// ${DO_NOT_EDIT}`,
    '//',
    '// ATTRIBUTE   an attribute whose value is not just bytes',
    '',
    ...rows.map(({ name, kind }) => `ATTRIBUTE(${name}, ${ATTRIBUTE_FORM[kind]})`),
    '',
    '#undef ATTRIBUTE',
  ].join('\n')}\n`;
}

const flagNames = (field) =>
  Object.keys(FLAGS)
    .filter((name) => field[name])
    .map((name) => `FIELD_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`)
    .join(' | ') || '0';

function extra(structure, field) {
  if (field.of) return `LAYOUT_${field.of}`;
  if (NATIVE_KIND[field.kind] === 'Fixed') return `sizeof(${structure}::${field.c})`;
  return String(field.room ?? field.size ?? 0);
}

function nativeField(structure, field) {
  const offset = `offsetof(${structure}, ${field.pointer ?? field.c})`;
  const length = field.length ? `offsetof(${structure}, ${field.length})` : 'NO_LENGTH';
  const start = `  {FieldKind::${NATIVE_KIND[field.kind]}, ${flagNames(field)}, ${offset},`;
  const rest = `${length}, ${extra(structure, field)}},`;
  return start.length + rest.length < 120 ? `${start} ${rest}` : `${start}\n   ${rest}`;
}

export function layouts(spec) {
  return `${[
    `// ${DO_NOT_EDIT}`,
    '// Included by engine/layouts.h, inside namespace cryptoki.',
    '',
    'enum LayoutId : uint16_t {',
    ...spec.layouts.map(({ name }, id) => `  LAYOUT_${name} = ${id},`),
    `  LAYOUT_COUNT = ${spec.layouts.length},`,
    '};',
    ...spec.layouts.flatMap(({ name, wire }) => [
      '',
      `inline constexpr Field FIELDS_${name}[] = {`,
      ...wire.map((field) => nativeField(name, field)),
      '};',
    ]),
    '',
    'inline constexpr Layout LAYOUTS[LAYOUT_COUNT] = {',
    ...spec.layouts.map(({ name, wire }) => `  {FIELDS_${name}, ${wire.length}, sizeof(${name})},`),
    '};',
    '',
    '// The layout of a C type.',
    'template <typename T>',
    'struct LayoutOf;',
    ...spec.layouts.map(({ name }) => `template <> struct LayoutOf<${name}> { static constexpr LayoutId id = LAYOUT_${name}; };`),
  ].join('\n')}\n`;
}
