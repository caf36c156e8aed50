// A token of SoftHSM with everything on it that the tests need, and somebody who works with it.

import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { type Certificate, type Key, type Pin, type Token, type TokenObject } from '../../lib/scws';
import { keep, keepWithoutId, RSA, useBench, type Authority, type Bench } from './support';
import type { Fixture } from '../support/profile';

export const DOCUMENT = Buffer.from('a document');

/** What the certificates on the token may be used for. */
export const USAGES: Readonly<Record<string, string[]>> = {
  authenticates: ['keyUsage=digitalSignature'],
  commits: ['keyUsage=nonRepudiation'],
  both: ['keyUsage=digitalSignature,nonRepudiation'],
  anything: [],
};

async function fill(fixture: Fixture, authority: Authority): Promise<void> {
  const { token } = fixture;
  const rsa = authority.issue('rsa', { newkey: RSA, extensions: ['keyUsage=digitalSignature'] });
  await keep(fixture, rsa, 'a1', 'rsa');
  await token.importKey(createPublicKey(rsa.key), { token: true, id: Buffer.from('a1', 'hex'), label: 'rsa' });
  await keep(fixture, authority.issue('curve'), 'ec', 'curve');
  await keep(fixture, authority.issue('edwards', { newkey: ['ed25519'] }), 'ed', 'edwards');
  for (const [index, [name, extensions]] of Object.entries(USAGES).entries())
    await keep(fixture, authority.issue(name, { extensions }), `b${index}`, name);
  await keepWithoutId(fixture, authority.issue('nameless'), 'nameless');
  await token.importKey(authority.issue('lonely').key, { token: true, id: Buffer.from('ff', 'hex'), label: 'lonely' });
  await token.createData({ label: 'note', application: 'test', value: DOCUMENT });
  await token.createData({ label: 'secret', application: 'test', value: DOCUMENT, private: true });
}

/** The work of one test: a connection of its own, nobody logged in. */
export interface Desk {
  readonly bench: Bench;
  readonly token: Token;
  readonly pin: Pin;
  login(): Promise<void>;
  find(type: TokenObject['type'], label: string): Promise<TokenObject>;
  key(label: string): Promise<Key>;
  /** Of the certificate with this label, as node:crypto has it. */
  publicKeyOf(label: string): Promise<KeyObject>;
}

/** A desk for each test of the surrounding `describe`. */
export function useDesk(): () => Desk {
  const bench = useBench(fill);
  let desk: Desk | undefined;
  beforeEach(async () => {
    const token = await bench().reader.connect();
    const pin = token.pins[0]!;
    const find = async (type: TokenObject['type'], label: string): Promise<TokenObject> => {
      const found = (await token.getObjects()).find((object) => object.type === type && object.ckLabel === label);
      return found ?? assert.fail(`${type} ${label} is there`);
    };
    desk = {
      bench: bench(),
      token,
      pin,
      find,
      login: () => pin.login(bench().fixture.pin),
      key: async (label) => (await find('privateKey', label)) as Key,
      publicKeyOf: async (label) => new X509Certificate(await ((await find('certificate', label)) as Certificate).getValue()).publicKey,
    };
  });
  afterEach(async () => {
    // Whatever the test has done with its connection.
    await desk?.token.disconnect().catch(() => undefined);
    desk = undefined;
  });
  return () => desk!;
}
