// p11-kit's client over its server over SoftHSM: a token in another process.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf } from '../support/control.mjs';
import { acquire, mergeEnvironments } from '../support/acquire.mjs';
import { Daemon } from '../support/daemon.mjs';
import { hasApt, unpacked } from '../support/debian.mjs';
import { withLibraries } from '../support/libraries.mjs';
import { triplet } from '../support/paths.mjs';
import { Failure } from '../support/run.mjs';
import * as softhsm from './softhsm.mjs';

/** To the processes that serve the connections. */
function signal(server, name) {
  for (const child of childrenOf(server.pid)) process.kill(child, name);
}

/** Starts the server in `folder`. */
export async function start(folder) {
  if (!hasApt()) throw new Failure('needs the Debian packages p11-kit and p11-kit-modules');
  const store = acquire(softhsm);
  if (!store) throw new Failure(`needs SoftHSM: ${softhsm.advice}`);
  const tree = unpacked('p11kit', ['p11-kit', 'p11-kit-modules']);
  const libraries = withLibraries(join(tree, 'usr/lib', triplet)).environment;
  const socket = join(folder, 'socket');
  const programs = join(tree, 'usr/libexec/p11-kit');
  const environment = mergeEnvironments(process.env, libraries, store.environment, {
    SOFTHSM2_CONF: softhsm.configure(folder),
    P11_KIT_PRIVATEDIR: programs,
  });
  // One process of the server's per connection: they are in its group and end with it.
  const server = await Daemon.start(
    'p11-kit server',
    join(programs, 'p11-kit-server'),
    ['--foreground', '--provider', store.module, '--name', socket, 'pkcs11:'],
    {
      env: environment,
      log: join(folder, 'log'),
      ready: () => existsSync(socket),
    },
  );
  return {
    module: join(tree, 'usr/lib', triplet, 'pkcs11/p11-kit-client.so'),
    environment: { ...libraries, P11_KIT_SERVER_ADDRESS: `unix:path=${socket}` },
    faults: {
      kill: () => signal(server, 'SIGKILL'),
      halt: () => signal(server, 'SIGSTOP'),
      go: () => signal(server, 'SIGCONT'),
    },
    stop: () => server.stop(),
  };
}
