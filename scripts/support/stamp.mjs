// "Is this made from those?": a hash of the sources, kept beside nothing that is shipped.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cached, root } from './paths.mjs';

function* filesOf(path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) return yield path;
  for (const name of readdirSync(path).sort()) yield* filesOf(join(path, name));
}

/** A hash over names and contents of files and folders (given from the checkout), and over other facts. */
export function hashOf(paths, ...facts) {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const path of paths) {
    for (const file of filesOf(join(root, path)))
      hash
        .update(`${relative(root, file)}\0`)
        .update(readFileSync(file))
        .update('\0');
  }
  return hash.digest('hex');
}

const place = (name) => join(cached('stamps'), name);

export function isFresh(name, hash) {
  return existsSync(place(name)) && readFileSync(place(name), 'utf8') === hash;
}

export function stamp(name, hash) {
  writeFileSync(place(name), hash);
}
