import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { TokenGroup, type Token } from '../../lib';
import { profiles, useToken } from '../support/profile';

const profile = profiles().find(({ name }) => name === 'softhsm')!;
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const data = Buffer.from('a document');

describe('TokenGroup: two tokens of SoftHSM', () => {
  const fixture = useToken(profile);
  let group: TokenGroup;

  async function newToken(label: string): Promise<Token> {
    const { module, pin, soPin } = fixture();
    const [slot] = (await module.slots()).slice(-1);
    const token = await slot!.initToken({ label, soPin });
    await token.login(soPin, { user: 'so' });
    await token.initPin(pin);
    await token.logout();
    await token.login(pin);
    return token;
  }

  before(async () => {
    const tokens = [await newToken('one'), await newToken('two')];
    for (const token of tokens) {
      await token.importKey(pair.privateKey, { id: Buffer.of(1), label: 'shared', token: true });
      await token.importKey(pair.publicKey, { id: Buffer.of(1), label: 'shared', token: true });
    }
    group = new TokenGroup(tokens);
  });

  it('sign with one key', async () => {
    const key = await group.privateKey({ label: 'shared' });
    const inputs = Array.from({ length: 200 }, (_, number) => Buffer.from(`input ${number}`));
    const one = await Promise.all(inputs.map((input) => key.sign('sha256', input)));
    const many = await key.signMany('sha256', inputs);
    for (const [index, input] of inputs.entries()) {
      assert.equal(verify('sha256', input, pair.publicKey, one[index]!), true);
      assert.equal(verify('sha256', input, pair.publicKey, many[index]!), true);
    }
    for (const { calls } of group.members) assert.ok(calls > 0);
  });

  it('verify with one key', async () => {
    const signer = await group.privateKey({ label: 'shared' });
    const verifier = await group.publicKey({ label: 'shared' });
    const signature = await signer.sign('sha256', data);
    assert.equal(await verifier.verify('sha256', data, signature), true);
    assert.equal(await verifier.verify('sha256', Buffer.from('another'), signature), false);
    assert.deepEqual(await verifier.verifyMany('sha256', [{ data, signature }]), [true]);
  });

  it('a token that is closed: the other one goes on', async () => {
    const key = await group.privateKey({ label: 'shared' });
    await group.members[0]!.token.close();
    const signature = await key.sign('sha256', data);
    assert.equal(verify('sha256', data, pair.publicKey, signature), true);
    assert.deepEqual(
      group.members.map(({ state }) => state),
      ['closed', 'ready'],
    );
  });
});
