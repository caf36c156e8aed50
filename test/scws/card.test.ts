// A card in a reader, which is taken out and put back: npm run test:tokens starts one.

import assert from 'node:assert/strict';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { Scws, type Certificate, type Key, type Reader } from '../../lib/scws';
import { make } from '../fault/control';
import { profiles } from '../support/profile';
import { skip } from '../support/skip';
import { code } from './support';

for (const profile of profiles().filter(({ name }) => name === 'opensc')) {
  describe(`SCWS on ${profile.title}`, () => {
    const scws = new Scws();
    before(async function () {
      if (profile.reason !== undefined) skip(this, `${profile.title}: ${profile.reason}`);
      await scws.createEnvironment({ module: profile.module });
    });
    after(() => scws.closeEnvironment());

    const changed = (): Promise<Reader> =>
      new Promise((resolve) => {
        scws.onreaderstatechanged = resolve;
      });

    it('a card that is taken out and put back calls the handler each time; then it signs', async () => {
      const reader = scws.readers.find(({ cardPresent }) => cardPresent) ?? assert.fail('a card is in a reader');
      const before = await reader.connect();
      const gone = changed();
      await make('remove');
      assert.equal(await gone, reader);
      assert.equal(reader.cardPresent, false);
      assert.match(await code(before.pins[0]!.login(profile.pin)), /^CKR_(TOKEN_NOT_PRESENT|DEVICE_REMOVED)|^MWR_SCWS_(COMM_ERROR|UNKNOWN_ERROR)/);
      assert.equal(await code(reader.connect()), 'CKR_TOKEN_NOT_PRESENT');

      const back = changed();
      await make('insert');
      assert.equal(await back, reader);
      assert.equal(reader.cardPresent, true);
      const token = await reader.connect();
      await token.pins[0]!.login(profile.pin);
      const objects = await token.getObjects();
      const key = objects.find((object) => object.type === 'privateKey' && (object as Key).algorithmName === 'RSA') as Key;
      const certificate = objects.find((object) => object.type === 'certificate' && object.ckId === key.ckId) as Certificate;
      const { publicKey } = new X509Certificate(await certificate.getValue());
      const document = Buffer.from('a document');
      const signature = await key.sign(createHash('sha256').update(document).digest(), 'sha256');
      assert.equal(verify('sha256', document, publicKey, new Uint8Array(signature)), true);
      await token.disconnect();
    });
  });
}
