// A card in a reader: npm run test:tokens starts one. It is not taken out, for OpenSC then keeps its own lock and hangs; the programmable module is.

import assert from 'node:assert/strict';
import { verify, X509Certificate } from 'node:crypto';
import type { AbstractPkcs11, GCLClient, Pkcs11VerifySignedData } from '../../lib/t1c';
import { profiles } from '../support/profile';
import { skip } from '../support/skip';
import { clientOf, DOCUMENT, hashed } from './support';

for (const profile of profiles().filter(({ name }) => name === 'opensc')) {
  describe(`t1c on ${profile.title}`, () => {
    let client: GCLClient;
    let pkcs11: AbstractPkcs11;
    let slot_id: number;
    before(async function () {
      if (profile.reason !== undefined) skip(this, `${profile.title}: ${profile.reason}`);
      client = await clientOf(profile.module);
      pkcs11 = client.pkcs11();
      slot_id = (await pkcs11.slotsWithTokenPresent()).data[0]!.slot_id;
    });
    after(() => client.close());

    const request = (cert_id: string, more: object = {}): Pkcs11VerifySignedData => ({
      slot_id,
      cert_id,
      pin: profile.pin,
      algorithm_reference: 'sha256',
      data: hashed('sha256'),
      signature: '',
      ...more,
    });

    async function signs(id: string): Promise<string> {
      const { data: signature } = await pkcs11.signData(request(id));
      const { base64 } = (await pkcs11.certificates(slot_id)).data.find((one) => one.id === id)!;
      const { publicKey } = new X509Certificate(Buffer.from(base64, 'base64'));
      assert.equal(verify('sha256', DOCUMENT, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64')), true);
      return signature;
    }

    for (const { id, type, use, alwaysAuthenticate } of profile.keys!.filter((key) => key.use === 'sign')) {
      it(`key ${id} (${type}${alwaysAuthenticate ? ', which asks for the PIN each time' : ''}) is there to ${use}, with its certificate`, async () => {
        await signs(id);
      });
    }

    it('verifies what it signs, and nothing else', async () => {
      for (const { id } of profile.keys!.filter((key) => key.use === 'sign')) {
        const signature = await signs(id);
        assert.equal((await pkcs11.verifySignedData(request(id, { signature, pin: undefined }))).data, true);
        const bytes = Buffer.from(signature, 'base64');
        const changed = Buffer.from(bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1)).toString('base64');
        for (const wrong of [changed, 'AAAA', Buffer.alloc(64).toString('base64'), Buffer.alloc(256).toString('base64')]) {
          assert.equal((await pkcs11.verifySignedData(request(id, { signature: wrong, pin: undefined }))).data, false, `${id} ${wrong}`);
        }
      }
    });
  });
}
