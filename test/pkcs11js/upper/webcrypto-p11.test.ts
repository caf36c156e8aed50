import { join } from 'node:path';
import { suite } from './runner';
import { checks as atOnce } from './webcrypto/at-once';
import { checks as ciphers } from './webcrypto/ciphers';
import { checks as signatures } from './webcrypto/signatures';
import { checks as storage } from './webcrypto/storage';

const file = (name: string): string => join(__dirname, 'webcrypto', `${name}.ts`);

describe('node-webcrypto-p11 on our pkcs11js', () => {
  describe('signatures, MACs and digests', () => suite(signatures, file('signatures')));
  describe('encryption, wrapping and agreement', () => suite(ciphers, file('ciphers')));
  describe('storage of keys and certificates', () => suite(storage, file('storage')));
  describe('calls at once', () => suite(atOnce, file('at-once')));
});
