// One of several worker threads that sign synchronously until they are told to stop.
import { parentPort } from 'node:worker_threads';

import { DATA, told } from './answer.mjs';
import { openPkcs11js } from './pkcs11js-token.mjs';

const { library, mechanism, sessions, key } = openPkcs11js({ ...told, sessions: 1 });
const room = Buffer.alloc(64);
parentPort.on('message', (stop) => {
  let calls = 0;
  while (Atomics.load(stop, 0) === 0) {
    for (let count = 0; count < 16; count++) {
      library.C_SignInit(sessions[0], mechanism, key);
      library.C_Sign(sessions[0], DATA, room);
    }
    calls += 16;
  }
  parentPort.postMessage(calls);
});
parentPort.postMessage('ready');
