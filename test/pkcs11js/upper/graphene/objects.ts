// Objects through graphene-pk11: made, found, read, changed, copied and destroyed; data, certificates and keys.

import assert from 'node:assert/strict';
import { randomBytes, X509Certificate as NodeCertificate } from 'node:crypto';
import type { Data, SecretKey, X509Certificate } from 'graphene-pk11';
import { DerReader, TAG } from '../../../../lib/der';
import { issue } from '../../../support/certificates';
import type { Checks, Stage } from '../stage';

const value = randomBytes(40);

// NSS holds data objects for the process only.
const dataTemplate = ({ graphene, name }: Stage, label: string): object => ({
  class: graphene.ObjectClass.DATA,
  token: name !== 'nss',
  private: false,
  modifiable: true,
  label,
  application: 'upper',
  value,
});

/** Issuer, serial number and subject of a certificate, each as DER. */
function fields(certificate: Buffer): { issuer: Buffer; serial: Buffer; subject: Buffer } {
  const body = new DerReader(certificate).sequence().sequence();
  body.optional(TAG.CONTEXT_0);
  const serial = body.element();
  body.element();
  const issuer = body.element();
  body.element();
  const subject = body.element();
  const [one, two, three] = [issuer, serial, subject].map(({ whole }) => Buffer.from(whole)) as [Buffer, Buffer, Buffer];
  return { issuer: one, serial: two, subject: three };
}

