// native/generated/cryptoki.h: the whole standard for C and C++.
import { DO_NOT_EDIT } from './spec.mjs';

const declaration = (type, name) => {
  const array = /^(\w+)\[(\d+)\]$/.exec(type);
  return array ? `${array[1]} ${name}[${array[2]}]` : `${type} ${name}`;
};

const parameters = (args) => args.map((arg) => declaration(arg.type, arg.name)).join(', ');

// CK_ULONG constants are unsigned long whatever the literal needs: they are compared with CK_ULONG and stored in it.
const literal = (value) => (value === '~0' ? '(~0UL)' : `0x${value.toString(16)}UL`);

function constants(spec) {
  const lines = [];
  for (const [family, entries] of Object.entries(spec.constants)) {
    lines.push('');
    for (const { name, value } of entries) {
      const text = family === 'CK' && (name === 'TRUE' || name === 'FALSE') ? String(value) : literal(value);
      lines.push(`#define ${family}_${name} ${text}`);
    }
  }
  return lines;
}

function functionList(spec, suffix, newest) {
  return [
    `struct CK_FUNCTION_LIST${suffix} {`,
    '  CK_VERSION version;',
    ...spec.functions.filter(({ since }) => since <= newest).map(({ name }) => `  CK_${name} ${name};`),
    '};',
  ];
}

export function header(spec) {
  const lists = ['', '_3_0', '_3_2'].map((suffix) => `CK_FUNCTION_LIST${suffix}`);
  const structures = [...spec.structures.map(({ name }) => name), ...lists];
  const scalars = spec.types.filter((type) => type.is !== undefined);
  const pointers = spec.types.filter((type) => type.pointsTo !== undefined);
  const callbacks = spec.types.filter((type) => type.args !== undefined);
  return `${[
    '/* PKCS #11 3.2: types, constants, structures and the function lists.',
    `   ${DO_NOT_EDIT} */`,
    '#ifndef CRYPTOKI_GENERATED_CRYPTOKI_H',
    '#define CRYPTOKI_GENERATED_CRYPTOKI_H',
    '',
    '#if defined(_WIN32)',
    '#define CK_CALL __cdecl',
    '#define CK_EXPORT __declspec(dllexport)',
    '#else',
    '#define CK_CALL',
    '#define CK_EXPORT __attribute__((visibility("default")))',
    '#endif',
    ...constants(spec),
    '',
    '#if defined(__cplusplus)',
    'extern "C" {',
    '#endif',
    '',
    '/* The standard asks for packing to one byte everywhere; libraries do it on Windows only. */',
    '#if defined(_WIN32)',
    '#pragma pack(push, 1)',
    '#endif',
    '',
    ...scalars.map(({ name, is }) => `typedef ${is} ${name};`),
    '',
    ...structures.map((name) => `typedef struct ${name} ${name};`),
    '',
    ...pointers.map(({ name, pointsTo }) => `typedef ${pointsTo}* ${name};`),
    '',
    ...callbacks.map(({ name, args }) => `typedef CK_RV(CK_CALL* ${name})(${parameters(args)});`),
    ...spec.structures.flatMap(({ name, c }) => ['', `struct ${name} {`, ...c.map((field) => `  ${declaration(field.type, field.name)};`), '};']),
    '',
    ...spec.functions.flatMap(({ name, args }) => wrap(`typedef CK_RV(CK_CALL* CK_${name})(`, args)),
    '',
    ...functionList(spec, '', '2.40'),
    '',
    ...functionList(spec, '_3_0', '3.0'),
    '',
    ...functionList(spec, '_3_2', '3.2'),
    '',
    '#if defined(_WIN32)',
    '#pragma pack(pop)',
    '#endif',
    '',
    '/* Prototypes, for a library that implements the functions. */',
    '#if defined(CRYPTOKI_PROTOTYPES)',
    ...spec.functions.flatMap(({ name, args }) => wrap(`CK_EXPORT CK_RV CK_CALL ${name}(`, args)),
    '#endif',
    '',
    '#if defined(__cplusplus)',
    '}',
    '#endif',
    '',
    '#endif',
  ].join('\n')}\n`;
}

function wrap(start, args) {
  const lines = [];
  let line = start;
  for (const [i, arg] of args.entries()) {
    const text = declaration(arg.type, arg.name) + (i === args.length - 1 ? ');' : ',');
    if (line.length + text.length + 1 > 120) {
      lines.push(line);
      line = `    ${text}`;
    } else {
      line += line === start ? text : ` ${text}`;
    }
  }
  return [...lines, line];
}
