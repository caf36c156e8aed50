import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as constants from '../../lib/generated/constants';
import { root } from '../../scripts/support/paths.mjs';

function* pages(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* pages(path);
    else if (entry.name.endsWith('.md')) yield path;
  }
}

const documents = [
  ...readdirSync(root)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, name)),
  ...pages(join(root, 'docs')),
  ...pages(join(root, 'examples')),
];

describe('documents', () => {
  it('link to what is there', () => {
    const dead = documents.flatMap((page) => {
      const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '');
      const local = links.filter((link) => !/^[a-z]+:/.test(link));
      return local.filter((link) => !existsSync(join(dirname(page), link))).map((link) => `${relative(root, page)}: ${link}`);
    });
    assert.deepEqual(dead, []);
  });

  it('name files that are there', () => {
    const missing = documents.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/`((?:lib|native|spec|scripts|test|docs|decisions|bench|examples)\/[\w./-]*)`/g)]
        .map(([, path]) => path ?? '')
        .filter((path) => !existsSync(join(root, path.startsWith('decisions/') ? 'docs' : '.', path)))
        .map((path) => `${relative(root, page)}: ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  it('name constants that the standard has', () => {
    // What ends with an ellipsis stands for several; vendors' names are not here.
    const families: Readonly<Record<string, object>> = constants;
    const unknown = documents.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\b(CK[A-Z])_([A-Z0-9_]+)(?![\w…]|\*)/g)]
        .filter(([, family = '', name = '']) => family in families && !(name in families[family]!) && !/^(?:NSS|IBM)_/.test(name))
        .map(([name]) => `${relative(root, page)}: ${name}`),
    );
    assert.deepEqual(unknown, []);
  });

  it('name scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const missing = documents.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/npm run ([a-z:-]+)/g)]
        .map(([, name]) => name ?? '')
        .filter((name) => !(name in scripts))
        .map((name) => `${relative(root, page)}: ${name}`),
    );
    assert.deepEqual(missing, []);
  });
});
