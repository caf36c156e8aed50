import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
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
