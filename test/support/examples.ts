// The examples in doc comments and documents, made into one module of functions: it can be type-checked, and run.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cached, root } from '../../scripts/support/paths.mjs';
import { publicSymbols } from './declarations';

export interface Example {
  /** Where it stands: 'Token.login', 'docs/errors.md:20'. */
  readonly name: string;
  readonly code: string;
}

function fromComments(): Example[] {
  const symbols = ['index', 'raw', 'webcrypto'].flatMap((entry) => publicSymbols(join(root, 'dist', `${entry}.d.ts`)));
  // What both entries export stands in both.
  const named = new Map(symbols.map((symbol) => [symbol.name, symbol.comment ?? '']));
  return [...named].flatMap(([name, comment]) => {
    const code = /@example\n([^]*?)(?:\n@|$)/.exec(comment)?.[1];
    return code === undefined ? [] : [{ name, code }];
  });
}

function fromDocuments(): Example[] {
  const documents = readdirSync(join(root, 'docs'), { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.md'));
  return documents.flatMap(({ name }) => {
    const text = readFileSync(join(root, 'docs', name), 'utf8');
    return [...text.matchAll(/^```(?:js|ts)\n([^]*?)^```/gm)]
      .filter(([, code]) => !/^(?:export )?(?:interface|type) /m.test(code ?? ''))
      .map(({ 1: code = '', index }) => ({ name: `docs/${name}:${text.slice(0, index).split('\n').length}`, code }));
  });
}

export const examples = (): Example[] => [...fromComments(), ...fromDocuments()];

const IMPORT = /^import (?:type )?\{[^}]*\} from '[^']*';\n/gm;

/** Whether the key is a secret one: in the comments of that class. */
export const isSecret = ({ name }: Example): boolean => name.startsWith('SecretKey');

/** Whether the keys are CryptoKeys: in the comments of `cryptoki/webcrypto`. */
export const isWeb = ({ name }: Example): boolean => /^(?:Crypto|SubtleCrypto|CryptoKey|createCrypto|combineWithNode)\b/.test(name);

const scopeOf = (example: Example): string => (isWeb(example) ? 'WebScope' : isSecret(example) ? 'SecretScope' : 'Scope');

const NODE_CRYPTO = 'createHash, createPrivateKey, createPublicKey, randomBytes, verify, X509Certificate';

/** Writes the module, and answers its path. `library` stands for the path of a Cryptoki library. */
export function write(all: readonly Example[], folder: string, library: string): string {
  const from = (path: string): string => JSON.stringify(relative(folder, join(root, path)).replaceAll('\\', '/'));
  const functions = all.map((example) => {
    const code = example.code.replace(IMPORT, '').replace(/'\/usr\/lib\/[^']*'/g, JSON.stringify(library));
    // Names of the scope may be made anew inside of the inner block.
    return `  ${JSON.stringify(example.name)}: async (scope: ${scopeOf(example)}): Promise<unknown> => {
    const { ${names(example, code).join(', ')} } = scope;
    {\n${code.trimEnd()}\n    }
    return undefined;
  },`;
  });
  const text = `import * as crypto from 'node:crypto';
import { ${NODE_CRYPTO} } from 'node:crypto';
import { subscribe, tracingChannel } from 'node:diagnostics_channel';
import { availableParallelism } from 'node:os';
import { AbortError, CKA, CKF, CKK, CKM, CKO, CKR, CKU, BulkError, CryptokiError, DomainParameters, mechanisms, Module, nameOf, Pkcs11Error, Pkcs11Uri, TokenGroup } from ${from('lib')};
import { Raw } from ${from('lib/raw')};
import { combineWithNode, createCrypto, Crypto } from ${from('lib/webcrypto')};
import type { CallMessage, RecoveryMessage } from ${from('lib')};
import type { Scope, SecretScope, WebScope } from ${from('test/support/example-scope')};
export type Used = CallMessage | RecoveryMessage;
export const used = { subscribe, tracingChannel, crypto, ${NODE_CRYPTO}, AbortError, CKA, CKF, CKK, CKM, CKO, CKR, CKU, BulkError, CryptokiError, DomainParameters, mechanisms, Module, nameOf, Pkcs11Error, Pkcs11Uri, Raw, TokenGroup, combineWithNode, createCrypto, Crypto };
export const functions = {\n${functions.join('\n')}\n};\n`;
  const path = join(folder, 'examples.ts');
  writeFileSync(path, text);
  const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')] };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files: ['examples.ts'], include: [] }),
  );
  return path;
}

const WORDS = (
  'module slot token session object key publicKey secretKey certificate data hmac kek master mine theirs kem document documents message digest ' +
  'signature code state iv header salt info secret sealed wrapped ciphertext source output pem certificatePem pin password path error console ask tell askAgain readFileSync raw handle createPersonal terminalChooser personal nonce'
).split(' ');

const WEB_WORDS =
  'crypto token document iv secret privateKey publicKey key sealed signature mine theirs wrappingKey wrapped ciphertext console'.split(' ');

/** The names of the scope that a piece of code uses. */
const names = (example: Example, code: string): string[] =>
  (isWeb(example) ? WEB_WORDS : WORDS).filter((word) => new RegExp(`(?<![.\\w])${word}\\b`).test(code));

/** A folder in the checkout, from where packages are found. */
export const workshop = (): string => cached('examples');
