// tpm2-pkcs11 over swtpm, a TPM 2.0 in a process.
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { mergeEnvironments } from '../support/acquire.mjs';
import { Daemon, freePorts } from '../support/daemon.mjs';
import { hasApt, unpacked } from '../support/debian.mjs';
import { withLibraries } from '../support/libraries.mjs';
import { triplet } from '../support/paths.mjs';
import { Failure } from '../support/run.mjs';

const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.destroy())
      .once('error', () => {})
      .once('close', (failed) => resolve(!failed));
  });

/**
 * TPM2_DictionaryAttackParameters: a thousand tries, of which one is forgotten each second. A TPM counts a try for each restart that TPM2_Shutdown has not announced
 * (TPM 2.0 Library, part 1, section "Dictionary Attack Protection"), and tpm2-pkcs11 leaves announcing to the operating system: after three there is no login.
 */
const MANY_TRIES = Buffer.from('8002000000270000013a4000000a00000009400000090000000000000003e80000000100000001', 'hex');

/** The TPM's answer to a command, for which nobody else may be connected. */
const ask = (port, command) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(command));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer);
    });
    socket.once('error', reject);
  });

/** Starts the TPM in `folder`. */
export async function start(folder) {
  if (!hasApt()) throw new Failure('needs the Debian packages swtpm and libtpm2-pkcs11-1');
  const tree = unpacked('tpm2', ['swtpm', 'libtpm2-pkcs11-1', 'libtss2-tcti-swtpm0']);
  const library = join(tree, 'usr/lib', triplet);
  const libraries = withLibraries(library, join(library, 'swtpm')).environment;
  const [state, store] = ['tpm', 'store'].map((name) => join(folder, name));
  for (const path of [state, store]) mkdirSync(path);
  const port = await freePorts(2); // the driver finds the control channel at the next port
  const startTpm = () =>
    Daemon.start(
      'swtpm',
      join(tree, 'usr/bin/swtpm'),
      [
        'socket',
        '--tpm2',
        '--tpmstate',
        `dir=${state}`,
        '--flags',
        'not-need-init,startup-clear',
        '--server',
        `type=tcp,port=${port},bindaddr=127.0.0.1`,
        '--ctrl',
        `type=tcp,port=${port + 1},bindaddr=127.0.0.1`,
      ],
      { env: mergeEnvironments(process.env, libraries), log: join(folder, 'log'), ready: () => listens(port + 1) },
    );
  let tpm = await startTpm();
  const code = (await ask(port, MANY_TRIES)).readUInt32BE(6);
  if (code !== 0) throw new Failure(`TPM2_DictionaryAttackParameters: 0x${code.toString(16)}`);
  return {
    module: join(library, 'pkcs11/libtpm2_pkcs11.so'),
    environment: {
      ...libraries,
      TPM2_PKCS11_TCTI: `swtpm:host=127.0.0.1,port=${port}`,
      TPM2_PKCS11_STORE: store,
      TPM2_PKCS11_BACKEND: 'esysdb',
      TSS2_LOG: 'all+none',
    },
    faults: {
      restart: async () => {
        await tpm.stop();
        tpm = await startTpm();
      },
    },
    stop: () => tpm.stop(),
  };
}
