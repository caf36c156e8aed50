// The token that the installed package signs on: SoftHSM with an RSA key, its certificate, and a PIN.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { acquire, mergeEnvironments } from '../support/acquire.mjs';
import { root } from '../support/paths.mjs';
import * as softhsm from '../tokens/softhsm.mjs';
import { succeed } from './machine.mjs';
import { Skip } from './report.mjs';

/** `environment()` of a process that signs; a `Skip` is thrown by it where this machine can have no SoftHSM. */
export class SigningToken {
  #environment;
  #reason;

  /** Makes the token in `folder`, with what this checkout has built. */
  static async make(folder) {
    const token = new SigningToken();
    const got = acquire(softhsm, { say: (text) => console.log(`· ${text}`) });
    if (!got) {
      token.#reason = `this machine has no SoftHSM and no way to get it: ${softhsm.advice}`;
      return token;
    }
    const store = join(folder, 'store');
    mkdirSync(store, { recursive: true });
    const certificate = join(folder, 'certificate.pem');
    token.#environment = mergeEnvironments(got.environment, {
      SOFTHSM2_CONF: softhsm.configure(store),
      PKCS11_MODULE: got.module,
      PKCS11_CERTIFICATE: certificate,
    });
    const env = mergeEnvironments(process.env, token.#environment);
    await succeed(process.execPath, [join(root, 'scripts/package/make-token.mjs')], { cwd: root, env });
    if (!existsSync(certificate)) throw new Error('the token was not made');
    return token;
  }

  environment() {
    if (this.#environment === undefined) throw new Skip(this.#reason);
    return this.#environment;
  }
}
