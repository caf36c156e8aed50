// The table of docs/coverage.md: every function of the standard, and how it is called or why not.
const START = '<!-- generated from spec/ by scripts/generate.mjs: do not edit from here -->';
const END = '<!-- generated: to here -->';

const HOW = { life: 'life of library and sessions', hand: 'codec of its own', undefined: 'roles' };

export function coverage(spec, page) {
  const rows = spec.functions.map(({ index, name, since, by, lane, why }) => {
    const callable = why === undefined;
    return `| ${index} | \`${name}\` | ${since} | ${callable ? `\`Raw.${name}\`` : 'no'} | ${callable ? lane : ''} | ${callable ? HOW[by] : why} |`;
  });
  const callable = spec.functions.filter(({ why }) => why === undefined).length;
  const table = [
    START,
    '',
    `${callable} of ${spec.functions.length} functions can be called; ${spec.functions.length - callable} are done while the library is loaded.`,
    '',
    '| index | function | since | in `cryptoki/raw` | lane | by |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    END,
  ].join('\n');
  const [before, rest] = page.split(START);
  if (rest === undefined || !rest.includes(END)) throw new Error('docs/coverage.md has lost the marks around its table');
  return before + table + rest.slice(rest.indexOf(END) + END.length);
}
