// getTrust on SoftHSM, over chains that openssl has made.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { Certificate, EnvironmentOptions, Trust } from '../../lib/scws';
import { CA, keep, useBench, type Authority, type Holder } from './support';

describe('the trust of certificates in SCWS', () => {
  const bench = useBench(async () => undefined);

  /** A chain in which each signs the next; the extensions of each. */
  function chain(authority: Authority, ...extensions: string[][]): Holder[] {
    let issuer: string | undefined;
    return extensions.map((lines) => {
      const name = randomUUID();
      const holder = authority.issue(name, { extensions: lines, ...(issuer !== undefined && { issuer }) });
      issuer = name;
      return holder;
    });
  }

  /** What is said of the last of a chain, all of which but the first are on the token. */
  async function judged(holders: readonly Holder[], more: Partial<EnvironmentOptions> = {}): Promise<Trust & { pems: string[] }> {
    const { fixture, environment } = bench();
    await fixture.token.login(fixture.pin);
    for (const [index, holder] of holders.slice(1).entries())
      await keep(fixture, holder, Buffer.from(randomUUID()).toString('hex'), `member ${index}`);
    const { token } = await environment({ trustedRoots: [holders[0]!.certificate], ...more });
    try {
      const wanted = holders.at(-1)!.certificate.toString();
      for (const object of await token.getObjects()) {
        if (object.type === 'certificate' && (await (object as Certificate).getValue()) === wanted) {
          const trust = await (object as Certificate).getTrust();
          return { ...trust, pems: await Promise.all(trust.certPath.map((certificate) => certificate.getValue())) };
        }
      }
      throw new Error('the certificate is not on the token');
    } finally {
      for await (const object of fixture.token.objects()) await object.destroy();
      await fixture.token.logout();
      await token.disconnect();
    }
  }

  const LEAF = ['keyUsage=digitalSignature', 'extendedKeyUsage=clientAuth,emailProtection'];

  it('a chain of three to a trusted root is ok, with its usages and its path', async () => {
    const holders = chain(bench().authority, CA, CA, LEAF);
    const { trustStatus, usages, certPath, pems } = await judged(holders);
    assert.equal(trustStatus, 'ok', inspect(trustStatus));
    assert.deepEqual(
      usages.map(({ oid, shortName }) => [oid, shortName]),
      [
        ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
        ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
      ],
    );
    assert.ok(usages.every(({ longName }) => longName.length > 5));
    assert.deepEqual(
      pems,
      holders.toReversed().map(({ certificate }) => certificate.toString()),
    );
    assert.equal(certPath.at(-1)!.root, true);
    assert.equal(certPath.at(-1)!.handle, 0, 'the root is not on the token');
  });

  it('a root that nobody trusts is untrustedRoot', async () => {
    const holders = chain(bench().authority, CA, CA, LEAF);
    const [stranger] = chain(bench().authority, CA);
    const { trustStatus } = await judged([holders[0]!, ...holders], { trustedRoots: [stranger!.certificate] });
    assert.deepEqual(trustStatus, ['untrustedRoot']);
  });

  it('a missing issuer is partialChain', async () => {
    const [root, , leaf] = chain(bench().authority, CA, CA, LEAF);
    assert.deepEqual((await judged([root!, leaf!])).trustStatus, ['partialChain']);
  });

  it('an expired certificate is notTimeValid', async () => {
    const { authority } = bench();
    const [root] = chain(authority, CA);
    const name = randomUUID();
    const issuer = /CN=(.+)/.exec(root!.certificate.subject!)![1]!;
    const leaf = authority.issue(name, { issuer, extensions: LEAF, days: ['-days', '-1'] });
    assert.deepEqual((await judged([root!, leaf])).trustStatus, ['notTimeValid']);
  });

  it('an issuer that is no authority is invalidBasicConstraints', async () => {
    const holders = chain(bench().authority, CA, ['basicConstraints=critical,CA:false'], LEAF);
    assert.deepEqual((await judged(holders)).trustStatus, ['invalidBasicConstraints']);
  });

  it('a path longer than its authority allows is invalidBasicConstraints', async () => {
    const holders = chain(bench().authority, ['basicConstraints=critical,CA:true,pathlen:0', 'keyUsage=keyCertSign'], CA, LEAF);
    assert.deepEqual((await judged(holders)).trustStatus, ['invalidBasicConstraints']);
  });

  it('an authority that may not sign certificates is invalidUsage', async () => {
    const holders = chain(bench().authority, CA, ['basicConstraints=critical,CA:true', 'keyUsage=critical,cRLSign'], LEAF);
    assert.deepEqual((await judged(holders)).trustStatus, ['invalidUsage']);
  });

  it('a critical extension that nobody knows is notSupportedCriticalExtension', async () => {
    const holders = chain(bench().authority, CA, [...LEAF, '1.2.3.4=critical,ASN1:UTF8String:x']);
    assert.deepEqual((await judged(holders)).trustStatus, ['notSupportedCriticalExtension']);
  });

  it('a signature of somebody else with the issuer’s name is signatureInvalid', async () => {
    const { authority } = bench();
    const [root, leaf] = chain(authority, CA, LEAF);
    const name = /CN=(.+)/.exec(root!.certificate.subject!)![1]!;
    const impostor = authority.issue(name, { extensions: CA });
    assert.deepEqual((await judged([impostor, leaf!])).trustStatus, ['signatureInvalid']);
  });

  it('a revoked certificate is revoked, by a list that was given or fetched', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, [...LEAF, 'crlDistributionPoints=URI:http://lists.invalid/x.crl']);
    const issuer = /CN=(.+)/.exec(holders[0]!.certificate.subject!)![1]!;
    const list = authority.revoke(issuer, holders[1]!.certificate);
    const clean = authority.revoke(issuer);
    assert.deepEqual((await judged(holders, { crls: [list] })).trustStatus, ['revoked']);
    assert.equal((await judged(holders, { crls: [clean] })).trustStatus, 'ok');
    const der = Buffer.from(/-----BEGIN X509 CRL-----([^-]+)/.exec(list)![1]!, 'base64');
    const asked: string[] = [];
    const fetchCrl = async (url: string): Promise<Uint8Array> => {
      asked.push(url);
      return der;
    };
    assert.deepEqual((await judged(holders, { fetchCrl })).trustStatus, ['revoked']);
    assert.deepEqual(asked, ['http://lists.invalid/x.crl']);
  });

  it('where lists are asked for and there is none it is revocationStatusUnknown, and revocationOffline when the fetcher fails', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, [...LEAF, 'crlDistributionPoints=URI:http://lists.invalid/x.crl']);
    assert.deepEqual((await judged(holders, { fetchCrl: async () => undefined })).trustStatus, ['revocationStatusUnknown']);
    const offline = (): Promise<never> => Promise.reject(new Error('no network'));
    assert.deepEqual((await judged(holders, { fetchCrl: offline })).trustStatus, ['revocationStatusUnknown', 'revocationOffline']);
  });

  it('a name outside of what its authority may name is forbiddenNameConstraint, one that is shut out excludedNameConstraint', async () => {
    const { authority } = bench();
    const named = [...LEAF, 'subjectAltName=DNS:www.example.org'];
    const permitted = chain(authority, CA, [...CA, 'nameConstraints=critical,permitted;DNS:example.com'], named);
    assert.deepEqual((await judged(permitted)).trustStatus, ['forbiddenNameConstraint']);
    const excluded = chain(authority, CA, [...CA, 'nameConstraints=critical,excluded;DNS:example.org'], named);
    assert.deepEqual((await judged(excluded)).trustStatus, ['excludedNameConstraint']);
    const fits = chain(authority, CA, [...CA, 'nameConstraints=critical,permitted;DNS:example.org'], named);
    assert.equal((await judged(fits)).trustStatus, 'ok');
  });
});
