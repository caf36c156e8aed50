// Must and must not compile: `tsc` is the test.

import type { KeyObject, X509Certificate } from 'node:crypto';
import {
  CKM,
  CKR,
  type Certificate,
  type CryptokiObject,
  type DataObject,
  Module,
  Pkcs11Error,
  Pkcs11Uri,
  type PrivateKey,
  type PublicKey,
  type SecretKey,
  type Session,
  type Slot,
  type SlotEvent,
  type Token,
} from '../../lib';

export async function modules(): Promise<void> {
  await using module = await Module.load('/lib/token.so', {
    reserved: 'configdir=x',
    threads: 4,
    signal: AbortSignal.timeout(1000),
    timeLimit: 1000,
  });
  const version: string = module.interface.version;
  const slots: Slot[] = await module.slots({ tokenPresent: true });
  const token: Token = await module.token('pkcs11:token=demo');
  await module.token({ label: 'demo', serialNumber: '1' });
  await module.token(Pkcs11Uri.parse('pkcs11:'));
  for await (const event of module.slotEvents({ interval: 100 })) {
    const seen: SlotEvent = event;
    const present: boolean = seen.tokenPresent;
    void present;
  }
  const session: Session = await token.session({ readWrite: true });
  void [version, slots, session];

  // @ts-expect-error the constructor is not for callers
  new Module();
  // @ts-expect-error a path is text
  await Module.load(7);
  // @ts-expect-error there is no such option
  await Module.load('x', { thread: 4 });
  // @ts-expect-error a token has no name
  await module.token({ name: 'demo' });
  // @ts-expect-error slots have numbers
  module.slot('1');
}

export async function logins(token: Token): Promise<void> {
  await token.login('1234');
  await token.login(Buffer.from('1234'), { user: 'so' });
  await token.login(null, { username: 'alice' });
  await token.login(async ({ purpose, key }) => (purpose === 'context' && key !== undefined ? '1234' : null));
  await token.login(Pkcs11Uri.parse('pkcs11:?pin-value=1234'));
  // @ts-expect-error a PIN is no number
  await token.login(1234);
  // @ts-expect-error there is no such user
  await token.login('1234', { user: 'root' });
  // @ts-expect-error the PIN comes first
  await token.login();
}

export async function objects(token: Token): Promise<void> {
  const key: PrivateKey = await token.privateKey({ label: 'signer', id: Buffer.of(1), keyType: 0 });
  const half: PublicKey = await token.publicKey('pkcs11:object=signer');
  const secret: SecretKey = await token.secretKey({ 0x80000123: true });
  const certificate: Certificate = await token.certificate();
  const data: DataObject = await token.createData({ value: new Uint8Array(1), label: 'note' });
  const x509: X509Certificate = certificate.x509;
  const keyObject: KeyObject | undefined = (await certificate.privateKey()).publicKey?.toKeyObject();
  for await (const object of token.objects({}, { attributes: ['value', 0x80000123] })) {
    const any: CryptokiObject = object;
    const raw: Uint8Array | undefined = any.attributes.value ?? any.attributes[0x80000123];
    void raw;
  }
  void [half, secret, data, x509, keyObject];

  const { label, modulusBits } = await key.get(['label', 'modulusBits']);
  const text: string | undefined = label;
  const bits: number | undefined = modulusBits;
  void [text, bits];
  // @ts-expect-error what was not asked for is not there
  void (await key.get(['label'])).modulusBits;
  // @ts-expect-error there is no such attribute
  await key.get(['lable']);
  // @ts-expect-error a label is text
  await token.privateKey({ label: 7 });
  // @ts-expect-error a private key does not verify
  void key.verify;
  // @ts-expect-error objects are found, not written to
  key.handle = 1n;
  // @ts-expect-error data has a value
  await token.createData({ label: 'note' });
}

export function errors(error: unknown): number | undefined {
  if (!Pkcs11Error.is(error, 'CKR_PIN_INCORRECT')) return undefined;
  const code: string = error.code;
  const call: string = error.call;
  void [code, call];
  return error.rv === CKR.PIN_INCORRECT ? error.rv : CKM.RSA_PKCS;
}
