// A SoftHSM token with keys and certificates that openssl has made.

import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CKC, CKO } from '../../lib';
import { Scws, type EnvironmentOptions, type Reader, type ScwsError, type Token } from '../../lib/scws';
import { certificateParts } from '../../lib/certificate-parts';
import { openSoftHsm, type Fixture } from '../support/profile';

/** A key with its certificate. */
export interface Holder {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

export const RSA = ['rsa:2048'];
export const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** An authority made of files: `openssl` signs with it. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'cryptoki-scws-'));
  #serial = 0;

  /** A certificate under `issuer`, or under itself. `extensions` are lines of an openssl configuration. */
  issue(
    name: string,
    options: { issuer?: string; extensions?: readonly string[]; newkey?: string[]; key?: KeyObject; days?: string[] } = {},
  ): Holder {
    const { issuer, extensions = [], newkey = EC, key, days = ['-days', '30'] } = options;
    if (key !== undefined) writeFileSync(join(this.#folder, `${name}.key`), key.export({ format: 'pem', type: 'pkcs8' }));
    const keys = key === undefined ? ['-nodes', '-newkey', ...newkey, '-keyout', `${name}.key`] : ['-key', `${name}.key`];
    this.#run('req', '-new', '-subj', `/CN=${name}`, ...keys, '-out', `${name}.csr`);
    writeFileSync(join(this.#folder, 'extensions'), ['subjectKeyIdentifier=hash', ...extensions].join('\n'));
    const by =
      issuer === undefined
        ? ['-signkey', `${name}.key`]
        : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-set_serial', String((this.#serial += 1) + 100)];
    this.#run('x509', '-req', '-in', `${name}.csr`, ...by, ...days, '-extfile', 'extensions', '-out', `${name}.pem`);
    return this.holder(name);
  }

  holder(name: string): Holder {
    const read = (file: string): Buffer => readFileSync(join(this.#folder, file));
    return { key: createPrivateKey(read(`${name}.key`)), certificate: new X509Certificate(read(`${name}.pem`)) };
  }

  /** A new key of a kind that requests do not make. */
  dsa(): KeyObject {
    this.#run('dsaparam', '-out', 'dsa.parameters', '1024');
    this.#run('genpkey', '-paramfile', 'dsa.parameters', '-out', 'dsa.key');
    return createPrivateKey(readFileSync(join(this.#folder, 'dsa.key')));
  }

  /** The revocation list of an issuer, in PEM. */
  revoke(issuer: string, ...revoked: X509Certificate[]): string {
    return this.revokeWith(issuer, [], ...revoked);
  }

  /** The same with extensions, lines of an openssl configuration. */
  revokeWith(issuer: string, extensions: readonly string[], ...revoked: X509Certificate[]): string {
    const index = revoked.map(({ serialNumber }) => `R\t400101000000Z\t250101000000Z\t${serialNumber}\tunknown\t/CN=x\n`).join('');
    writeFileSync(join(this.#folder, 'index.txt'), index);
    const configuration = ['[ca]', 'default_ca=d', '[d]', 'database=index.txt', 'default_md=sha256', 'default_crl_days=7', '[e]', ...extensions];
    writeFileSync(join(this.#folder, 'ca.cnf'), `${configuration.join('\n')}\n`);
    const more = extensions.length === 0 ? [] : ['-crlexts', 'e'];
    this.#run('ca', '-config', 'ca.cnf', '-gencrl', '-keyfile', `${issuer}.key`, '-cert', `${issuer}.pem`, '-out', 'list.pem', ...more);
    return readFileSync(join(this.#folder, 'list.pem'), 'utf8');
  }

  pkcs12(name: string, password: string, ...words: string[]): Buffer {
    this.#run(
      'pkcs12',
      '-export',
      '-inkey',
      `${name}.key`,
      '-in',
      `${name}.pem`,
      '-name',
      name,
      '-passout',
      `pass:${password}`,
      '-out',
      'file.p12',
      ...words,
    );
    return readFileSync(join(this.#folder, 'file.p12'));
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.#folder, stdio: 'pipe' });
  }
}

export const CA = ['basicConstraints=critical,CA:true', 'keyUsage=critical,keyCertSign,cRLSign'];

export interface Bench {
  readonly fixture: Fixture;
  readonly scws: Scws;
  readonly reader: Reader;
  readonly authority: Authority;
  /** Makes another environment on the same library. */
  environment(more?: Partial<EnvironmentOptions>): Promise<{ scws: Scws; token: Token }>;
}

/** Keeps a key with its certificate on the token of the bench. */
export async function keep({ token }: Fixture, { key, certificate }: Holder, id: string, label: string): Promise<void> {
  await token.importKey(key, { token: true, id: Buffer.from(id, 'hex'), label });
  await token.importCertificate(certificate, { id: Buffer.from(id, 'hex'), label });
}

/** A certificate object that has no CKA_ID. */
export async function keepWithoutId({ token }: Fixture, { certificate }: Holder, label: string): Promise<void> {
  const { subject, issuer, serialNumber } = certificateParts(certificate.raw)!;
  const parts = { subject, issuer, serialNumber, value: certificate.raw };
  await token.create({ class: CKO.CERTIFICATE, certificateType: CKC.X_509, token: true, private: false, label, ...parts });
}

/** One SoftHSM token for the surrounding `describe`; `fill` puts things on it while the user is logged in. */
export function useBench(fill: (fixture: Fixture, authority: Authority) => Promise<void>): () => Bench {
  let bench: Bench | undefined;
  const opened: Scws[] = [];
  before(async function () {
    this.timeout(60_000);
    const fixture = await openSoftHsm(this);
    const authority = new Authority();
    await fixture.token.login(fixture.pin);
    await fill(fixture, authority);
    await fixture.token.logout();
    const environment = async (more: Partial<EnvironmentOptions> = {}): Promise<{ scws: Scws; token: Token; reader: Reader }> => {
      const scws = new Scws();
      opened.push(scws);
      await scws.createEnvironment({ module: fixture.profile.module, ...more });
      for (const reader of scws.readers) {
        const token = await reader.connect();
        if (token.serialNumber === fixture.token.serialNumber) return { scws, token, reader };
        await token.disconnect();
      }
      throw new Error('the token is in no reader');
    };
    const { scws, token, reader } = await environment();
    await token.disconnect();
    bench = { fixture, scws, reader, authority, environment };
  });
  after(async () => {
    for (const scws of opened.splice(0)) await scws.closeEnvironment();
    bench?.authority.end();
    await bench?.fixture.close();
    bench = undefined;
  });
  return () => bench!;
}

/** What a promise rejects with; the promise must be there: nothing is thrown at once. */
export async function failure(promise: Promise<unknown>): Promise<ScwsError> {
  if (!(promise instanceof Promise)) throw new Error('it is no native promise');
  try {
    await promise;
  } catch (error) {
    return error as ScwsError;
  }
  throw new Error('it has not failed');
}

/** The code of it. */
export const code = async (promise: Promise<unknown>): Promise<string> => (await failure(promise)).code;
