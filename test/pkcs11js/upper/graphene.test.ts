import { join } from 'node:path';
import { checks as atOnce } from './graphene/at-once';
import { checks as ciphers } from './graphene/ciphers';
import { checks as digests } from './graphene/digests';
import { checks as keys } from './graphene/keys';
import { checks as modules } from './graphene/module';
import { checks as objects } from './graphene/objects';
import { checks as signatures } from './graphene/signatures';
import { suite } from './runner';

const file = (name: string): string => join(__dirname, 'graphene', `${name}.ts`);

describe('graphene-pk11 on our pkcs11js', () => {
  describe('modules, slots and sessions', () => suite(modules, file('module')));
  describe('digests', () => suite(digests, file('digests')));
  describe('signatures', () => suite(signatures, file('signatures')));
  describe('encryption', () => suite(ciphers, file('ciphers')));
  describe('wrapping and derivation', () => suite(keys, file('keys')));
  describe('objects', () => suite(objects, file('objects')));
  describe('many calls at once, while garbage is collected', () => suite(atOnce, file('at-once')));
});
