import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { CKR, type Module, type Token } from '../../lib';
import { createPersonal, type ChooseRequest, type PersonalObject, type PersonalOptions } from '../../lib/personal';
import type { FaultModule } from '../support/fault-module';
import { place } from '../support/place';
import { issue, type Holder } from '../support/certificates';
import { authorized } from '../support/usage';
import { base64, cancel, first, NONCE, personalOf, ready, Script, TEXT, xmlOf } from './support';

const PIN = '1234';

describe('personal: PerformAction', () => {
  let fault: FaultModule;
  let module: Module;
  let token: Token;
  let holder: Holder;

  before(() => {
    holder = authorized(issue('Somebody'), 'digitalSignature', 'nonRepudiation');
  });

  beforeEach(async () => {
    ({ fault, module, token } = await place());
    await token.login(PIN);
    const id = Buffer.from('somebody');
    await token.importKey(holder.privateKey, { token: true, id });
    await token.importKey(holder.publicKey, { token: true, id });
    await token.importCertificate(holder.certificate, { id });
    await token.logout();
  });

  afterEach(async () => {
    fault.reset();
    await module.close();
    assert.equal(fault.get('sessions'), 0);
    fault.close();
  });

  const object = (action: 'Authenticate' | 'Sign', script = new Script(first(PIN)), more: Partial<PersonalOptions> = {}): PersonalObject =>
    ready(personalOf([token], script, more), action);

  /** Sets everything wrong from stage `from` on: what comes first counts. */
  async function answers(made: PersonalObject, action: string, code: number, signature: string | null | undefined): Promise<void> {
    assert.equal(await made.PerformAction(action), code, String(made.cause));
    assert.equal(made.GetLastError(), code, 'the return value is also the last error');
    if (signature !== undefined) assert.equal(made.GetParam('Signature'), signature);
  }

  it('7: 0, and Signature is set', async () => {
    for (const action of ['Authenticate', 'Sign'] as const) {
      const made = object(action);
      await answers(made, action, 0, undefined);
      assert.match(xmlOf(made), /^<\?xml /);
      assert.equal(made.cause, undefined);
    }
  });

  it('action names are case-insensitive, in ASCII', async () => {
    for (const name of ['sign', 'SIGN', 'sIgN']) await answers(object('Sign'), name, 0, undefined);
    for (const name of ['authenticate', 'AUTHENTICATE']) await answers(object('Authenticate'), name, 0, undefined);
    for (const name of ['ſign', 'SıGN', 'sign ', '', 'Sign\0', 'constructor']) await answers(object('Sign'), name, 8008, null);
  });

  const elsewhere: Partial<PersonalOptions> = { url: 'http://www.example.com/', hostname: 'No Host', ip: 'no address' };

  it('1: unknown action, or the other kind’s → 8008, before all else, and Signature stays', async () => {
    for (const [made, name] of [
      [personalOf([token], new Script(cancel), elsewhere).signer2(), 'Authenticate'],
      [personalOf([token], new Script(cancel), elsewhere).authentication(), 'Sign'],
      [personalOf([token], new Script(cancel), elsewhere).signer2(), 'CreateRequest'],
    ] as const) {
      made.SetParam('Signature', 'old');
      await answers(made, name, 8008, 'old');
    }
  });

  it('2: a required parameter missing or empty → 8016, before the URL, and Signature stays', async () => {
    const { authentication, signer2 } = personalOf([token], new Script(cancel), elsewhere);
    const none = authentication();
    none.SetParam('Signature', 'old');
    await answers(none, 'Authenticate', 8016, 'old');
    none.SetParam('Challenge', '');
    await answers(none, 'Authenticate', 8016, 'old');
    for (const [nonce, text] of [
      [undefined, TEXT],
      [NONCE, undefined],
      ['', TEXT],
      [NONCE, ''],
    ] as const) {
      const made = signer2();
      made.SetParam('Signature', 'old');
      if (nonce !== undefined) made.SetParam('Nonce', nonce);
      if (text !== undefined) made.SetParam('TextToBeSigned', text);
      await answers(made, 'Sign', 8016, 'old');
    }
  });

  it('3: the URL does not start with exactly https:// → 8015, before the values, and Signature is ""', async () => {
    for (const url of [
      'http://www.example.com/',
      'HTTPS://www.example.com/',
      ' https://www.example.com/',
      'https:/www.example.com',
      'file:///https://',
      '',
      'httpsx://a',
    ]) {
      const made = object('Sign', undefined, { ...elsewhere, url });
      made.SetParam('Nonce', 'no base64!');
      made.SetParam('Signature', 'old');
      await answers(made, 'Sign', 8015, '');
      assert.equal(made.cause, undefined);
    }
  });

  it('4: what is no canonical base64 → 1, before anybody is asked, and Signature is ""', async () => {
    const script = new Script(first(PIN));
    for (const bad of ['no base64!', 'YQ', 'YQ=', 'YR==', 'YQ==\n', ' YQ==', 'YQ==YQ==', '=', 'YWJj=', '_-8=', '\ud800', '<x>', 'YQ\0==']) {
      for (const name of ['Nonce', 'TextToBeSigned', 'NonVisibleData']) {
        const made = object('Sign', script);
        made.SetParam(name, bad);
        made.SetParam('Signature', 'old');
        await answers(made, 'Sign', 1, '');
        assert.match((made.cause as Error).message, /canonical/);
      }
      const made = object('Authenticate', script);
      made.SetParam('Challenge', bad);
      await answers(made, 'Authenticate', 1, '');
    }
    assert.equal(script.requests.length, 0);
  });

  it('4: a host name, or an address, with characters that none has → 1', async () => {
    for (const hostname of ['Example.com', 'a_b', 'a b', 'ex.com:80', 'g::1', '[::g]', 'a"b', '<x>', 'é.se', 'a.b/']) {
      await answers(object('Sign', undefined, { hostname }), 'Sign', 1, '');
    }
    for (const ip of ['192.0.2.10 ', 'g', 'FE80::1', '1-2', '<ip>']) await answers(object('Sign', undefined, { ip }), 'Sign', 1, '');
    for (const hostname of ['', 'localhost', 'a-b.example.com', '127.0.0.1', '[::1]', 'fe80::1']) {
      await answers(object('Sign', undefined, { hostname }), 'Sign', 0, undefined);
    }
    for (const ip of ['', '127.0.0.1', 'fe80::1', '[::1]']) await answers(object('Sign', undefined, { ip }), 'Sign', 0, undefined);
  });

  it('the host name defaults to that of the URL; ip to the first IPv4 of a lookup, "" when that fails', async () => {
    for (const [url, hostname, ip] of [
      ['https://127.0.0.1:8443/x', '127.0.0.1', '127.0.0.1'],
      ['https://no-such-host.invalid/', 'no-such-host.invalid', ''],
      ['https://', '', ''],
    ] as const) {
      const script = new Script(first(PIN));
      const made = ready(createPersonal({ tokens: [token], url, chooseIdentity: script.choose }), 'Sign');
      await answers(made, 'Sign', 0, undefined);
      assert.equal(script.requests[0]!.hostname, hostname);
      assert.ok(xmlOf(made).includes(`<host><fqdn>${hostname}</fqdn><ip>${ip}</ip></host>`));
    }
  });

  it('5: Subjects that is no canonical base64 is ignored; Policys is stored and has no effect', async () => {
    const made = object('Sign');
    made.SetParam('Subjects', 'no base64!');
    made.SetParam('Policys', 'no base64!');
    await answers(made, 'Sign', 0, undefined);
    assert.equal(made.GetParam('Policys'), 'no base64!');
  });

  it('6: cancelled → 8002, and Signature is ""', async () => {
    const made = object('Sign', new Script(cancel));
    made.SetParam('Signature', 'old');
    await answers(made, 'Sign', 8002, '');
    assert.equal(made.cause, undefined);
  });

  it('a locked PIN: the chooser is called again with CKR_PIN_LOCKED, after which that identity cannot be used', async () => {
    fault.fail('C_Login', CKR.PIN_LOCKED);
    const script = new Script(first(PIN), cancel);
    await answers(object('Sign', script), 'Sign', 8002, '');
    assert.equal(script.requests[1]!.lastError, 'CKR_PIN_LOCKED');
    assert.deepEqual(
      script.requests.map(({ identities }) => identities.length),
      [1, 0],
    );
  });

  it('a PIN that is never right is asked for again and again, and others have their turn', async () => {
    const controller = new AbortController();
    const made = object('Sign', new Script(first('wrong')), { signal: controller.signal });
    fault.fail('C_Login', CKR.PIN_INCORRECT, { times: 1e6 });
    const action = made.PerformAction('Sign');
    await setTimeout(30);
    controller.abort();
    assert.equal(await action, 8002);
  });

  for (const [title, break_] of [
    ['signing refused', () => fault.fail('C_SignInit', CKR.KEY_FUNCTION_NOT_PERMITTED, { times: 10 })],
    ['a PIN that has expired', () => fault.fail('C_Login', CKR.PIN_EXPIRED, { times: 10 })],
    ['a failing device', () => fault.fail('C_Login', CKR.FUNCTION_FAILED, { times: 10 })],
  ] as [string, () => void][]) {
    it(`an internal failure → 1, and the program sees the cause: ${title}`, async () => {
      break_();
      const made = object('Sign');
      await answers(made, 'Sign', 1, '');
      assert.match((made.cause as { code: string }).code, /^CKR_/);
      assert.ok(!String((made.cause as Error).stack).includes(PIN));
      fault.reset();
      await answers(made, 'Sign', 0, undefined);
      assert.equal(made.cause, undefined);
    });
  }

  it('a token pulled in mid-call → 1, and the process lives', async () => {
    const script = new Script((request: ChooseRequest) => {
      fault.remove(1);
      return first(PIN)(request);
    });
    const made = object('Sign', script);
    await answers(made, 'Sign', 1, '');
    assert.match((made.cause as { code: string }).code, /^CKR_(?:DEVICE_REMOVED|TOKEN_NOT_PRESENT)/);
  });

  describe('a chooser', () => {
    it('that throws, or rejects: 1, with what it threw as the cause', async () => {
      const thrown = new Error('broken');
      for (const choose of [
        () => {
          throw thrown;
        },
        () => Promise.reject(thrown),
      ]) {
        const made = ready(createPersonal({ tokens: [token], url: 'https://a/', ip: '', chooseIdentity: choose }), 'Sign');
        await answers(made, 'Sign', 1, '');
        assert.equal(made.cause, thrown);
      }
    });

    it('that returns nonsense: 1, and an error that says what it should return', async () => {
      const someone = ({ identities }: ChooseRequest): object => ({ ...identities[0] });
      for (const answer of [
        () => undefined,
        () => 5,
        () => 'yes',
        () => ({}),
        () => [],
        (request: ChooseRequest) => ({ identity: someone(request), pin: PIN }),
        ({ identities }: ChooseRequest) => ({ identity: identities[0], pin: 1234 }),
        ({ identities }: ChooseRequest) => ({ identity: identities[0] }),
        ({ identities }: ChooseRequest) => ({ identity: identities[0], pin: () => PIN }),
      ]) {
        const made = object('Sign', new Script(answer));
        await answers(made, 'Sign', 1, '');
        assert.ok(made.cause instanceof TypeError);
        assert.match(made.cause.message, /^chooseIdentity must answer/);
        assert.ok(!made.cause.message.includes(PIN));
      }
    });

    it('that never settles: the signal of the program ends it, as cancelled', async () => {
      const controller = new AbortController();
      const script = new Script(() => new Promise(() => undefined));
      const made = object('Sign', script, { signal: controller.signal });
      const action = made.PerformAction('Sign');
      while (script.requests.length === 0) await setTimeout(1);
      assert.equal(script.requests[0]!.signal.aborted, false);
      controller.abort();
      assert.equal(await action, 8002);
      assert.equal(script.requests[0]!.signal.aborted, true);
      assert.equal(made.GetParam('Signature'), '');
      assert.equal(await made.PerformAction('Sign'), 8002, 'the signal stays as it is');
    });

    it('that throws when the signal fires has cancelled', async () => {
      const controller = new AbortController();
      const script = new Script(
        ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
      );
      const made = object('Sign', script, { signal: controller.signal });
      const action = made.PerformAction('Sign');
      while (script.requests.length === 0) await setTimeout(1);
      controller.abort();
      assert.equal(await action, 8002);
    });

    it('that answers too late is not heard', async () => {
      let answer: (value: unknown) => void = () => undefined;
      const controller = new AbortController();
      const script = new Script(() => new Promise((resolve) => (answer = resolve)));
      const action = object('Sign', script, { signal: controller.signal }).PerformAction('Sign');
      while (script.requests.length === 0) await setTimeout(1);
      controller.abort();
      assert.equal(await action, 8002);
      answer(first(PIN)(script.requests[0]!));
      await setTimeout(10);
      assert.equal(fault.calls('C_Login'), 1, 'the one of the test itself');
    });
  });

  /** Signs with a token that hangs, until the signal ends it. */
  async function giveUp(): Promise<void> {
    const controller = new AbortController();
    const made = object('Sign', undefined, { signal: controller.signal });
    fault.hang('C_SignInit');
    const action = made.PerformAction('Sign');
    await fault.inside('C_SignInit');
    controller.abort();
    assert.equal(await action, 8002);
  }

  it('the signal also ends the waiting for a token that hangs', async () => {
    await giveUp();
    fault.release('C_SignInit');
  });

  it('what was given up is over, and logged out, before the next one begins', async () => {
    await giveUp();
    const script = new Script(first('wrong'), first(PIN));
    const next = object('Sign', script);
    const following = next.PerformAction('Sign');
    while (script.requests.length === 0) await setTimeout(1);
    fault.release('C_SignInit');
    assert.equal(await following, 0, String(next.cause));
    assert.equal(script.requests[1]!.lastError, 'CKR_PIN_INCORRECT', 'the login of the first one was not there any more');
    assert.equal(token.loggedIn, false);
  });

  it('after a card was pulled nobody is logged in when it comes back', async () => {
    const script = new Script(
      (request: ChooseRequest) => {
        fault.fail('C_SignInit', CKR.DEVICE_REMOVED);
        return first(PIN)(request);
      },
      first('wrong'),
      cancel,
    );
    const made = object('Sign', script);
    const action = made.PerformAction('Sign');
    while (fault.calls('C_SignInit') === 0) await setTimeout(1);
    fault.remove(1);
    assert.equal(await action, 1);
    fault.insert(1);
    const next = object('Sign', script);
    assert.equal(await next.PerformAction('Sign'), 8002, String(next.cause));
    assert.equal(script.requests.at(-1)!.lastError, 'CKR_PIN_INCORRECT');
    assert.equal(token.loggedIn, false);
  });

  it('Reset cancels the action that runs, and nothing of it comes into the object', async () => {
    const script = new Script(() => new Promise(() => undefined), first(PIN));
    const made = object('Sign', script);
    const action = made.PerformAction('Sign');
    while (script.requests.length === 0) await setTimeout(1);
    assert.equal(made.Reset(), 0);
    assert.equal(await action, 8002);
    assert.equal(made.GetLastError(), 0);
    assert.equal(made.GetParam('Signature'), null);
    made.SetParam('Nonce', NONCE);
    made.SetParam('TextToBeSigned', base64('again'));
    await answers(made, 'Sign', 0, undefined);
  });

  it('the parameters are those of the beginning', async () => {
    const script = new Script((request: ChooseRequest) => {
      made.SetParam('Nonce', base64('late'));
      return first(PIN)(request);
    });
    const made = object('Sign', script);
    await answers(made, 'Sign', 0, undefined);
    assert.ok(xmlOf(made).includes(`<nonce>${NONCE}</nonce>`));
  });
});
