// Reads the declarations that the compiler has written into dist/: what is exported, its members, and the comment in front of each. The
// compiler's own programming interface would do, but this version has none; its output is regular enough to be read by the line.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Something public: a class, an interface, a type, a function, a constant, or a member of one of them. */
export interface PublicSymbol {
  /** Such as 'Token' or 'Token.login'. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** The text of the comment in front of it, without its stars. */
  readonly comment: string | undefined;
  /** 'class', 'interface' and so on, 'method', or 'member'. */
  readonly kind: string;
}

interface Declaration extends PublicSymbol {
  readonly exported: boolean;
  readonly parents: readonly string[];
  readonly members: readonly PublicSymbol[];
}

interface Source {
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** What a name that comes from elsewhere is there. */
  readonly imports: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  readonly exports: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  readonly wholesale: readonly string[];
}

const TOP = /^(export )?(?:declare )?(?:abstract )?(class|interface|type|const|let|function|enum) (\w+)/;
const MEMBER = /^ {4}((?:(?:readonly|static|get|set|abstract|protected|private|async) )*)(\[Symbol\.\w+\]|\w+)(?=[?(:<;]| = )/;
// A member whose type is one word or a few tells all by itself.
const LITERAL = /: (?:'[^']*'(?: \| )?)+;$/;
const NAMES = /^(import|export) (?:type )?\{([^}]*)\} from '([^']+)';/;

function parents(line: string): string[] {
  const clause = /\b(?:extends|implements)\b(.*)\{/.exec(line)?.[1] ?? '';
  return [...clause.matchAll(/\b[A-Z]\w*/g)].map(([name]) => name);
}

function text(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/^\s*(?:\/\*\*|\*\/|\*) ?/, '').replace(/\s*\*\/$/, ''))
    .join('\n')
    .trim();
}

const sources = new Map<string, Source>();

function read(file: string): Source {
  const known = sources.get(file);
  if (known) return known;
  const declarations = new Map<string, Declaration & { members: PublicSymbol[] }>();
  const [imports, exports] = [new Map<string, { from: string; name: string }>(), new Map<string, { from: string; name: string }>()];
  const wholesale: string[] = [];
  let comment: string[] | undefined;
  let open: string[] | undefined;
  let current: (Declaration & { members: PublicSymbol[] }) | undefined;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (open || /^\s*\/\*\*/.test(line)) {
      (open ??= []).push(line);
      if (line.includes('*/')) [comment, open] = [open, undefined];
      continue;
    }
    const about = { file, line: index + 1, comment: comment && text(comment) };
    comment = undefined;
    const names = NAMES.exec(line);
    const all = /^export (?:type )?\* from '([^']+)';/.exec(line);
    const top = TOP.exec(line);
    const member = MEMBER.exec(line);
    if (names) {
      for (const one of names[2]!.split(',')) {
        const [name, alias = name] = one
          .trim()
          .replace(/^type /, '')
          .split(' as ');
        if (name) (names[1] === 'import' ? imports : exports).set(alias!, { from: names[3]!, name });
      }
    } else if (all) {
      wholesale.push(all[1]!);
    } else if (top) {
      const [, exported, kind, name] = top as unknown as [string, string | undefined, string, string];
      const overloaded = declarations.get(name);
      current = { ...about, name, kind, exported: exported !== undefined, parents: parents(line), members: [] };
      if (!overloaded) declarations.set(name, current);
    } else if (current && member && current.kind !== 'type' && !/\b(?:private|protected)\b/.test(member[0]) && !LITERAL.test(line)) {
      const name = `${current.name}.${member[2]}`;
      // Of overloads the first is documented, of get and set either.
      if (!current.members.some((other) => other.name === name))
        current.members.push({ ...about, name, kind: /^(?:(?!\b[gs]et )[^(:])*[(<]/.test(line) ? 'method' : 'member' });
    }
  }
  const source = { declarations, imports, exports, wholesale };
  sources.set(file, source);
  return source;
}

/** Another module of the package; undefined for those of others. */
function target(file: string, from: string): string | undefined {
  if (!from.startsWith('.')) return undefined;
  const path = resolve(dirname(file), from);
  return [`${path}.d.ts`, join(path, 'index.d.ts')].find((name) => existsSync(name));
}

function find(file: string, name: string): Declaration | undefined {
  const source = read(file);
  const own = source.declarations.get(name);
  if (own) return own;
  const elsewhere = source.imports.get(name) ?? source.exports.get(name);
  const other = elsewhere && target(file, elsewhere.from);
  if (other) return find(other, elsewhere.name);
  for (const from of source.wholesale) {
    const found = find(target(file, from)!, name);
    if (found?.exported) return found;
  }
  return undefined;
}

function* exported(file: string): Generator<Declaration> {
  const source = read(file);
  for (const declaration of source.declarations.values()) if (declaration.exported) yield declaration;
  for (const from of source.wholesale) yield* exported(target(file, from)!);
  for (const name of source.exports.keys()) {
    const declaration = find(file, name);
    if (!declaration) throw new Error(`${file} exports ${name}, which is not to be found`);
    yield declaration;
  }
}

/** Everything that an entry's declarations export, with members and what is inherited. */
export function publicSymbols(entry: string): PublicSymbol[] {
  const seen = new Set<Declaration>();
  const visit = (declaration: Declaration): PublicSymbol[] => {
    if (seen.has(declaration)) return [];
    seen.add(declaration);
    const above = declaration.parents.map((name) => find(declaration.file, name)).filter((parent) => parent !== undefined);
    return [declaration, ...declaration.members, ...above.flatMap(visit)];
  };
  return [...exported(entry)].flatMap(visit);
}
