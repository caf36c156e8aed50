// OpenSC over pcscd, with a PIV card made of software in vsmartcard's virtual reader.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mergeEnvironments } from '../support/acquire.mjs';
import { Daemon } from '../support/daemon.mjs';
import { hasApt, unpacked } from '../support/debian.mjs';
import { withLibraries } from '../support/libraries.mjs';
import { root, triplet } from '../support/paths.mjs';
import { Failure, output } from '../support/run.mjs';

const port = 35990; // in a network of its own: every run can have the same

/** Tells the card something; see piv/reader.mjs. */
function tell(control, command) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(control, () => socket.write(`${command}\n`));
    socket
      .once('data', () => {
        socket.destroy();
        resolve();
      })
      .once('error', reject);
  });
}

// pcscd's socket is in /run/pcscd whatever one configures, and the virtual reader listens on every address: both get a
// mount and a network namespace. The reader sends length and body in two packets: without quickack each waits 40 ms.
const script = `
set -e
ip link set lo up
ip route replace local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1 || true
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
mount --bind "$1/run" /run/pcscd
"$2" "$3" ${port} "$1/card" &
exec "$4" --foreground --config "$1/reader.conf"
`;

/** Starts pcscd and the card in `folder`. */
export async function start(folder) {
  if (!hasApt()) throw new Failure('needs the Debian packages opensc-pkcs11, pcscd and vsmartcard-vpcd');
  if (process.getuid() !== 0 || output('unshare', ['--mount', '--net', 'true']) === undefined)
    throw new Failure('needs root, for namespaces of its own');
  if (output('ip', ['link']) === undefined) throw new Failure('needs the command ip (Debian: iproute2)');
  const tree = unpacked('opensc', ['opensc-pkcs11', 'pcscd', 'libpcsclite1', 'vsmartcard-vpcd']);
  const library = join(tree, 'usr/lib', triplet);
  const libraries = withLibraries(library).environment;
  mkdirSync(join(folder, 'run'));
  writeFileSync(
    join(folder, 'reader.conf'),
    [
      'FRIENDLYNAME "Virtual PCD"',
      `DEVICENAME /dev/null:0x${port.toString(16)}`,
      `LIBPATH ${join(tree, 'usr/lib/pcsc/drivers/serial/libifdvpcd.so')}`,
      `CHANNELID 0x${port.toString(16)}`,
      '',
    ].join('\n'),
  );
  // Short APDUs, which the virtual reader passes on; a cache on disk would remember cards of earlier runs.
  writeFileSync(
    join(folder, 'opensc.conf'),
    'app default { reader_driver pcsc { max_send_size = 255; max_recv_size = 256; } framework pkcs15 { use_file_caching = no; } }\n',
  );
  const [socket, control] = [join(folder, 'run/pcscd.comm'), join(folder, 'card')];
  const daemon = await Daemon.start(
    'pcscd with its card',
    'unshare',
    [
      '--mount',
      '--net',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
      'sh',
      folder,
      process.execPath,
      join(root, 'scripts/tokens/piv/reader.mjs'),
      join(tree, 'usr/sbin/pcscd'),
    ],
    { env: mergeEnvironments(process.env, libraries), log: join(folder, 'log'), ready: () => existsSync(socket) && existsSync(control) },
  );
  await sleep(1500); // the reader polls for a card once a second, and nothing tells when it has seen one
  return {
    module: join(library, 'opensc-pkcs11.so'),
    environment: { ...libraries, PCSCLITE_CSOCK_NAME: socket, OPENSC_CONF: join(folder, 'opensc.conf'), CRYPTOKI_TEST_CARD: control },
    faults: {
      remove: () => tell(control, 'remove'),
      insert: () => tell(control, 'insert'),
      drop: () => tell(control, 'drop'),
    },
    stop: () => daemon.stop(),
  };
}
