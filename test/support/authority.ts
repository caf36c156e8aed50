// Keys, certificates and PKCS #12 files made outside of the library: with OpenSSL's command, and Java's keytool.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const has = (command: string, ...words: string[]): boolean => spawnSync(command, words).status === 0;

/** Why there is no OpenSSL here; undefined where there is one. */
export const noOpenssl: string | undefined = has('openssl', 'version') ? undefined : 'this machine has no command openssl';

/** Why there is no Java here; undefined where there is one. */
export const noKeytool: string | undefined = has('keytool', '-help') ? undefined : 'this machine has no command keytool';

/** How a key is made: 'rsa:2048', 'ec:P-256', 'ed25519', 'dsa'. */
export type KeyKind = string;

/** What a certificate says. */
export interface CertificateOptions {
  /** One who is issued by an authority is no authority itself, unless `ca`. */
  readonly issuer?: Issued;
  readonly ca?: boolean;
  /** As OpenSSL writes it: 'digitalSignature, nonRepudiation'. Default: no such extension. */
  readonly keyUsage?: string;
  readonly kind?: KeyKind;
  /** The key of another one, in place of a new one. */
  readonly key?: string;
}

/** Somebody with a key and a certificate, both in PEM, in files. */
export interface Issued {
  readonly key: string;
  readonly certificate: string;
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** A folder in which things are made. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'cryptoki-authority-'));
  #serial = 0;

  /** Runs a command in the folder. */
  run(command: string, words: readonly string[]): Buffer {
    const { status, stdout, stderr } = spawnSync(command, words, { cwd: this.#folder, env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  /** What not every build of a command can do: undefined where this one cannot. */
  tries<T>(what: () => T): T | undefined {
    try {
      return what();
    } catch {
      return undefined;
    }
  }

  read(name: string): Buffer {
    return readFileSync(join(this.#folder, name));
  }

  /** A new private key in PEM. */
  key(kind: KeyKind = 'ec:P-256'): string {
    const [type = '', size = ''] = kind.split(':');
    const option = { rsa: `rsa_keygen_bits:${size}`, ec: `ec_paramgen_curve:${size}` }[type];
    if (type === 'dsa') {
      this.run('openssl', ['dsaparam', '-out', 'dsa.parameters', '2048']);
      return this.run('openssl', ['genpkey', '-paramfile', 'dsa.parameters']).toString();
    }
    return this.run('openssl', ['genpkey', '-algorithm', type.toUpperCase(), ...(option === undefined ? [] : ['-pkeyopt', option])]).toString();
  }

  /** A certificate of `subject`, as openssl writes names: '/C=SE/serialNumber=1/CN=Somebody'. */
  issue(subject: string, { issuer, ca = false, keyUsage, kind, key = this.key(kind) }: CertificateOptions = {}): Issued {
    const stem = `${(this.#serial += 1)}`;
    const [keyFile, certificateFile] = [`${stem}.key`, `${stem}.pem`];
    writeFileSync(join(this.#folder, keyFile), key);
    const extensions = [
      `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}`,
      ...(keyUsage === undefined ? [] : [`keyUsage=critical,${keyUsage}`]),
    ];
    // Without a configuration of its own, OpenSSL would put in what that of the machine says.
    writeFileSync(join(this.#folder, 'req.cnf'), '[req]\ndistinguished_name=name\nstring_mask=utf8only\n[name]\n');
    writeFileSync(join(this.#folder, 'extensions'), `${extensions.join('\n')}\n`);
    const names = ['-subj', subject, '-utf8', '-config', 'req.cnf'];
    this.run('openssl', ['req', '-new', '-key', keyFile, '-out', 'request', ...names]);
    const by = issuer === undefined ? ['-signkey', keyFile] : ['-CA', issuer.certificateFile, '-CAkey', issuer.keyFile];
    const serial = ['-set_serial', `${Date.now()}${stem}`, '-days', '30', '-sha256', '-extfile', 'extensions'];
    this.run('openssl', ['x509', '-req', '-in', 'request', '-out', certificateFile, ...by, ...serial]);
    return { key, certificate: this.read(certificateFile).toString(), keyFile: join(this.#folder, keyFile), certificateFile };
  }

  /** A PKCS #12 file of OpenSSL. */
  pkcs12(
    of: Issued | undefined,
    password: string,
    { chain = [], words = [] }: { chain?: readonly Issued[]; words?: readonly string[] } = {},
  ): Buffer {
    writeFileSync(join(this.#folder, 'chain'), chain.map(({ certificate }) => certificate).join('\n'));
    writeFileSync(join(this.#folder, 'password'), `${password}\n`);
    const what = of === undefined ? ['-nokeys', '-in', 'chain'] : ['-inkey', of.keyFile, '-in', of.certificateFile];
    const more = of === undefined || chain.length === 0 ? [] : ['-certfile', 'chain'];
    return this.run('openssl', ['pkcs12', '-export', ...what, ...more, '-passout', 'file:password', ...words]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
