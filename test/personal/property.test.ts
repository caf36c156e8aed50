import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Module, Token } from '../../lib';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';
import { issue } from '../support/certificates';
import { authorized } from '../support/usage';
import { base64, cancel, first, personalOf, Script, TEXT } from './support';

const PIN = '1234';
const MIB10 = 10 * 1024 * 1024;

/** The page in plain words: no class, no sharing with what it judges. */
interface Model {
  readonly kind: 'authentication' | 'signer2';
  readonly url: string;
  values: Record<string, string | undefined>;
  last: number;
}

const OWN = {
  authentication: ['challenge', 'servertime', 'policys', 'subjects', 'onlyacceptmru', 'signature'],
  signer2: ['nonce', 'servertime', 'policys', 'subjects', 'onlyacceptmru', 'textcharacterencoding', 'texttobesigned', 'nonvisibledata', 'signature'],
};

const lower = (text: string): string => [...text].map((one) => (one >= 'A' && one <= 'Z' ? one.toLowerCase() : one)).join('');
const isCanonical = (text: string): boolean => {
  // No groups: on ten million letters the regular expression would run out of stack.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return false;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = alphabet.indexOf(text.replace(/=+$/, '').at(-1) ?? 'A');
  return text.endsWith('==') ? last % 16 === 0 : text.endsWith('=') ? last % 4 === 0 : true;
};

function set(model: Model, name: string, value: string): number {
  const key = lower(name);
  if (!OWN[model.kind].includes(key)) return (model.last = 8004);
  if (new TextEncoder().encode(value).length > MIB10) return (model.last = 8018);
  if (key === 'servertime') {
    if (value.length > 10) {
      model.values[key] = undefined;
      return (model.last = 8018);
    }
    const number = Number.parseInt(value.replace(/^[ \t\n\v\f\r]+/, ''), 10);
    const isNumber = /^[ \t\n\v\f\r]*[+-]?[0-9]/.test(value);
    if (!isNumber || number <= 0 || number > 2147483647) {
      model.values[key] = undefined;
      return (model.last = 8014);
    }
    model.values[key] = `${number}`;
    return (model.last = value.length < 10 ? 8014 : 0);
  }
  if (key === 'onlyacceptmru') {
    if (lower(value) !== 'true' && lower(value) !== 'false') return (model.last = 8012);
    model.values[key] = lower(value);
    return (model.last = 0);
  }
  if (key === 'textcharacterencoding' && value !== 'UTF-8' && value !== 'ISO-8859-1') return (model.last = 8018);
  model.values[key] = value;
  return (model.last = 0);
}

function get(model: Model, name: string): string | null {
  const key = lower(name);
  if (!OWN[model.kind].includes(key)) {
    model.last = 8004;
    return null;
  }
  const value = model.values[key];
  if (value !== undefined) return value;
  return { servertime: '', onlyacceptmru: 'false', textcharacterencoding: 'UTF-8' }[key] ?? null;
}

/** `cancels`: what the user does. A signature is written as 'made'. */
function perform(model: Model, action: string, cancels: boolean): number {
  const { values } = model;
  if (lower(action) !== (model.kind === 'signer2' ? 'sign' : 'authenticate')) return (model.last = 8008);
  const required = model.kind === 'signer2' ? [values['nonce'], values['texttobesigned']] : [values['challenge']];
  if (required.some((value) => value === undefined || value === '')) return (model.last = 8016);
  values['signature'] = '';
  if (!model.url.startsWith('https://')) return (model.last = 8015);
  if (![...required, values['nonvisibledata'] ?? ''].every((value) => isCanonical(value as string))) return (model.last = 1);
  const filter = values['subjects'];
  const text = filter !== undefined && isCanonical(filter) ? Buffer.from(filter, 'base64').toString('latin1') : '';
  // The one identity has no serial number.
  const nobody = /^2\.5\.4\.5=[^,]+$/.test(text);
  if (cancels || nobody) return (model.last = 8002);
  values['signature'] = 'made';
  return (model.last = 0);
}

