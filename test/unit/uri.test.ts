import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { CryptokiError } from '../../lib/errors';
import { Pkcs11Uri, type UriParts } from '../../lib/uri';

describe('PKCS#11 URIs', () => {
  describe('parsing', () => {
    it('reads every part of the standard', () => {
      const uri = Pkcs11Uri.parse(
        'pkcs11:token=The%20Token;manufacturer=Snake%20Oil;serial=0001;model=1.0;library-manufacturer=SO;library-description=lib;' +
          'library-version=3.2;object=my-key;type=private;id=%69%95%3E%5C%F4;slot-manufacturer=R;slot-description=d;slot-id=327' +
          '?pin-source=file:/etc/pin&pin-value=the%26pin&module-name=softhsm2&module-path=/usr/lib/x.so',
      );
      assert.deepEqual(
        { ...uri.parts },
        {
          token: 'The Token',
          manufacturer: 'Snake Oil',
          serial: '0001',
          model: '1.0',
          libraryManufacturer: 'SO',
          libraryDescription: 'lib',
          libraryVersion: '3.2',
          object: 'my-key',
          type: 'private',
          id: Uint8Array.from([0x69, 0x95, 0x3e, 0x5c, 0xf4]),
          slotManufacturer: 'R',
          slotDescription: 'd',
          slotId: 327,
          pinSource: 'file:/etc/pin',
          pinValue: 'the&pin',
          moduleName: 'softhsm2',
          modulePath: '/usr/lib/x.so',
        },
      );
    });

    it('reads the shortest one, which names everything', () => {
      assert.deepEqual({ ...Pkcs11Uri.parse('pkcs11:').parts }, {});
    });

    it('takes the scheme in capitals, as RFC 3986 has it', () => {
      assert.equal(Pkcs11Uri.parse('PKCS11:token=a').parts.token, 'a');
    });

    it('keeps vendor attributes; in the query a name may come more than once', () => {
      const { vendor, vendorQuery } = Pkcs11Uri.parse('pkcs11:x-card=7?x-way=1&x-way=2').parts;
      assert.deepEqual(vendor, { 'x-card': '7' });
      assert.deepEqual(vendorQuery, { 'x-way': ['1', '2'] });
    });

    it('reads names that every object has as vendor attributes', () => {
      assert.deepEqual(Pkcs11Uri.parse('pkcs11:constructor=1;toString=2').parts.vendor, { constructor: '1', toString: '2' });
    });

    for (const [text, position] of [
      ['pkcs12:token=a', 0],
      ['token=a', 0],
      ['pkcs11:token', 7],
      ['pkcs11:token=a;', 14],
      ['pkcs11:token=a;;object=b', 15],
      ['pkcs11:token=a;token=b', 15],
      ['pkcs11:token=%4', 13],
      ['pkcs11:token=a%zz', 14],
      ['pkcs11:token=a b', 14],
      ['pkcs11:token=a/b', 14],
      ['pkcs11:token=%FF', 13],
      ['pkcs11:type=secret', 12],
      ['pkcs11:slot-id=0x1', 15],
      ['pkcs11:slot-id=99999999999999999999', 15],
      ['pkcs11:library-version=3.', 23],
      ['pkcs11:to ken=a', 7],
      ['pkcs11:?pin-value=a&pin-value=b', 20],
    ] as const) {
      it(`says where ${text} is wrong`, () => {
        assert.throws(
          () => Pkcs11Uri.parse(text),
          (error) => CryptokiError.is(error, 'ERR_CRYPTOKI_URI') && error.message.endsWith(`at position ${position}`),
        );
      });
    }

    it('does not show the PIN in its errors', () => {
      for (const text of ['pkcs11:?pin-value=hunter2 ', 'pkcs11:?hunter2', 'pkcs11:?pin-value=hunter2%']) {
        assert.throws(
          () => Pkcs11Uri.parse(text),
          (error: Error) => !error.message.includes('hunter'),
        );
      }
    });

    it('takes text only', () => {
      assert.throws(() => Pkcs11Uri.parse(7 as never), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });

  describe('writing', () => {
    it('escapes what must be escaped, and the whole id', () => {
      const uri = new Pkcs11Uri({ token: 'a;b/c?d%', object: 'Schlüssel', id: Uint8Array.from([0x41, 0]), pinValue: 'a&b/c' });
      assert.equal(String(uri), 'pkcs11:token=a%3Bb%2Fc%3Fd%25;object=Schl%C3%BCssel;id=%41%00?pin-value=a%26b/c');
    });

    it('is read again as what it was', () => {
      const text = fc.string({ unit: 'grapheme' }).filter((value) => !/\p{Surrogate}/u.test(value));
      const parts = fc.record(
        {
          token: text,
          serial: text,
          object: text,
          type: fc.constantFrom('public', 'private', 'cert', 'secret-key', 'data'),
          id: fc.uint8Array(),
          slotId: fc.nat(),
          pinValue: text,
          modulePath: text,
          vendor: fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), text, { minKeys: 1, noNullPrototype: true }),
        },
        { requiredKeys: [] },
      ) as fc.Arbitrary<UriParts>;
      fc.assert(
        fc.property(parts, (given) => {
          assert.deepEqual({ ...Pkcs11Uri.parse(new Pkcs11Uri(given).toString()).parts }, { ...given });
        }),
      );
    });

    it('refuses parts of the wrong type', () => {
      assert.throws(() => new Pkcs11Uri({ id: 'ab' } as never), { code: 'ERR_INVALID_ARG_TYPE' });
      assert.throws(() => new Pkcs11Uri({ slotId: -1 }), { code: 'ERR_OUT_OF_RANGE' });
      assert.throws(() => new Pkcs11Uri({ type: 'key' } as never), { code: 'ERR_CRYPTOKI_URI' });
    });
  });

  it('never fails in another way, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abc;&=?%41-/ü '.split('')) }), (text) => {
        try {
          Pkcs11Uri.parse(`pkcs11:${text}`);
        } catch (error) {
          assert.ok(CryptokiError.is(error, 'ERR_CRYPTOKI_URI'), String(error));
        }
      }),
    );
  });

  it('hides the PIN when inspected', () => {
    const shown = inspect(Pkcs11Uri.parse('pkcs11:token=a?pin-value=hunter2'));
    assert.match(shown, /Pkcs11Uri \{ token: 'a', pinValue: '\(hidden\)' \}/);
  });
});
