// OpenSSL's command, as a judge of certificates and messages.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { noOpenssl } from '../../support/authority';
import { skip } from '../../support/skip';

/** Skips the test where there is no judge. */
export function needsOpenssl(context: Context): void {
  if (noOpenssl !== undefined) skip(context, noOpenssl);
}

/** Runs the command, in a folder with these files, and answers what it printed; throws what it complains of. */
export function openssl(words: readonly string[], files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-openssl-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode: 0o600 });
    const { status, stdout, stderr } = spawnSync('openssl', words, { cwd: folder });
    if (status !== 0) throw new Error(`openssl ${words.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