describe('personal: random sequences of calls', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;

  before(async () => {
    ({ fault, module, token } = await place());
    const holder = authorized(issue('Somebody'), 'digitalSignature', 'nonRepudiation');
    const id = Buffer.from('somebody');
    await token.login(PIN);
    await token.importKey(holder.privateKey, { token: true, id });
    await token.importKey(holder.publicKey, { token: true, id });
    await token.importCertificate(holder.certificate, { id });
    await token.logout();
  });
  after(async () => {
    await module.close();
    fault.close();
  });

  const cased = (name: string): fc.Arbitrary<string> =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(name) }, fc.constant(name.toUpperCase()), fc.constant(name.toLowerCase()));
  const names = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('Challenge', 'Nonce', 'TextToBeSigned').chain(cased) },
    { weight: 10, arbitrary: fc.constantFrom('ServerTime', 'Policys', 'Subjects', 'OnlyAcceptMRU', 'TextCharacterEncoding').chain(cased) },
    { weight: 8, arbitrary: fc.constantFrom('NonVisibleData', 'Signature').chain(cased) },
    { weight: 2, arbitrary: fc.constantFrom('Polıcys', 'PolicyS ', '', 'constructor') },
  );
  const values = fc.oneof(
    { weight: 12, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64')) },
    { weight: 3, arbitrary: fc.constantFrom(TEXT, base64('2.5.4.5=1'), base64('2.5.4.5=1,2'), 'true', 'FALSE', 'UTF-8', 'ISO-8859-1', 'utf-8') },
    { weight: 3, arbitrary: fc.integer({ min: -10, max: 4_000_000_000 }).map(String) },
    { weight: 2, arbitrary: fc.constantFrom('1290536889', '12345678ab', '  12345678', '2147483648', '9', '', 'YR==', 'YQ', '\ud800', 'a\0b') },
    { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  );
  const steps = fc.oneof(
    { weight: 12, arbitrary: fc.record({ call: fc.constant('set' as const), name: names, value: values }) },
    {
      // What chance would seldom bring together: a parameter, and values that are at the edges of its rules.
      weight: 6,
      arbitrary: fc
        .oneof(
          fc.tuple(fc.constant('ServerTime'), fc.constantFrom('0', '-1', '1', '123456789', '1290536889', '12345678ab', '12345678901', '2147483648')),
          fc.tuple(fc.constant('OnlyAcceptMRU'), fc.constantFrom('true', 'TRUE', 'False', 'truE', 'yes')),
          fc.tuple(fc.constant('TextCharacterEncoding'), fc.constantFrom('UTF-8', 'ISO-8859-1', 'utf-8')),
          fc.tuple(fc.constant('NonVisibleData'), fc.constantFrom('', TEXT, 'YR==', 'no base64!')),
          fc.tuple(fc.constant('Subjects'), fc.constantFrom('', base64('2.5.4.5=1'), base64('2.5.4.5=1,2'), '2.5.4.5=1')),
        )
        .map(([name, value]) => ({ call: 'set' as const, name, value })),
    },
    {
      // All that an action needs.
      weight: 3,
      arbitrary: fc.constantFrom('Challenge', 'Nonce', 'TextToBeSigned').map((name) => ({ call: 'set' as const, name, value: TEXT })),
    },
    { weight: 1, arbitrary: fc.record({ call: fc.constant('large' as const), name: names, over: fc.boolean() }) },
    { weight: 6, arbitrary: fc.record({ call: fc.constant('get' as const), name: names }) },
    {
      weight: 6,
      arbitrary: fc.record({
        call: fc.constant('perform' as const),
        name: fc.constantFrom('Sign', 'SIGN', 'Authenticate', 'authenticate', 'Other'),
        cancels: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ call: fc.constant('reset' as const) }) },
  );

  type Step = typeof steps extends fc.Arbitrary<infer One> ? One : never;

  it('SetParam, GetParam, Reset and PerformAction do what the page says', async function () {
    this.timeout(120_000);
    const codes = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('authentication' as const, 'signer2' as const),
        fc.constantFrom('https://a.example/', 'https://b.example/', 'http://a.example/'),
        fc.array(steps, { maxLength: 40 }),
        async (kind, url, sequence) => {
          let cancels = false;
          const script = new Script((request) => (cancels || request.identities.length === 0 ? cancel() : first(PIN)(request)));
          const object = personalOf([token], script, { url })[kind]();
          const model: Model = { kind, url, values: {}, last: 0 };
          const same = (): void => {
            assert.equal(object.GetLastError(), model.last);
            codes.add(model.last);
          };
          for (const step of sequence) {
            if (step.call === 'set') assert.equal(object.SetParam(step.name, step.value), set(model, step.name, step.value));
            if (step.call === 'large') {
              const value = 'x'.repeat(step.over ? MIB10 + 1 : MIB10);
              assert.equal(object.SetParam(step.name, value), set(model, step.name, value));
            }
            if (step.call === 'get') compare(object.GetParam(step.name), get(model, step.name));
            if (step.call === 'reset') {
              assert.equal(object.Reset(), 0);
              Object.assign(model, { values: {}, last: 0 });
            }
            if (step.call === 'perform') {
              ({ cancels } = step);
              assert.equal(await object.PerformAction(step.name), perform(model, step.name, cancels), String(object.cause));
            }
            same();
          }
          for (const name of OWN[kind]) compare(object.GetParam(name), get(model, name));
          same();
        },
      ),
      {
        numRuns: 400,
        // What chance brings about too seldom: the user cancels, with all that is needed given.
        examples: [
          [
            'authentication',
            'https://a.example/',
            [
              { call: 'set', name: 'Challenge', value: base64('challenge') },
              { call: 'perform', name: 'Authenticate', cancels: true },
            ],
          ],
          ...['YR==', '', TEXT].map((nonVisible): [kind: 'signer2', url: 'https://a.example/', sequence: Step[]] => [
            'signer2',
            'https://a.example/',
            [
              { call: 'set', name: 'Nonce', value: base64('nonce') },
              { call: 'set', name: 'TextToBeSigned', value: TEXT },
              { call: 'set', name: 'NonVisibleData', value: nonVisible },
              { call: 'perform', name: 'Sign', cancels: false },
            ],
          ]),
        ],
      },
    );
    assert.ok(
      [0, 1, 8002, 8004, 8008, 8012, 8014, 8015, 8016, 8018].every((code) => codes.has(code)),
      `only ${[...codes].join(' ')} came up`,
    );
  });

  function compare(got: string | null, expected: string | null): void {
    if (expected === 'made') assert.match(Buffer.from(got!, 'base64').toString(), /^<\?xml .*<\/Signature>$/);
    else assert.equal(got === expected, true, `${got?.slice(0, 40)} is not ${expected?.slice(0, 40)}`);
  }
});