export const checks: Checks = {
  'a data object: made, found, read': (stage) => {
    const { session, graphene } = stage;
    const made = session.create(dataTemplate(stage, 'read me'));
    assert.equal(made.class, graphene.ObjectClass.DATA);
    const found = session.find({ class: graphene.ObjectClass.DATA, label: 'read me' });
    assert.equal(found.length, 1);
    const data = found.items(0).toType<Data>();
    assert.ok(data instanceof graphene.Data);
    assert.deepEqual(
      [data.label, data.application, data.token, data.private, data.modifiable],
      ['read me', 'upper', stage.name !== 'nss', false, true],
    );
    assert.deepEqual(data.value, value);
    assert.ok(data.handle.equals(made.handle));
    assert.equal(found.indexOf(data), 0);
    data.destroy();
    assert.equal(session.find({ label: 'read me' }).length, 0);
  },

  'attributes by number, by name and many at once': (stage) => {
    const { session, pkcs11 } = stage;
    const object = session.create(dataTemplate(stage, 'three ways'));
    assert.deepEqual(object.getAttribute(pkcs11.CKA_LABEL), Buffer.from('three ways'));
    assert.equal(object.getAttribute('label'), 'three ways');
    assert.deepEqual(object.getAttribute({ label: null, value: null, private: null }), { label: 'three ways', value, private: false });
    assert.equal(object.get('application'), 'upper');
    assert.throws(() => object.getAttribute('noSuchAttribute'), /Unsupported attribute ID 'noSuchAttribute'/);
    object.destroy();
  },

  'attributes are changed by number, by name, many at once and as properties': (stage) => {
    const { session, graphene, pkcs11 } = stage;
    const template = { keyType: graphene.KeyType.AES, valueLen: 16, token: true, label: 'one', id: Buffer.from('1') };
    const key = session.generateKey(graphene.KeyGenMechanism.AES, template);
    key.setAttribute(pkcs11.CKA_LABEL, 'two');
    assert.equal(key.label, 'two');
    key.setAttribute('label', 'three');
    assert.equal(key.label, 'three');
    key.setAttribute({ label: 'four', id: Buffer.from('4') });
    assert.deepEqual([key.label, key.id], ['four', Buffer.from('4')]);
    key.label = 'five';
    assert.equal(key.get('label'), 'five');
    key.destroy();
  },

  'copies, with changes': (stage) => {
    const { session, skip } = stage;
    if (stage.name === 'nss') skip('data objects that are copied have no application');
    const object = session.create(dataTemplate(stage, 'the first'));
    const copies = [object.copy({ label: 'the second' }), session.copy(object, { label: 'the second' })];
    for (const copy of copies) {
      const data = copy.toType<Data>();
      assert.equal(data.label, 'the second');
      assert.deepEqual(data.value, value);
      assert.ok(!data.handle.equals(object.handle));
      data.destroy();
    }
    assert.equal(object.getAttribute('label'), 'the first');
    object.destroy();
  },

  'says how large an object is': (stage) => {
    const object = stage.session.create(dataTemplate(stage, 'some size'));
    assert.equal(typeof object.size, 'number');
    object.destroy();
  },

  'finds with a function that may stop it, and one by its handle': (stage) => {
    const { session } = stage;
    const made = ['a', 'b', 'c'].map((letter) => session.create(dataTemplate(stage, `found ${letter}`)));
    const template = { application: 'upper' };
    const seen: number[] = [];
    session.find(template, (_, index) => {
      seen.push(index);
      return index < 1;
    });
    assert.deepEqual(seen, [0, 1]);
    // The search has been ended, and another may begin.
    const labels = [...session.find(template)].map((object) => object.getAttribute('label') as string).sort();
    assert.deepEqual(labels, ['found a', 'found b', 'found c']);
    const got = session.getObject(made[1]!.handle) as unknown as Data | null;
    assert.equal(got?.label, 'found b');
    assert.equal(session.getObject(Buffer.alloc(8, 0x7f)), null);
    for (const object of made) object.destroy();
  },

  'ends the search when the function throws': (stage) => {
    const { session } = stage;
    const object = session.create(dataTemplate(stage, 'thrown at'));
    const thrown = new Error('thrown by the caller');
    assert.throws(
      () =>
        session.find({ label: 'thrown at' }, () => {
          throw thrown;
        }),
      (error) => error === thrown,
    );
    assert.equal(session.find({ label: 'thrown at' }).length, 1);
    object.destroy();
  },

  'finds hundreds of objects': (stage) => {
    const { session, graphene } = stage;
    const { SECRET_KEY } = graphene.ObjectClass;
    const template = { class: SECRET_KEY, keyType: graphene.KeyType.GENERIC_SECRET, token: false, label: 'one of many' };
    for (let index = 0; index < 300; index++) session.create({ ...template, value: randomBytes(16), id: Buffer.from([index >> 8, index & 255]) });
    const found = session.find({ class: SECRET_KEY, label: 'one of many' });
    assert.equal(found.length, 300);
    assert.equal(new Set([...found].map((key) => (key.getAttribute('id') as Buffer).toString('hex'))).size, 300);
    assert.equal(session.destroy({ label: 'one of many' }), 300);
    assert.equal(session.find({ label: 'one of many' }).length, 0);
  },

  'destroys one object, and those of a template': (stage) => {
    const { session } = stage;
    const [one] = ['x', 'x', 'x', 'y'].map((label) => session.create(dataTemplate(stage, label)));
    assert.equal(session.destroy(one!), 1);
    assert.equal(session.destroy({ label: 'x' }), 2);
    assert.equal(session.find({ application: 'upper' }).length, 1);
    assert.equal(session.destroy({ application: 'upper' }), 1);
  },

  'an X.509 certificate': (stage) => {
    const { session, graphene } = stage;
    const { certificate } = issue('upper');
    const { issuer, serial, subject } = fields(certificate);
    const id = randomBytes(20);
    const made = session.create({
      class: graphene.ObjectClass.CERTIFICATE,
      certType: graphene.CertificateType.X_509,
      token: true,
      private: false,
      label: 'a certificate',
      id,
      subject,
      issuer,
      serial,
      value: certificate,
    });
    const [found] = [...session.find({ class: graphene.ObjectClass.CERTIFICATE, id })];
    const typed = found!.toType<X509Certificate>();
    assert.ok(typed instanceof graphene.X509Certificate);
    assert.equal(typed.type, graphene.CertificateType.X_509);
    assert.equal(new NodeCertificate(typed.value).subject, 'CN=upper');
    assert.deepEqual([typed.label, typed.id, typed.subject, typed.issuer], ['a certificate', id, subject, issuer]);
    assert.equal(typed.serialNumber, serial.toString('hex'));
    assert.ok(typed.handle.equals(made.handle));
    typed.destroy();
  },

  'a secret key: its attributes as properties, and the dates of its life': (stage) => {
    const { session, graphene } = stage;
    const secret = randomBytes(24);
    const key = session
      .create({
        class: graphene.ObjectClass.SECRET_KEY,
        keyType: graphene.KeyType.AES,
        value: secret,
        token: false,
        label: 'a sëcret',
        id: Buffer.from('id'),
        encrypt: true,
        decrypt: false,
        sensitive: false,
        extractable: true,
      })
      .toType<SecretKey>();
    assert.ok(key instanceof graphene.SecretKey);
    assert.deepEqual([key.type, key.label, key.id, key.encrypt, key.decrypt], [graphene.KeyType.AES, 'a sëcret', Buffer.from('id'), true, false]);
    assert.deepEqual([key.sensitive, key.extractable, key.local, key.wrap], [false, true, false, key.wrap]);
    assert.equal(key.getAttribute('valueLen'), 24);
    assert.deepEqual(key.getAttribute('value'), secret);
    key.destroy();
  },

  'does not show what is sensitive': (stage) => {
    const { session, graphene } = stage;
    const template = { keyType: graphene.KeyType.AES, valueLen: 16, token: false, sensitive: true, extractable: false };
    const key = session.generateKey(graphene.KeyGenMechanism.AES, template);
    assert.throws(() => key.getAttribute('value'), { name: 'Pkcs11Error', message: 'CKR_ATTRIBUTE_SENSITIVE' });
    assert.equal((key as SecretKey).sensitive, true);
    key.destroy();
  },

  'keys stay on the token for other sessions': (stage) => {
    const { session, slot, graphene } = stage;
    const id = randomBytes(8);
    const template = { keyType: graphene.KeyType.AES, valueLen: 16, token: true, encrypt: true, id, label: 'stays' };
    const key = session.generateKey(graphene.KeyGenMechanism.AES, template);
    const other = slot.open();
    const found = other.find({ class: graphene.ObjectClass.SECRET_KEY, id });
    assert.equal(found.length, 1);
    const data = randomBytes(16);
    const [here, there] = [
      session.createCipher('AES_ECB', key).once(data, Buffer.alloc(16)),
      other.createCipher('AES_ECB', found.items(0).toType<SecretKey>()).once(data, Buffer.alloc(16)),
    ];
    assert.deepEqual(here, there);
    other.close();
    key.destroy();
  },

  'clears the token': (stage) => {
    const { session, graphene } = stage;
    session.create(dataTemplate(stage, 'cleared'));
    session.generateKey(graphene.KeyGenMechanism.AES, { keyType: graphene.KeyType.AES, valueLen: 16, token: true, label: 'cleared' });
    assert.ok(session.clear() >= 2);
    assert.equal(session.find({ label: 'cleared' }).length, 0);
  },
};
