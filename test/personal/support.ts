// A SoftHSM token with keys and certificates that OpenSSL has made, as the tests of `cryptoki/personal` want them.

import { CKO, type Token } from '../../lib';
import { createPersonal, type Choice, type ChooseRequest, type Personal, type PersonalObject, type PersonalOptions } from '../../lib/personal';
import { Authority, noOpenssl, type CertificateOptions, type Issued } from '../support/authority';
import { openSoftHsm, type Fixture } from '../support/profile';
import { skip } from '../support/skip';

export const URL = 'https://www.example.com/login?x=1';
export const NONCE = Buffer.from('a nonce').toString('base64');
export const TEXT = Buffer.from('Jag godkänner').toString('base64');
export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Who is on the token, by the label of the certificate. */
export interface Somebody {
  readonly subject?: string;
  readonly options?: CertificateOptions;
  readonly id?: Uint8Array;
  readonly without?: 'key' | 'certificate' | 'id';
}

/** PINs with a blank and letters beyond ASCII are PINs like any other. */
export const PIN = 'pin åäö 1';

/** One token for the surrounding `describe`. */
export class Bench {
  readonly authority = new Authority();
  readonly fixture: Fixture;
  readonly root: Issued;
  readonly middle: Issued;
  #serial = 0;

  constructor(fixture: Fixture) {
    this.fixture = fixture;
    this.root = this.authority.issue('/C=SE/O=A bank/CN=Root', { ca: true, keyUsage: 'keyCertSign' });
    this.middle = this.authority.issue('/C=SE/O=A bank/CN=Middle', { ca: true, keyUsage: 'keyCertSign', issuer: this.root });
  }

  get token(): Token {
    return this.fixture.token;
  }

  /** Puts somebody on the token: a private key, its public key, its certificate. */
  async put(label: string, { subject = `/C=SE/serialNumber=1/CN=${label}`, options = {}, id, without }: Somebody = {}): Promise<Issued> {
    const { token } = this;
    const issued = this.authority.issue(subject, { issuer: this.middle, ...options });
    const ids = without === 'id' ? { id: new Uint8Array(0) } : { id: id ?? Buffer.from(`id ${(this.#serial += 1)}`) };
    await token.login(PIN);
    if (without !== 'key') await token.importKey(issued.key, { label, token: true, id: ids.id });
    if (without !== 'certificate') await token.importCertificate(issued.certificate, { label, ...ids });
    if (without === undefined || without === 'certificate') {
      const publicKey = this.authority.run('openssl', ['pkey', '-in', issued.keyFile, '-pubout']).toString();
      await token.importKey(publicKey, { label, token: true, id: ids.id });
    }
    await token.logout();
    return issued;
  }

  async putChain(): Promise<void> {
    await this.token.login(PIN);
    await this.token.importCertificate(this.middle.certificate, { label: 'Middle' });
    await this.token.importCertificate(this.root.certificate, { label: 'Root' });
    await this.token.logout();
  }

  async clear(): Promise<void> {
    await this.token.login(PIN);
    for await (const object of this.token.objects()) {
      if ([CKO.CERTIFICATE, CKO.PRIVATE_KEY, CKO.PUBLIC_KEY].includes(object.class as never)) await object.destroy();
    }
    await this.token.logout();
  }

  async close(): Promise<void> {
    this.authority.remove();
    await this.fixture.close();
  }
}

export function useBench(): () => Bench {
  let bench: Bench | undefined;
  before(async function () {
    if (noOpenssl !== undefined) skip(this, noOpenssl);
    const fixture = await openSoftHsm(this);
    await fixture.token.login(fixture.pin);
    await fixture.token.setPin(fixture.pin, PIN);
    await fixture.token.logout();
    bench = new Bench(fixture);
  });
  after(async () => {
    await bench?.close();
    bench = undefined;
  });
  return () => bench!;
}

/** Answers the requests one after the other, and remembers them. */
export class Script {
  readonly requests: ChooseRequest[] = [];
  readonly #answers: ((request: ChooseRequest) => unknown)[];

  constructor(...answers: ((request: ChooseRequest) => unknown)[]) {
    this.#answers = answers;
  }

  readonly choose = async (request: ChooseRequest): Promise<Choice | null> => {
    this.requests.push(request);
    const answer = this.#answers.length > 1 ? this.#answers.shift()! : this.#answers[0]!;
    return (await answer(request)) as Choice | null;
  };

  get labels(): string[][] {
    return this.requests.map(({ identities }) => identities.map(({ label }) => label));
  }
}

export const first =
  (pin: string | Uint8Array | null = PIN) =>
  ({ identities }: ChooseRequest): Choice => ({ identity: identities[0]!, pin });
export const cancel = (): null => null;

export function personalOf(tokens: readonly Token[], script: Script, more: Partial<PersonalOptions> = {}): Personal {
  return createPersonal({ tokens, url: URL, ip: '192.0.2.10', chooseIdentity: script.choose, ...more });
}

/** An object whose required parameters are set. */
export function ready(personal: Personal, action: 'Authenticate' | 'Sign'): PersonalObject {
  const object = action === 'Sign' ? personal.signer2() : personal.authentication();
  object.SetParam(action === 'Sign' ? 'Nonce' : 'Challenge', NONCE);
  if (action === 'Sign') object.SetParam('TextToBeSigned', TEXT);
  return object;
}

export const xmlOf = (object: PersonalObject): string => Buffer.from(object.GetParam('Signature')!, 'base64').toString();
