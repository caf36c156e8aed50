// opencryptoki's software token, from Debian's unstable suite: a version 3.2 library, newer than this machine's. It has
// absolute paths, a daemon and a newer libc, so it lives in a root file system of its own, and so do the tests on it.
//
// With Debian's own Node.js: the official one exports the OpenSSL that is linked into it, and the part of opencryptoki that
// it loads itself would get its functions half from there and half from a newer libcrypto.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf } from '../support/control.mjs';
import { Daemon } from '../support/daemon.mjs';
import { root, triplet } from '../support/paths.mjs';
import { Failure, output, quietly } from '../support/run.mjs';
import { unpackedUnstable } from '../support/suites.mjs';

const library = `/usr/lib/${triplet}/opencryptoki`;

/** The user and group that pkcsslotd runs as; they exist in the private root only. */
const [user, group] = [989, 990];

// $1 folder, $2 unpacked packages, $3 checkout. The upper layer is a tmpfs: nothing outlives the run, and the
// unpacked packages stay as they are. Process 1 in there only waits: when
// it ends, the daemon and everything else in there ends.
const script = `
set -e
mount -t tmpfs tmpfs "$1/layers"
mkdir "$1/layers/upper" "$1/layers/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/layers/upper,workdir=$1/layers/work" "$1/root"
cd "$1/root"
for name in bin sbin lib lib64; do [ -e $name ] || ln -s usr/$name $name; done
mkdir -p proc dev tmp run root etc var "./$3"
mount --rbind /dev dev
mount -t tmpfs tmpfs dev/shm
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount --bind "$3" "./$3"
if [ -d "$3/../shared/vectors" ]; then
  mkdir -p "./$3/../shared/vectors"
  mount --bind "$3/../shared/vectors" "./$3/../shared/vectors"
fi
printf 'root:x:0:0:root:/root:/bin/sh\\npkcsslotd:x:${user}:${group}::/run/opencryptoki:/bin/false\\n' > etc/passwd
printf 'root:x:0:\\npkcs11:x:${group}:root,pkcsslotd\\n' > etc/group
rm -rf var/run var/lock
ln -s /run var/run
ln -s /run/lock var/lock
mkdir -p run/opencryptoki run/lock/opencryptoki/swtok var/log/opencryptoki var/lib/opencryptoki/swtok/TOK_OBJ etc/ld.so.conf.d etc/opencryptoki
printf 'version opencryptoki-3.27\\nslot 3\\n{\\nstdll = libpkcs11_sw.so\\ntokversion = 3.12\\n}\\n' > etc/opencryptoki/opencryptoki.conf
printf '${library}\\n${library}/stdll\\n' > etc/ld.so.conf.d/opencryptoki.conf
for path in run/opencryptoki run/lock/opencryptoki var/log/opencryptoki var/lib/opencryptoki; do chgrp -R ${group} $path; chmod -R 770 $path; done
chgrp -R ${group} etc/opencryptoki
chmod 640 etc/opencryptoki/*
chown ${user} run/opencryptoki
chroot . /sbin/ldconfig
ip link set lo up || true
chroot . /usr/sbin/pkcsslotd
exec chroot . /usr/bin/sleep infinity
`;

/** Process 1 of in there, as it is called out here: the only child of unshare. */
function innerProcess(daemon) {
  return output('cat', [`/proc/${daemon.pid}/task/${daemon.pid}/children`])
    ?.trim()
    .split(' ')[0];
}

/** Starts the daemon in a root file system below `folder`. */
export async function start(folder) {
  if (process.platform !== 'linux' || process.getuid() !== 0 || output('unshare', ['--mount', '--pid', '--fork', 'true']) === undefined)
    throw new Failure('needs root, for a root file system of its own');
  const tree = unpackedUnstable('opencryptoki', ['opencryptoki', 'libopencryptoki0', 'nodejs', 'libc-bin', 'coreutils', 'openssl']);
  mkdirSync(join(folder, 'layers'));
  let inner;
  const daemon = await Daemon.start(
    'pkcsslotd',
    'unshare',
    ['--mount', '--ipc', '--pid', '--net', '--fork', '--kill-child', '--propagation', 'private', 'sh', '-c', script, 'sh', folder, tree, root],
    {
      log: join(folder, 'log'),
      ready: (started) => {
        inner = innerProcess(started);
        return inner && existsSync(`/proc/${inner}/root/run/opencryptoki/pkcsslotd.socket`);
      },
    },
  );
  const prefix = ['nsenter', '--target', inner, '--mount', '--ipc', '--pid', '--net', '--root'];
  return {
    module: `${library}/libopencryptoki.so.0`,
    environment: {
      NODE_EXTRA_CA_CERTS: '', // names a file of the machine's own root
      CRYPTOKI_TEST_OPENSSL: '/usr/bin/openssl',
    },
    // Into the namespaces and the root of the daemon, and back to the folder of the checkout, which is there too.
    prefix: [...prefix, '/usr/bin/env', '-C', root],
    node: '/usr/bin/node',
    faults: {
      kill: () => {
        for (const child of childrenOf(inner)) process.kill(child, 'SIGKILL');
      },
      start: () => quietly('pkcsslotd', prefix[0], [...prefix.slice(1), '/usr/sbin/pkcsslotd']),
    },
    stop: () => daemon.stop(),
  };
}
