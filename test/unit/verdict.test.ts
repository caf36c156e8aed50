import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { CKM } from '../../lib';
import { digestInfo, hashByName } from '../../lib/algorithms/hashes';
import { isNone } from '../../lib/verdict';
import { changed } from '../support/token';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const data = randomBytes(100);
const signature = sign('sha256', data, privateKey);
const input = digestInfo(hashByName('sha256')!, createHash('sha256').update(data).digest());
const tooLarge = new Uint8Array(256).fill(255);

describe('what node:crypto finds of a signature that a token has refused in doubtful words', () => {
  it('CKM_RSA_PKCS: the data stand in it, or others, or it is none', () => {
    assert.equal(isNone(publicKey, CKM.RSA_PKCS, signature, input), false);
    assert.equal(isNone(publicKey, CKM.RSA_PKCS, signature, changed(input)), true);
    for (const wrong of [changed(signature), tooLarge, signature.subarray(1), new Uint8Array(0)]) {
      assert.equal(isNone(publicKey, CKM.RSA_PKCS, wrong, input), true);
    }
  });

  it('with a hash, or in parts: whether it is one of the key at all', () => {
    for (const [type, given] of [
      [CKM.SHA256_RSA_PKCS, data],
      [CKM.SHA256_RSA_PKCS, changed(data)],
      [CKM.SHA256_RSA_PKCS, undefined],
      [CKM.RSA_PKCS, undefined],
    ] as const) {
      assert.equal(isNone(publicKey, type, signature, given), false);
      assert.equal(isNone(publicKey, type, changed(signature), given), true);
    }
  });

  it('others: whether RSA can give such a number', () => {
    const pss = sign('sha256', data, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING });
    for (const type of [CKM.RSA_PKCS_PSS, CKM.SHA256_RSA_PKCS_PSS, CKM.RSA_X_509]) {
      assert.equal(isNone(publicKey, type, pss, data), false);
      assert.equal(isNone(publicKey, type, changed(pss), data), false);
      assert.equal(isNone(publicKey, type, tooLarge, data), true);
    }
  });
});
