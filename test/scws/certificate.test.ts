// 9.1 and 9.3: certificates, their paths and their roots.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import type { Certificate } from '../../lib/scws';
import { chain, judged, LEAF } from './judged';
import { CA, keep, useBench } from './support';

describe('SCWS 9: certificates', () => {
  const bench = useBench(async () => undefined);

  it('9.1 getTrust: a chain of three to a trusted root is ok, with its usages and its path', async () => {
    const holders = chain(bench().authority, CA, CA, LEAF);
    const { trustStatus, usages, certPath, pems } = await judged(bench(), holders);
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

  it('9.1 root, notBefore, notAfter and getValue in PEM', async () => {
    const { authority, fixture, environment } = bench();
    const [root, leaf] = chain(authority, CA, LEAF);
    await fixture.token.login(fixture.pin);
    await keep(fixture, root!, '01', 'root');
    await keep(fixture, leaf!, '02', 'leaf');
    const { token } = await environment();
    const objects = await token.getObjects();
    for (const [label, { certificate }] of Object.entries({ root: root!, leaf: leaf! })) {
      const found = objects.find(({ type, ckLabel }) => type === 'certificate' && ckLabel === label) as Certificate;
      assert.equal(found.root, label === 'root');
      assert.deepEqual([found.notBefore, found.notAfter], [new Date(certificate.validFrom), new Date(certificate.validTo)]);
      assert.equal(await found.getValue(), certificate.toString());
      assert.equal(new X509Certificate(await found.getValue()).fingerprint256, certificate.fingerprint256);
    }
    for await (const object of fixture.token.objects()) await object.destroy();
    await fixture.token.logout();
    await token.disconnect();
  });

  it('9.1 getTrust: without an extended key usage there are no usages; one that nobody knows has its number for a name', async () => {
    const { authority } = bench();
    assert.deepEqual((await judged(bench(), chain(authority, CA, ['keyUsage=digitalSignature']))).usages, []);
    const { usages } = await judged(bench(), chain(authority, CA, ['extendedKeyUsage=1.2.3.4.5,timeStamping']));
    assert.deepEqual(
      usages.map(({ oid, shortName, longName }) => [oid, shortName, longName]),
      [
        ['1.2.3.4.5', '1.2.3.4.5', '1.2.3.4.5'],
        ['1.3.6.1.5.5.7.3.8', 'timeStamping', 'Time stamping'],
      ],
    );
  });

  it('9.1 getTrust: a certificate of a path is that of the token where it is there, and is trusted in its turn', async () => {
    const { authority, fixture, environment } = bench();
    const holders = chain(authority, CA, CA, LEAF);
    await fixture.token.login(fixture.pin);
    for (const [index, holder] of holders.entries()) await keep(fixture, holder, `0${index}`, `${index}`);
    const { token } = await environment({ trustedRoots: [holders[0]!.certificate] });
    const objects = await token.getObjects();
    const leaf = objects.find(({ type, ckLabel }) => type === 'certificate' && ckLabel === '2') as Certificate;
    const { certPath } = await leaf.getTrust();
    assert.equal(certPath[0], leaf);
    assert.deepEqual(
      certPath.map(({ ckLabel, handle }) => [ckLabel, handle]),
      ['2', '1', '0'].map((label) => [label, objects.find(({ type, ckLabel }) => type === 'certificate' && ckLabel === label)!.handle]),
    );
    for (const certificate of certPath) assert.equal((await certificate.getTrust()).trustStatus, 'ok');
    for await (const object of fixture.token.objects()) await object.destroy();
    await fixture.token.logout();
    await token.disconnect();
  });

  it('9.3 trusted roots are PEM, several in one file too, DER, or as node:crypto has them; without them nothing is trusted', async () => {
    const { authority } = bench();
    const holders = chain(authority, CA, CA, LEAF);
    const { certificate } = holders[0]!;
    const [stranger] = chain(authority, CA);
    const bundle = `text before\n${stranger!.certificate.toString()}\n# another\n${certificate.toString()}`;
    for (const trustedRoots of [
      [certificate],
      [certificate.toString()],
      [certificate.raw],
      [Uint8Array.from(certificate.raw)],
      [bundle],
      [Buffer.from(bundle)],
    ])
      assert.equal((await judged(bench(), holders, { trustedRoots })).trustStatus, 'ok');
    for (const trustedRoots of [[], undefined]) assert.deepEqual((await judged(bench(), holders, { trustedRoots })).trustStatus, ['partialChain']);
  });
});
