import assert from 'node:assert/strict';

import * as families from '../../lib/generated/constants';
import { CKA, CKM, CKR, nameOf } from '../../lib/constants';

describe('constants', () => {
  it('are found by value', () => {
    assert.equal(nameOf('CKM', CKM.RSA_PKCS), 'CKM_RSA_PKCS');
    assert.equal(nameOf('CKR', 0xa0), 'CKR_PIN_INCORRECT');
    assert.equal(nameOf('CKR', 0xa0n), 'CKR_PIN_INCORRECT');
    assert.equal(nameOf('CKR', CKR.OK), 'CKR_OK');
    assert.equal(nameOf('CKM', 0x80000123), undefined);
    assert.equal(nameOf('CKM', 0xffff_ffff_ffff_ffffn), undefined);
    assert.equal(nameOf('CK', 0xffff_ffff_ffff_ffffn), 'CK_UNAVAILABLE_INFORMATION');
  });

  it('with two spellings are known by the one in use', () => {
    assert.equal(nameOf('CKA', CKA.EC_PARAMS), 'CKA_EC_PARAMS');
    assert.equal(nameOf('CKM', CKM.EC_KEY_PAIR_GEN), 'CKM_EC_KEY_PAIR_GEN');
    assert.equal(nameOf('CKM', CKM.CAST128_ECB), 'CKM_CAST128_ECB');
  });

  it('whose value means several things have no name', () => {
    assert.equal(nameOf('CKF', 1), undefined);
    assert.equal(nameOf('CKP', 1), undefined);
    assert.equal(nameOf('CKF', 0x400), undefined);
    assert.equal(nameOf('CKF', 0x8000), 'CKF_GENERATE');
  });

  it('are frozen', () => {
    for (const family of Object.values(families)) assert.ok(Object.isFrozen(family));
  });
});
