import assert from 'node:assert/strict';
import { createDecipheriv, createHash, createPublicKey, verify } from 'node:crypto';

import { CKF, CKK, CKM, CKO, CKU, Raw } from '../../lib/raw';
import { profiles, useToken } from '../support/profile';

for (const profile of profiles()) {
  describe(`Raw on ${profile.title}`, () => {
    const fixture = useToken(profile);
    let raw: Raw;
    let session: bigint;

    before(async () => {
      if (profile.reason !== undefined) return;
      raw = await Raw.load(profile.module);
      // The fixture has initialised the library already: this user of it is counted.
      assert.equal(await raw.C_Initialize(), 'counted');
      const readWrite = (profile.skips.write ?? profile.skips.generate) === undefined ? CKF.RW_SESSION : 0;
      session = await raw.C_OpenSession(fixture().slot.id, CKF.SERIAL_SESSION | readWrite);
      await raw.C_Login(session, CKU.USER, fixture().pin);
    });
    after(async () => {
      if (profile.reason !== undefined) return;
      await raw.C_Logout(session);
      await raw.close();
    });

    it('tells the same as the classes', async () => {
      const { slot, token } = fixture();
      const info = await raw.C_GetTokenInfo(slot.id);
      assert.deepEqual([info.label, info.serialNumber], [token.label, token.serialNumber]);
      assert.ok((await raw.C_GetSlotList(true)).includes(slot.id));
      assert.deepEqual(new Set(await raw.C_GetMechanismList(slot.id)), new Set((await slot.mechanisms()).keys()));
      assert.equal((await raw.C_GetSessionInfo(session)).slotID, slot.id);
    });

    it('signs in one part and in several, and node:crypto verifies', async function () {
      fixture().needs(this, 'generate', 'session-objects');
      await fixture().requires(this, CKM.RSA_PKCS_KEY_PAIR_GEN, CKM.SHA256_RSA_PKCS);
      const { publicKey, privateKey } = await raw.C_GenerateKeyPair(
        session,
        CKM.RSA_PKCS_KEY_PAIR_GEN,
        { token: false, modulusBits: 2048, publicExponent: Buffer.of(1, 0, 1), verify: true },
        { token: false, private: true, sensitive: true, sign: true },
      );
      const { modulus, publicExponent, value } = await raw.C_GetAttributeValue(session, publicKey, ['modulus', 'publicExponent', 'value']);
      assert.equal(value, undefined);
      const [n, e] = [modulus!, publicExponent!].map((bytes) => Buffer.from(bytes).toString('base64url'));
      const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: n!, e: e! } });
      const data = Buffer.from('a document');
      await raw.C_SignInit(session, CKM.SHA256_RSA_PKCS, privateKey);
      const signature = await raw.C_Sign(session, data);
      assert.ok(verify('sha256', data, key, signature));
      if (profile.skips['multi-part'] === undefined) {
        await raw.C_SignInit(session, CKM.SHA256_RSA_PKCS, privateKey);
        await raw.C_SignUpdate(session, data.subarray(0, 3));
        await raw.C_SignUpdate(session, data.subarray(3));
        assert.deepEqual(await raw.C_SignFinal(session), signature);
      }
      const secret = await raw.C_GetAttributeValue(session, privateKey, ['privateExponent', 'sensitive']);
      assert.deepEqual(secret, { privateExponent: undefined, sensitive: true });
      await raw.C_DestroyObject(session, privateKey);
      await raw.C_DestroyObject(session, publicKey);
    });

    it('encrypts with a parameter structure, and node:crypto decrypts', async function () {
      fixture().needs(this, 'import', 'session-objects');
      await fixture().requires(this, CKM.AES_GCM);
      const value = Buffer.alloc(32, 5);
      const key = await raw.C_CreateObject(session, { class: CKO.SECRET_KEY, keyType: CKK.AES, value, token: false, encrypt: true, decrypt: true });
      const iv = Buffer.alloc(12, 7);
      const aad = Buffer.from('header');
      await raw.C_EncryptInit(session, { mechanism: CKM.AES_GCM, parameter: { iv, aad, tagBits: 128 } }, key);
      const sealed = Buffer.from(await raw.C_Encrypt(session, Buffer.from('a document')));
      const decipher = createDecipheriv('aes-256-gcm', value, iv).setAAD(aad).setAuthTag(sealed.subarray(-16));
      assert.equal(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString(), 'a document');
      await raw.C_DestroyObject(session, key);
    });

    it('digests nothing, and a lot', async function () {
      fixture().needs(this, 'digest');
      await fixture().requires(this, CKM.SHA256);
      for (const data of [Buffer.alloc(0), Buffer.alloc(1_000_000, 'x')]) {
        await raw.C_DigestInit(session, CKM.SHA256);
        assert.equal(Buffer.from(await raw.C_Digest(session, data)).toString('hex'), createHash('sha256').update(data).digest('hex'));
      }
    });

    it('answers with the code and the call that failed', async () => {
      await assert.rejects(raw.C_GetTokenInfo(0xffff_fff0), { code: 'CKR_SLOT_ID_INVALID', call: 'C_GetTokenInfo' });
      await assert.rejects(raw.C_Sign(session, Buffer.from('x')), { code: 'CKR_OPERATION_NOT_INITIALIZED', call: 'C_Sign' });
      if (profile.skips.destroy !== undefined || profile.skips.write !== undefined) return;
      await assert.rejects(raw.C_DestroyObject(session, 0xffff_fff0), { code: 'CKR_OBJECT_HANDLE_INVALID', call: 'C_DestroyObject' });
    });
  });
}
