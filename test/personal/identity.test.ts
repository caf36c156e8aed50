import assert from 'node:assert/strict';
import { Certificate, Module, type Token } from '../../lib';
import { base64, cancel, first, NONCE, personalOf, PIN, ready, Script, TEXT, URL, useBench } from './support';
import { createPersonal, type ChooseRequest, type Choice, type PersonalObject } from '../../lib/personal';
import { openToken, type Fixture } from '../support/profile';

const AUTHENTICATION = { keyUsage: 'digitalSignature' };
const SIGNATURE = { keyUsage: 'nonRepudiation' };
const BOTH = { keyUsage: 'digitalSignature, nonRepudiation' };

describe('personal: the identity choice', () => {
  const bench = useBench();

  async function offered(action: 'Authenticate' | 'Sign', set: Record<string, string> = {}, tokens: Token[] = [bench().token]): Promise<string[]> {
    const script = new Script(cancel);
    const object = ready(personalOf(tokens, script), action);
    for (const [name, value] of Object.entries(set)) object.SetParam(name, value);
    assert.equal(await object.PerformAction(action), 8002, String(object.cause));
    return script.labels[0]!.sort();
  }

  describe('what is offered', () => {
    before(async function () {
      // Some dozens of processes, one after the other.
      this.timeout(60_000);
      await bench().clear();
      await bench().putChain();
      await bench().put('authentication', { options: { ...AUTHENTICATION, kind: 'rsa:2048' }, subject: '/CN=a/serialNumber=195001011234' });
      await bench().put('signature', { options: SIGNATURE, subject: '/serialNumber=195001011234/serialNumber=2/CN=s' });
      await bench().put('both', { options: BOTH, subject: '/serialNumber=2/serialNumber=195001011234/CN=b' });
      await bench().put('none', { subject: '/CN=no key usage' });
      await bench().put('encryption', { options: { keyUsage: 'keyEncipherment' } });
      await bench().put('key only', { options: BOTH, without: 'certificate' });
      await bench().put('certificate only', { options: BOTH, without: 'key' });
      await bench().put('no identifier', { options: BOTH, without: 'id' });
    });

    it('Authenticate needs keyUsage digitalSignature, Sign needs nonRepudiation; no keyUsage extension = not offered', async () => {
      assert.deepEqual(await offered('Authenticate'), ['authentication', 'both']);
      assert.deepEqual(await offered('Sign'), ['both', 'signature']);
    });

    it('a private key with the same CKA_ID, before login and after', async () => {
      await bench().token.login(PIN);
      assert.deepEqual(await offered('Authenticate'), ['authentication', 'both']);
      assert.deepEqual(await offered('Sign'), ['both', 'signature']);
      assert.equal(bench().token.loggedIn, true, 'the login of somebody else stays');
      await bench().token.logout();
    });

    it('Subjects: compared with the first serialNumber attribute of the subject, character for character', async () => {
      const subjects = (text: string): Promise<string[]> => offered('Sign', { Subjects: base64(text) });
      assert.deepEqual(await subjects('2.5.4.5=195001011234'), ['signature']);
      assert.deepEqual(await subjects('2.5.4.5=2'), ['both']);
      assert.deepEqual(await subjects('2.5.4.5=19500101123'), []);
      assert.deepEqual(await subjects('2.5.4.5= 2'), []);
      assert.deepEqual(await subjects('2.5.4.5=2\0'), []);
      assert.deepEqual(await subjects('2.5.4.5=é'), []);
    });

    it('Subjects: anything else than 2.5.4.5=<serial> without a comma is no filter', async () => {
      for (const text of ['', '2.5.4.5=', '2.5.4.5=2,2.5.4.3=x', '2.5.4.3=s', ' 2.5.4.5=2', 'serialNumber=2', '2.5.4.5', '2.5.4.50=2']) {
        assert.deepEqual(await offered('Sign', { Subjects: base64(text) }), ['both', 'signature'], text);
      }
    });

    it('Subjects that is no canonical base64 is ignored', async () => {
      const good = base64('2.5.4.5=22');
      for (const value of [`${good}\n`, good.replace(/=*$/, ''), ` ${good}`, '2.5.4.5=2', '\ud800']) {
        assert.deepEqual(await offered('Sign', { Subjects: value }), ['both', 'signature'], value);
      }
    });

    it('a certificate without a serialNumber never matches a valid filter', async () => {
      await bench().put('nameless', { options: SIGNATURE, subject: '/CN=nobody' });
      assert.ok((await offered('Sign')).includes('nameless'));
      for (const serial of ['undefined', 'null', '1'])
        assert.ok(!(await offered('Sign', { Subjects: base64(`2.5.4.5=${serial}`) })).includes('nameless'));
    });

    it('Policys is stored and has no effect', async () => {
      assert.deepEqual(await offered('Authenticate', { Policys: base64('1.2.3.4;1.2.3.5') }), ['authentication', 'both']);
      assert.deepEqual(await offered('Authenticate', { Policys: 'no base64' }), ['authentication', 'both']);
    });

    it('an identity is { certificate, token, label, subject, … } with our own Certificate and Token', async () => {
      const script = new Script(cancel);
      await ready(personalOf([bench().token], script), 'Authenticate').PerformAction('Authenticate');
      const [identity] = script.requests[0]!.identities.filter(({ label }) => label === 'authentication');
      assert.ok(identity!.certificate instanceof Certificate);
      assert.equal(identity!.token, bench().token);
      assert.match(identity!.subject, /CN=a/);
      assert.match(identity!.issuer, /CN=Middle/);
      assert.equal(identity!.serialNumber, '195001011234');
      assert.equal(identity!.pinPad, false);
      assert.equal(identity!.validTo.getTime(), new Date(identity!.certificate.x509.validTo).getTime());
    });
  });

  describe('what the chooser is told', () => {
    before(async () => {
      await bench().clear();
      await bench().put('both', { options: BOTH });
    });

    async function asked(action: 'Authenticate' | 'Sign', text?: Buffer): Promise<ChooseRequest> {
      const script = new Script(cancel);
      const object = ready(personalOf([bench().token], script), action);
      if (text !== undefined) object.SetParam('TextToBeSigned', text.toString('base64'));
      assert.equal(await object.PerformAction(action), 8002);
      return script.requests[0]!;
    }

    it('{ action, identities, hostname, signal }, and for Sign the text', async () => {
      const authenticate = await asked('Authenticate');
      assert.equal(authenticate.action, 'Authenticate');
      assert.equal(authenticate.hostname, 'www.example.com');
      assert.ok(authenticate.signal instanceof AbortSignal);
      assert.deepEqual(Object.keys(authenticate).sort(), ['action', 'hostname', 'identities', 'signal']);
      assert.deepEqual(Object.keys(await asked('Sign')).sort(), ['action', 'hostname', 'identities', 'signal', 'text', 'textRaw']);
    });

    it('text is TextToBeSigned decoded for display: UTF-8 if valid, else ISO-8859-1', async () => {
      for (const [bytes, text] of [
        [Buffer.from('Jag godkänner 😀'), 'Jag godkänner 😀'],
        [Buffer.from('Jag godkänner', 'latin1'), 'Jag godkänner'],
        [Buffer.from([0x80, 0x9f, 0xff]), '\u0080\u009fÿ'],
        [Buffer.from('\ufeffwith a mark'), '\ufeffwith a mark'],
      ] as const) {
        const request = await asked('Sign', bytes);
        assert.equal(request.text, text);
        assert.deepEqual(Buffer.from(request.textRaw!), bytes);
      }
    });

    it('with a NUL in it, it is not displayable: text is undefined, textRaw holds the bytes', async () => {
      const request = await asked('Sign', Buffer.from('a\0b'));
      assert.equal(request.text, undefined);
      assert.deepEqual(Buffer.from(request.textRaw!), Buffer.from('a\0b'));
    });

    it('with no identity the chooser is still called, and can only cancel', async () => {
      const script = new Script(cancel);
      assert.equal(await ready(personalOf([], script), 'Sign').PerformAction('Sign'), 8002);
      assert.deepEqual(script.labels, [[]]);
    });
  });

  describe('RSA and EC keys alike, over all tokens given', () => {
    let other: Fixture;

    before(async () => {
      await bench().clear();
      await bench().put('one', { options: BOTH });
      other = await openToken(bench().fixture.profile);
      const issued = bench().authority.issue('/CN=other', { ...BOTH, kind: 'rsa:2048', issuer: bench().middle });
      await other.token.login(other.pin);
      await other.token.importKey(issued.key, { token: true, id: Buffer.of(1) });
      await other.token.importCertificate(issued.certificate, { id: Buffer.of(1), label: 'other' });
      await other.token.logout();
    });
    after(() => other?.close());

    it('tokens: those that were given', async () => {
      assert.deepEqual(await offered('Sign', {}, [bench().token, other.token]), ['one', 'other']);
      assert.deepEqual(await offered('Sign', {}, [other.token]), ['other'], 'without public keys on the token too');
    });

    it('module: all of it', async () => {
      const script = new Script(cancel);
      const personal = createPersonal({ module: bench().fixture.module, url: URL, ip: '', chooseIdentity: script.choose });
      assert.equal(await ready(personal, 'Sign').PerformAction('Sign'), 8002);
      assert.deepEqual(script.labels[0]!.sort(), ['one', 'other']);
      for (const { certificate, token } of script.requests[0]!.identities) assert.equal(certificate.token, token);
    });

    it('each signs on its own token, with its own PIN', async () => {
      for (const [wanted, pin] of [
        ['one', PIN],
        ['other', other.pin],
      ] as const) {
        const choose = ({ identities }: ChooseRequest): Choice => ({ identity: identities.find(({ label }) => label === wanted)!, pin });
        const object = ready(personalOf([bench().token, other.token], new Script(choose)), 'Sign');
        assert.equal(await object.PerformAction('Sign'), 0, String(object.cause));
      }
    });

    it('a token that has gone takes nothing from the others; when all have gone it is an internal failure', async () => {
      const module = await Module.load(bench().fixture.profile.module);
      const gone = await module.token({ serialNumber: other.token.serialNumber });
      await module.close();
      assert.deepEqual(await offered('Sign', {}, [gone, bench().token]), ['one']);
      const object = ready(personalOf([gone], new Script(cancel)), 'Sign');
      assert.equal(await object.PerformAction('Sign'), 1);
      assert.equal((object.cause as { code: string }).code, 'ERR_CRYPTOKI_CLOSED');
    });

    it('the module may have tokens that were never initialised', async () => {
      const infos = await Promise.all((await bench().fixture.module.tokens()).map((token) => token.info()));
      assert.ok(infos.some(({ tokenInitialized }) => !tokenInitialized));
    });
  });

  describe('a wrong PIN never surfaces as an error code', () => {
    beforeEach(async () => {
      await bench().clear();
      await bench().put('both', { options: BOTH });
    });

    const sign = async (script: Script): Promise<[number, PersonalObject]> => {
      const object = ready(personalOf([bench().token], script), 'Sign');
      return [await object.PerformAction('Sign'), object];
    };

    it('the chooser is called again with lastError CKR_PIN_INCORRECT', async () => {
      const script = new Script(first('wrong'), first(`${PIN} `), first(' '), first('x'.repeat(300)), first('\ud800'), first());
      const [code] = await sign(script);
      assert.equal(code, 0);
      assert.deepEqual(
        script.requests.map(({ lastError }) => lastError),
        [undefined, ...Array(5).fill('CKR_PIN_INCORRECT')],
      );
    });

    it('and may be cancelled then', async () => {
      const script = new Script(first('wrong'), cancel);
      assert.equal((await sign(script))[0], 8002);
      assert.equal(script.requests.length, 2);
    });

    it('a PIN in bytes is as good', async () => {
      assert.equal((await sign(new Script(first(Buffer.from(PIN)))))[0], 0);
    });

    it('the PIN is asked for at every action: nobody stays logged in', async () => {
      const script = new Script(first());
      const object = ready(personalOf([bench().token], script), 'Sign');
      assert.equal(await object.PerformAction('Sign'), 0);
      assert.equal(bench().token.loggedIn, false);
      assert.equal(await object.PerformAction('Sign'), 0);
      assert.equal(script.requests.length, 2);
      const again = new Script(first('wrong'), cancel);
      assert.equal((await sign(again))[0], 8002);
      assert.equal(again.requests[1]!.lastError, 'CKR_PIN_INCORRECT');
    });

    it('a certificate that turns out to have no private key is asked about no more', async () => {
      const { token, authority, middle } = bench();
      await bench().clear();
      await bench().put('no key', { options: BOTH, without: 'key' });
      const real = authority.issue('/CN=real', { ...BOTH, issuer: middle });
      await token.login(PIN);
      await token.importKey(real.key, { token: true, id: Buffer.from('real') });
      await token.importCertificate(real.certificate, { label: 'real', id: Buffer.from('real') });
      await token.logout();
      const named =
        (wanted: string) =>
        ({ identities }: ChooseRequest): Choice => ({ identity: identities.find(({ label }) => label === wanted)!, pin: PIN });
      const script = new Script(named('no key'), named('real'));
      const [code] = await sign(script);
      assert.equal(code, 0);
      assert.deepEqual(
        script.labels.map((labels) => labels.sort()),
        [['no key', 'real'], ['real']],
      );
      assert.equal(script.requests[1]!.lastError, 'ERR_CRYPTOKI_NOT_FOUND');
    });

    it('forty actions at once: each with its own PIN', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, at) => sign(at % 4 === 3 ? new Script(first('wrong'), cancel) : new Script(first()))),
      );
      assert.deepEqual(
        outcomes.map(([code]) => code),
        Array.from({ length: 40 }, (_, at) => (at % 4 === 3 ? 8002 : 0)),
      );
      assert.equal(bench().token.loggedIn, false);
      assert.ok(outcomes[0]![1].GetParam('Signature'));
      assert.deepEqual([outcomes[0]![1].GetParam('Nonce'), outcomes[0]![1].GetParam('TextToBeSigned')], [NONCE, TEXT]);
    }).timeout(60_000);
  });
});
