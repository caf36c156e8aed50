import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';
import { publicSymbols, type PublicSymbol } from '../support/declarations';

const dist = join(root, 'dist');
const ENTRIES = ['index', 'raw', 'pkcs11js', 'personal', 'scws', 't1c', 'webcrypto'];
const place = ({ name, file, line }: PublicSymbol): string => `${name} (${relative(dist, file)}:${line})`;

/** The single constant, and the single row of a table of types: their families are documented, their meaning stands in the standard. */
const isRow = ({ name, file }: PublicSymbol): boolean =>
  (name.includes('.') && file.endsWith(join('generated', 'constants.d.ts'))) ||
  file.endsWith(join('generated', 'pkcs11js-constants.d.ts')) ||
  name.startsWith('ParameterByStructure.');

describe('doc comments', () => {
  for (const entry of ENTRIES) {
    const symbols = publicSymbols(join(dist, `${entry}.d.ts`)).filter((symbol) => !isRow(symbol));

    it(`${entry}: every public symbol has one`, () => {
      assert.ok(symbols.length > 20, 'the declarations were not read');
      assert.equal(
        symbols
          .filter(({ comment }) => comment === undefined)
          .map(place)
          .join('\n'),
        '',
      );
    });

    it(`${entry}: none is empty or a placeholder`, () => {
      const poor = symbols.filter(({ comment }) => comment !== undefined && comment.replace(/@\w+/g, '').trim() === '');
      assert.equal(poor.map(place).join('\n'), '');
    });
  }

  it('every method of a class has an example, save for the functions of the standard', () => {
    const symbols = ENTRIES.flatMap((entry) => publicSymbols(join(dist, `${entry}.d.ts`)));
    const classes = new Set(symbols.filter(({ kind }) => kind === 'class').map(({ name }) => name));
    const methods = symbols.filter(({ name, kind }) => kind === 'method' && classes.has(name.split('.')[0] ?? ''));
    const asked = methods.filter(({ name }) => !/\.(?:C_\w+|constructor|\[.*)$/.test(name));
    assert.ok(asked.length > 70);
    assert.equal(
      asked
        .filter(({ comment }) => !comment?.includes('@example'))
        .map(place)
        .join('\n'),
      '',
    );
  });

  it('every class has an example', () => {
    const classes = publicSymbols(join(dist, 'index.d.ts')).filter(({ kind, name }) => kind === 'class' && !/^(?:TokenObjects|Key)$/.test(name));
    assert.equal(
      classes
        .filter(({ comment }) => !comment?.includes('@example'))
        .map(place)
        .join('\n'),
      '',
    );
  });
});
