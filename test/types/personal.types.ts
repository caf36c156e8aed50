// Must and must not compile: `tsc` is the test.

import type { Certificate, Module, Token } from '../../lib';
import {
  createPersonal,
  FRIBID_ORDER,
  PersonalErrorCode,
  terminalChooser,
  type ChooseIdentity,
  type Identity,
  type Personal,
  type PersonalObject,
  type PersonalVersion,
} from '../../lib/personal';

const choose: ChooseIdentity = async ({ action, identities, text, textRaw, hostname, signal, lastError }) => {
  const asked: 'Authenticate' | 'Sign' = action;
  const shown: readonly [string | undefined, Uint8Array | undefined, string, AbortSignal] = [text, textRaw, hostname, signal];
  const [identity]: readonly Identity[] = identities;
  if (identity === undefined || lastError === 'CKR_PIN_LOCKED' || asked === 'Sign' || shown[0] === '') return null;
  const certificate: Certificate = identity.certificate;
  const token: Token = identity.token;
  return certificate.token === token ? { identity, pin: '1234' } : { identity, pin: null };
};

export async function personal(module: Module, tokens: Token[]): Promise<string | null> {
  const made: Personal = createPersonal({ module, url: 'https://a/', chooseIdentity: choose, versionOrder: FRIBID_ORDER });
  createPersonal({ tokens: new Set(tokens), url: 'https://a/', chooseIdentity: terminalChooser({ columns: 40 }), signatureAlgorithm: 'rsa-sha256' });
  const version: PersonalVersion = made.create('application/x-personal-version');
  const signer: PersonalObject = made.create('application/x-personal-signer2');
  const code: PersonalErrorCode = signer.SetParam('Nonce', 'x');
  const outcome: number = await signer.PerformAction('Sign');
  // @ts-expect-error a value is text
  signer.SetParam('ServerTime', 5);
  // @ts-expect-error it has two arguments
  signer.SetParam('Nonce');
  // @ts-expect-error the version object has nothing else
  version.GetLastError();
  // @ts-expect-error the others have no version
  signer.GetVersion();
  // @ts-expect-error somebody must choose
  createPersonal({ module, url: 'https://a/' });
  // @ts-expect-error there is no such algorithm
  createPersonal({ module, url: 'https://a/', chooseIdentity: choose, signatureAlgorithm: 'rsa-md5' });
  return code === PersonalErrorCode.None && outcome === 0 ? signer.GetParam('Signature') : version.GetVersion();
}
