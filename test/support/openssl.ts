// OpenSSL's command, as a judge of the algorithms that this Node.js may not know: ML-DSA, ML-KEM and SLH-DSA, since 3.5.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What npm run test:tokens has found beside a token, else that of the machine. */
const command = process.env['CRYPTOKI_TEST_OPENSSL'] ?? 'openssl';

export interface Signing {
  readonly context?: Uint8Array;
  readonly deterministic?: boolean;
  /** The data are the message with what the standard puts before it (M' of FIPS 204 and 205). */
  readonly encoded?: boolean;
}

/** How a private key is written into its PKCS#8 (RFC 9881, section 6). */
export type PrivateForm = 'seed-only' | 'priv-only' | 'seed-priv';

/** The version, or why there is no judge. */
function version(): { version?: string; reason?: string } {
  const { status, stdout } = spawnSync(command, ['version'], { encoding: 'utf8' });
  if (status !== 0) return { reason: 'this machine has no command openssl' };
  const [, major, minor] = /^OpenSSL (\d+)\.(\d+)/.exec(stdout) ?? [];
  if (Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 5)) return { version: stdout.trim() };
  return { reason: `OpenSSL 3.5 or later is the judge, and this is ${stdout.trim()}` };
}

/** Why there is no judge here; undefined where there is one. */
export const noJudge: string | undefined = version().reason;

/** Runs the command; names among the words are files, given and made. */
function run(words: readonly string[], given: Record<string, Uint8Array>, made: readonly string[]): { status: number | null; files: Buffer[] } {
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-openssl-'));
  try {
    for (const [name, bytes] of Object.entries(given)) writeFileSync(join(folder, name), bytes, { mode: 0o600 });
    const { status, stderr } = spawnSync(command, words, { cwd: folder, encoding: 'utf8' });
    if (status !== 0 && made.length > 0) throw new Error(`openssl ${words.join(' ')}: ${stderr}`);
    return { status, files: made.map((name) => readFileSync(join(folder, name))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function options({ context, deterministic, encoded }: Signing): string[] {
  const said: string[] = [];
  if (context !== undefined && context.length > 0) said.push('-pkeyopt', `hexcontext-string:${Buffer.from(context).toString('hex')}`);
  if (deterministic !== undefined) said.push('-pkeyopt', `deterministic:${deterministic ? 1 : 0}`);
  if (encoded) said.push('-pkeyopt', 'message-encoding:0');
  return said;
}

/** A new pair in DER: PKCS#8 and SubjectPublicKeyInfo. */
export function generatePair(type: string, form: PrivateForm = 'seed-priv'): { privateKey: Buffer; publicKey: Buffer } {
  // OpenSSL's names are those of the standards, of which node:crypto's are the lower case.
  const name = type
    .toUpperCase()
    .replace(/(\d)F$/, '$1f')
    .replace(/(\d)S$/, '$1s');
  const set = name.startsWith('SLH') ? [] : ['-provparam', `${name.slice(0, 6).toLowerCase()}.output_formats=${form}`];
  const { files } = run(['genpkey', '-algorithm', name, ...set, '-outform', 'DER', '-out', 'private'], {}, ['private']);
  const [privateKey] = files as [Buffer];
  const [publicKey] = run(['pkey', '-in', 'private', '-pubout', '-outform', 'DER', '-out', 'public'], { private: privateKey }, ['public']).files;
  return { privateKey, publicKey: publicKey! };
}

export function sign(privateKey: Uint8Array, data: Uint8Array, signing: Signing = {}): Buffer {
  const words = ['pkeyutl', '-sign', '-rawin', '-inkey', 'private', '-in', 'data', '-out', 'signature', ...options(signing)];
  return run(words, { private: privateKey, data }, ['signature']).files[0]!;
}

export function verify(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array, signing: Signing = {}): boolean {
  const words = ['pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', 'public', '-in', 'data', '-sigfile', 'signature', ...options(signing)];
  return run(words, { public: publicKey, data, signature }, []).status === 0;
}

export function encapsulate(publicKey: Uint8Array): { ciphertext: Buffer; secret: Buffer } {
  const words = ['pkeyutl', '-encap', '-pubin', '-inkey', 'public', '-out', 'ciphertext', '-secret', 'secret'];
  const [ciphertext, secret] = run(words, { public: publicKey }, ['ciphertext', 'secret']).files as [Buffer, Buffer];
  return { ciphertext, secret };
}

export function decapsulate(privateKey: Uint8Array, ciphertext: Uint8Array): Buffer {
  const words = ['pkeyutl', '-decap', '-inkey', 'private', '-in', 'ciphertext', '-secret', 'secret'];
  return run(words, { private: privateKey, ciphertext }, ['secret']).files[0]!;
}
