// 9.4: revocation by lists that are given or fetched.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { chain, judged, LEAF, nameOf } from './judged';
import { CA, useBench } from './support';

describe('SCWS 9: revocation', () => {
  const bench = useBench(async () => undefined);
  const LISTED = [...LEAF, 'crlDistributionPoints=URI:http://lists.invalid/x.crl'];

  it('9.4 a revoked certificate is revoked, by a list that was given or fetched', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, [...LEAF, 'crlDistributionPoints=URI:http://lists.invalid/x.crl']);
    const issuer = nameOf(holders[0]!);
    const list = authority.revoke(issuer, holders[1]!.certificate);
    const clean = authority.revoke(issuer);
    assert.deepEqual((await judged(bench(), holders, { crls: [list] })).trustStatus, ['revoked']);
    assert.equal((await judged(bench(), holders, { crls: [clean] })).trustStatus, 'ok');
    const der = Buffer.from(/-----BEGIN X509 CRL-----([^-]+)/.exec(list)![1]!, 'base64');
    const asked: string[] = [];
    const fetchCrl = async (url: string): Promise<Uint8Array> => {
      asked.push(url);
      return der;
    };
    assert.deepEqual((await judged(bench(), holders, { fetchCrl })).trustStatus, ['revoked']);
    assert.deepEqual(asked, ['http://lists.invalid/x.crl']);
  });

  it('9.4 where lists are asked for and there is none it is revocationStatusUnknown, and revocationOffline when the fetcher fails', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, [...LEAF, 'crlDistributionPoints=URI:http://lists.invalid/x.crl']);
    assert.deepEqual((await judged(bench(), holders, { fetchCrl: async () => undefined })).trustStatus, ['revocationStatusUnknown']);
    const offline = (): Promise<never> => Promise.reject(new Error('no network'));
    assert.deepEqual((await judged(bench(), holders, { fetchCrl: offline })).trustStatus, ['revocationStatusUnknown', 'revocationOffline']);
  });

  it('9.4 nothing is fetched unless there is a fetcher, and nothing where a list was given', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, LISTED);
    assert.equal((await judged(bench(), holders)).trustStatus, 'ok', 'revocation is not asked for');
    const clean = authority.revoke(nameOf(holders[0]!));
    const fetchCrl = (): never => assert.fail('it has been called');
    assert.equal((await judged(bench(), holders, { crls: [clean], fetchCrl })).trustStatus, 'ok');
  });

  it('9.4 lists are PEM, several in one file too, or DER, from a fetcher too', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, LISTED);
    const pem = authority.revoke(nameOf(holders[0]!), holders[1]!.certificate);
    const der = Buffer.from(/-----BEGIN X509 CRL-----([^-]+)/.exec(pem)![1]!, 'base64');
    const [stranger] = chain(authority, CA);
    const bundle = `${authority.revoke(nameOf(stranger!))}\n${pem}`;
    for (const list of [pem, der, Buffer.from(pem), bundle]) {
      assert.deepEqual((await judged(bench(), holders, { crls: [list] })).trustStatus, ['revoked']);
      assert.deepEqual((await judged(bench(), holders, { fetchCrl: async () => list })).trustStatus, ['revoked']);
    }
  });

  it('9.4 a list of somebody else, with a wrong signature, damaged, or of other certificates says nothing', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, LISTED);
    const name = nameOf(holders[0]!);
    const [stranger] = chain(authority, CA);
    const of = (...extensions: string[]): string => authority.revokeWith(name, extensions, holders[1]!.certificate);
    const silent = [
      authority.revoke(nameOf(stranger!), holders[1]!.certificate),
      Buffer.from('no list'),
      of('issuingDistributionPoint=critical,@p', '[p]', 'onlyCA=TRUE'),
      of('issuingDistributionPoint=critical,@p', '[p]', 'fullname=URI:http://lists.invalid/other.crl'),
      of('issuingDistributionPoint=critical,@p', '[p]', 'indirectCRL=TRUE'),
      of('1.2.3.4=critical,ASN1:NULL'),
    ];
    const impostor = authority.issue(name, { extensions: CA });
    silent.push(authority.revoke(name, holders[1]!.certificate));
    assert.notEqual(impostor.certificate.fingerprint256, holders[0]!.certificate.fingerprint256);
    assert.deepEqual((await judged(bench(), holders, { crls: silent })).trustStatus, ['revocationStatusUnknown']);
  });

  it('9.4 a list of such certificates, or of that distribution point, does', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, LISTED);
    for (const point of ['onlyuser=TRUE', 'fullname=URI:http://lists.invalid/x.crl']) {
      const list = authority.revokeWith(nameOf(holders[0]!), ['issuingDistributionPoint=critical,@p', '[p]', point], holders[1]!.certificate);
      assert.deepEqual((await judged(bench(), holders, { crls: [list] })).trustStatus, ['revoked']);
    }
  });

  it('9.4 a fetcher that throws, answers nonsense, or never does: the status is unknown, and offline where it failed', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, LISTED);
    const throwing = (): never => {
      throw new Error('of the fetcher');
    };
    for (const fetchCrl of [throwing, async () => throwing(), () => new Promise<never>(() => undefined)])
      assert.deepEqual((await judged(bench(), holders, { fetchCrl, timeLimit: 1000 })).trustStatus, ['revocationStatusUnknown', 'revocationOffline']);
    for (const nonsense of [undefined, null, 5, {}, 'text', '', Buffer.alloc(0), Buffer.alloc(1000), [1, 2]])
      assert.deepEqual(
        (await judged(bench(), holders, { fetchCrl: (async () => nonsense) as never })).trustStatus,
        ['revocationStatusUnknown'],
        inspect(nonsense),
      );
  });
});
