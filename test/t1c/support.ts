// Tokens for the tests of `cryptoki/t1c`: SoftHSM, with keys and certificates that OpenSSL has made, and the programmable module.

import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { Module, type Token } from '../../lib';
import { GCLClient, GCLConfig, type AbstractPkcs11, type Pkcs11SignData, type RestException } from '../../lib/t1c';
import { Authority, noOpenssl, type CertificateOptions, type Issued } from '../support/authority';
import { issue } from '../support/certificates';
import { FaultModule } from '../support/fault-module';
import { openSoftHsm, type Fixture } from '../support/profile';
import { skip } from '../support/skip';

/** PINs with blanks and letters beyond ASCII are PINs like any other. */
export const PIN = ' pin åäö 1 ';
export const DOCUMENT = Buffer.from('a document');

export const hashOf = (algorithm: string, document: Uint8Array = DOCUMENT): Buffer => createHash(algorithm).update(document).digest();
export const hashed = (algorithm: string, document?: Uint8Array): string => hashOf(algorithm, document).toString('base64');

/** CKA_ID of what is on the token. */
export const ID = {
  rsa: 'A1B2C3',
  ec: 'EC01',
  digitalSignature: 'D501',
  nonRepudiation: '4E02',
  both: 'B003',
  leaf: 'C401',
  middle: 'C402',
  root: 'C403',
  /** Ed25519, without its key: SoftHSM of some builds has none. */
  edwards: 'ED25',
  /** A private key without a certificate. */
  keyOnly: 'DEAD',
} as const;

const PEOPLE: Readonly<Record<'rsa' | 'ec' | 'digitalSignature' | 'nonRepudiation' | 'both', CertificateOptions>> = {
  rsa: { kind: 'rsa:2048' },
  ec: {},
  digitalSignature: { keyUsage: 'digitalSignature' },
  nonRepudiation: { keyUsage: 'nonRepudiation' },
  both: { keyUsage: 'digitalSignature, nonRepudiation', kind: 'ec:P-384' },
};

/** The configuration for the library of the tests, on whatever system they run. */
export const moduleConfig = (path: string): { linux: string; mac: string; win: string } => ({ linux: path, mac: path, win: path });

export const clientOf = (path: string): Promise<GCLClient> => GCLClient.initialize(new GCLConfig('ds uri', 'apikey', moduleConfig(path)));

type Request = Pkcs11SignData & { readonly [name: string]: unknown };

export interface Bench {
  readonly fixture: Fixture;
  readonly client: GCLClient;
  readonly pkcs11: AbstractPkcs11;
  readonly slotId: number;
  /** By the names of `ID`, and `noId`. */
  readonly issued: Readonly<Record<string, Issued>>;
  certificate(name: string): X509Certificate;
  /** To sign the document with SHA-256. */
  request(name: keyof typeof ID, more?: Record<string, unknown>): Request;
}

async function fill(token: Token, authority: Authority): Promise<Record<string, Issued>> {
  const issued: Record<string, Issued> = {};
  const put = async (name: string, one: Issued, { key = true, certificate = true } = {}): Promise<void> => {
    const id = Buffer.from((ID as Record<string, string>)[name] ?? '', 'hex');
    if (key) await token.importKey(one.key, { token: true, id });
    if (certificate) await token.importCertificate(one.certificate, { id });
    issued[name] = one;
  };
  for (const [name, options] of Object.entries(PEOPLE)) await put(name, authority.issue(`/CN=${name}`, options));
  const root = authority.issue('/CN=root', { ca: true, keyUsage: 'keyCertSign' });
  const middle = authority.issue('/CN=middle', { ca: true, keyUsage: 'keyCertSign', issuer: root });
  await put('leaf', authority.issue('/CN=leaf', { issuer: middle, keyUsage: 'nonRepudiation' }));
  await put('middle', middle, { key: false });
  await put('root', root, { key: false });
  await put('edwards', authority.issue('/CN=edwards', { kind: 'ed25519' }), { key: false });
  await put('noId', authority.issue('/CN=no id'), { key: false });
  await put('keyOnly', authority.issue('/CN=key only'), { certificate: false });
  return issued;
}

/** One SoftHSM token for the surrounding `describe`. */
export function useBench(): () => Bench {
  let bench: Bench | undefined;
  before(async function () {
    if (noOpenssl !== undefined) skip(this, noOpenssl);
    const fixture = await openSoftHsm(this);
    const { token, pin } = fixture;
    await token.login(pin);
    await token.setPin(pin, PIN);
    const authority = new Authority();
    const issued = await fill(token, authority);
    authority.remove();
    await token.logout();
    const client = await clientOf(fixture.profile.module);
    const slotId = fixture.slot.id;
    bench = {
      fixture,
      client,
      pkcs11: client.pkcs11(),
      slotId,
      issued,
      certificate: (name) => new X509Certificate(issued[name]!.certificate),
      request: (name, more = {}) => ({
        slot_id: slotId,
        cert_id: ID[name],
        pin: PIN,
        algorithm_reference: 'sha256',
        data: hashed('sha256'),
        ...more,
      }),
    };
  });
  after(async () => {
    await bench?.client.close();
    await bench?.fixture.close();
    bench = undefined;
  });
  return () => bench!;
}

/** Slots of the programmable module. */
export const SLOT = { ordinary: 1, uninitialized: 3, empty: 4, pinPad: 6 } as const;
export const FAULT_PIN = '1234';
export const FAULT_ID = 'FA01';

/** The programmable module, with a key and its certificate in two slots. */
export interface FaultBench {
  readonly fault: FaultModule;
  /** What the test itself does with the library. */
  readonly module: Module;
  readonly client: GCLClient;
  readonly pkcs11: AbstractPkcs11;
  request(slot_id: number, more?: Record<string, unknown>): Request;
}

/** A fresh one for each test of the surrounding `describe`. */
export function useFault(): () => FaultBench {
  let bench: FaultBench | undefined;
  beforeEach(async () => {
    const fault = new FaultModule();
    const module = await Module.load(fault.path);
    const holder = issue('Somebody');
    const id = Buffer.from(FAULT_ID, 'hex');
    for (const slotId of [SLOT.ordinary, SLOT.pinPad]) {
      const token = await module.token({ slotId });
      await token.login(FAULT_PIN);
      await token.importKey(holder.privateKey, { token: true, id });
      await token.importKey(holder.publicKey, { token: true, id });
      await token.importCertificate(holder.certificate, { id });
      await token.logout();
    }
    const client = await clientOf(fault.path);
    const common = { cert_id: FAULT_ID, pin: FAULT_PIN, algorithm_reference: 'sha256', data: hashed('sha256') };
    bench = { fault, module, client, pkcs11: client.pkcs11(), request: (slot_id, more = {}) => ({ slot_id, ...common, ...more }) };
  });
  afterEach(async () => {
    bench?.fault.reset();
    await bench?.client.close();
    await bench?.module.close();
    assert.equal(bench?.fault.get('sessions'), 0);
    bench?.fault.close();
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
