// Keys and certificates that openssl has made, on a SoftHSM token of their own.

import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GCLClient, GCLConfig, type AbstractPkcs11, type RestException } from '../../lib/t1c';
import { openToken, profiles, type Fixture } from '../support/profile';
import { skip } from '../support/skip';

export interface Holder {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** A key and its certificate, by the words of `openssl req -newkey`. */
export function byOpenssl(name: string, ...newkey: string[]): Holder {
  const folder = mkdtempSync(join(tmpdir(), 'cryptoki-t1c-'));
  try {
    const words = [
      'req',
      '-x509',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-newkey',
      ...newkey,
      '-keyout',
      'key.pem',
      '-out',
      'certificate.pem',
    ];
    execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
    return {
      key: createPrivateKey(readFileSync(join(folder, 'key.pem'))),
      certificate: new X509Certificate(readFileSync(join(folder, 'certificate.pem'))),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The configuration for the library of the tests, on whatever system they run. */
export const moduleConfig = (path: string): { linux: string; mac: string; win: string } => ({ linux: path, mac: path, win: path });

export interface Bench {
  readonly fixture: Fixture;
  readonly client: GCLClient;
  readonly pkcs11: AbstractPkcs11;
  readonly slotId: number;
  readonly rsa: Holder;
  readonly ec: Holder;
}

export const RSA_ID = 'A1B2C3';
export const EC_ID = 'EC01';
export const KEYLESS_ID = 'FFEE';

/** One SoftHSM token for the surrounding `describe`: an RSA key, an EC key, a certificate without its key, and one without CKA_ID. */
export function useBench(): () => Bench {
  let bench: Bench | undefined;
  before(async function () {
    const softhsm = profiles().find(({ name }) => name === 'softhsm');
    if (softhsm === undefined) skip(this, 'this run is not about SoftHSM');
    if (softhsm!.reason !== undefined) skip(this, `SoftHSM: ${softhsm!.reason}`);
    const fixture = await openToken(softhsm!);
    const { token, pin } = fixture;
    const rsa = byOpenssl('RSA holder', 'rsa:2048');
    const ec = byOpenssl('EC holder', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
    await token.login(pin);
    for (const [{ key, certificate }, id] of [
      [rsa, RSA_ID],
      [ec, EC_ID],
    ] as const) {
      await token.importKey(key, { token: true, id: Buffer.from(id, 'hex') });
      await token.importCertificate(certificate, { id: Buffer.from(id, 'hex') });
    }
    await token.importCertificate(byOpenssl('No key', 'rsa:2048').certificate, { id: Buffer.from(KEYLESS_ID, 'hex') });
    await token.logout();
    const client = await GCLClient.initialize(new GCLConfig('ds uri', 'apikey', moduleConfig(softhsm!.module)));
    bench = { fixture, client, pkcs11: client.pkcs11(), slotId: fixture.slot.id, rsa, ec };
  });
  after(async () => {
    await bench?.client.close();
    await bench?.fixture.close();
    bench = undefined;
  });
  return () => bench!;
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<RestException> {
  try {
    await promise;
  } catch (error) {
    return error as RestException;
  }
  throw new Error('it has not failed');
}
