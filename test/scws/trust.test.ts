// 9.2: why a certificate is not trusted.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { trustReasons } from '../../lib/scws';
import { chain, judged, LEAF, nameOf } from './judged';
import { CA, useBench } from './support';

describe('SCWS 9: the reasons not to trust', () => {
  const bench = useBench(async () => undefined);

  it('9.2 a root that nobody trusts is untrustedRoot', async () => {
    const holders = chain(bench().authority, CA, CA, LEAF);
    const [stranger] = chain(bench().authority, CA);
    const { trustStatus } = await judged(bench(), [holders[0]!, ...holders], { trustedRoots: [stranger!.certificate] });
    assert.deepEqual(trustStatus, ['untrustedRoot']);
  });

  it('9.2 a missing issuer is partialChain', async () => {
    const [root, , leaf] = chain(bench().authority, CA, CA, LEAF);
    assert.deepEqual((await judged(bench(), [root!, leaf!])).trustStatus, ['partialChain']);
  });

  it('9.2 an expired certificate is notTimeValid', async () => {
    const { authority } = bench();
    const [root] = chain(authority, CA);
    const name = randomUUID();
    const issuer = nameOf(root!);
    const leaf = authority.issue(name, { issuer, extensions: LEAF, days: ['-days', '-1'] });
    assert.deepEqual((await judged(bench(), [root!, leaf])).trustStatus, ['notTimeValid']);
  });

  it('9.2 an issuer that is no authority is invalidBasicConstraints', async () => {
    const holders = chain(bench().authority, CA, ['basicConstraints=critical,CA:false'], LEAF);
    assert.deepEqual((await judged(bench(), holders)).trustStatus, ['invalidBasicConstraints']);
  });

  it('9.2 a path longer than its authority allows is invalidBasicConstraints', async () => {
    const holders = chain(bench().authority, ['basicConstraints=critical,CA:true,pathlen:0', 'keyUsage=keyCertSign'], CA, LEAF);
    assert.deepEqual((await judged(bench(), holders)).trustStatus, ['invalidBasicConstraints']);
  });

  it('9.2 an authority that may not sign certificates is invalidUsage', async () => {
    const holders = chain(bench().authority, CA, ['basicConstraints=critical,CA:true', 'keyUsage=critical,cRLSign'], LEAF);
    assert.deepEqual((await judged(bench(), holders)).trustStatus, ['invalidUsage']);
  });

  it('9.2 a critical extension that nobody knows is notSupportedCriticalExtension', async () => {
    const holders = chain(bench().authority, CA, [...LEAF, '1.2.3.4=critical,ASN1:UTF8String:x']);
    assert.deepEqual((await judged(bench(), holders)).trustStatus, ['notSupportedCriticalExtension']);
  });

  it('9.2 a signature of somebody else with the issuer’s name is signatureInvalid', async () => {
    const { authority } = bench();
    const [root, leaf] = chain(authority, CA, LEAF);
    const name = nameOf(root!);
    const impostor = authority.issue(name, { extensions: CA });
    assert.deepEqual((await judged(bench(), [impostor, leaf!])).trustStatus, ['signatureInvalid']);
  });

  it('9.2 a name outside of what its authority may name is forbiddenNameConstraint, one that is shut out excludedNameConstraint', async () => {
    const { authority } = bench();
    const named = [...LEAF, 'subjectAltName=DNS:www.example.org'];
    const permitted = chain(authority, CA, [...CA, 'nameConstraints=critical,permitted;DNS:example.com'], named);
    assert.deepEqual((await judged(bench(), permitted)).trustStatus, ['forbiddenNameConstraint']);
    const excluded = chain(authority, CA, [...CA, 'nameConstraints=critical,excluded;DNS:example.org'], named);
    assert.deepEqual((await judged(bench(), excluded)).trustStatus, ['excludedNameConstraint']);
    const fits = chain(authority, CA, [...CA, 'nameConstraints=critical,permitted;DNS:example.org'], named);
    assert.equal((await judged(bench(), fits)).trustStatus, 'ok');
  });

  it('9.2 the reasons are those of the page, each once, and several come in that order', async () => {
    assert.equal(trustReasons.length, 24);
    assert.equal(new Set(trustReasons).size, 24);
    const { authority } = bench();
    const [root, middle] = chain(authority, CA, ['basicConstraints=critical,CA:false', 'keyUsage=critical,cRLSign']);
    const issuer = nameOf(middle!);
    const leaf = authority.issue(randomUUID(), { issuer, extensions: [...LEAF, '1.2.3.4=critical,ASN1:NULL'], days: ['-days', '-1'] });
    const { trustStatus } = await judged(bench(), [root!, middle!, leaf], { trustedRoots: [] });
    assert.deepEqual(trustStatus, ['notTimeValid', 'invalidUsage', 'partialChain', 'invalidBasicConstraints', 'notSupportedCriticalExtension']);
  });

  it('9.2 authorities that have issued each other, and no root, are a cyclicChain', async () => {
    const { authority } = bench();
    const [one, two] = [randomUUID(), randomUUID()];
    const first = authority.issue(one, { extensions: CA });
    const second = authority.issue(two, { extensions: CA, issuer: one });
    const firstBySecond = authority.issue(one, { extensions: CA, issuer: two, key: first.key });
    const leaf = authority.issue(randomUUID(), { extensions: LEAF, issuer: one });
    const stranger = authority.issue(randomUUID(), { extensions: CA });
    const { trustStatus, certPath } = await judged(bench(), [stranger, firstBySecond, second, leaf]);
    assert.deepEqual(trustStatus, ['cyclicChain']);
    assert.equal(certPath.length, 3);
  });

  it('9.2 an extension that cannot be read is invalidExtension', async () => {
    const holders = chain(bench().authority, CA, [...LEAF, 'certificatePolicies=DER:0403616263']);
    assert.deepEqual((await judged(bench(), holders)).trustStatus, ['invalidExtension']);
  });

  it('9.2 a mapping of policies where none is allowed is invalidPolicyConstraints', async () => {
    const policy = 'certificatePolicies=1.2.3.4';
    const forbids = [...CA, policy, 'policyConstraints=critical,requireExplicitPolicy:0,inhibitPolicyMapping:0'];
    const maps = [...CA, policy, 'policyMappings=critical,1.2.3.4:1.2.3.5'];
    const holders = chain(bench().authority, CA, forbids, maps, [...LEAF, 'certificatePolicies=1.2.3.5']);
    assert.deepEqual((await judged(bench(), holders)).trustStatus, ['invalidPolicyConstraints']);
  });

  it('9.2 a policy that is required and not there is noIssuanceChainPolicy', async () => {
    const requires = [...CA, 'certificatePolicies=1.2.3.4', 'policyConstraints=critical,requireExplicitPolicy:0'];
    const { authority } = bench();
    assert.deepEqual((await judged(bench(), chain(authority, CA, requires, [...LEAF, 'certificatePolicies=1.2.3.9']))).trustStatus, [
      'noIssuanceChainPolicy',
    ]);
    assert.equal((await judged(bench(), chain(authority, CA, requires, [...LEAF, 'certificatePolicies=1.2.3.4']))).trustStatus, 'ok');
  });

  it('9.2 a constraint on names of a kind that is not checked is unsupportedNameConstraint, where there is such a name', async () => {
    const constrains = [...CA, 'nameConstraints=critical,permitted;otherName:1.2.3.4;UTF8:x'];
    const { authority } = bench();
    const named = [...LEAF, 'subjectAltName=otherName:1.2.3.4;UTF8:y'];
    assert.deepEqual((await judged(bench(), chain(authority, CA, constrains, named))).trustStatus, ['unsupportedNameConstraint']);
    assert.equal((await judged(bench(), chain(authority, CA, constrains, LEAF))).trustStatus, 'ok');
  });

  it('9.2 what the checks of policies cannot follow is unknown', async () => {
    const { authority } = bench();
    // WebCrypto has no curves of Brainpool.
    const newkey = ['ec', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'];
    const [root, leaf] = [randomUUID(), randomUUID()];
    const holders = [
      authority.issue(root, { newkey, extensions: CA }),
      authority.issue(leaf, { newkey, issuer: root, extensions: [...LEAF, 'certificatePolicies=1.2.3.4'] }),
    ];
    assert.deepEqual((await judged(bench(), holders)).trustStatus, ['unknown']);
  });
});
