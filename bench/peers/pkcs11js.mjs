// pkcs11js, as its users write it: synchronous, asynchronous on libuv's threads, or synchronous in several worker threads.
import { Worker } from 'node:worker_threads';

import { inFlight, synchronous } from '../slice.mjs';
import { answer, DATA, told } from './answer.mjs';
import { openPkcs11js } from './pkcs11js-token.mjs';

if (told.how === 'workers') {
  const workers = [];
  for (let count = 0; count < told.sessions; count++) {
    const worker = new Worker(new URL('pkcs11js-worker.mjs', import.meta.url), { argv: process.argv.slice(2) });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    workers.push(worker);
  }
  await answer(async (over) => {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const done = workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)));
    for (const worker of workers) worker.postMessage(stop);
    const clock = setInterval(() => over() && Atomics.store(stop, 0, 1), 1);
    const calls = await Promise.all(done);
    clearInterval(clock);
    return calls.reduce((sum, count) => sum + count, 0);
  });
} else {
  const { library, mechanism, sessions, key } = openPkcs11js(told);
  // A session does one thing at a time: each caller has its own.
  if (told.how === 'synchronous') {
    const room = Buffer.alloc(64);
    await answer(
      synchronous(() => {
        library.C_SignInit(sessions[0], mechanism, key);
        library.C_Sign(sessions[0], DATA, room);
      }),
    );
  } else {
    const rooms = sessions.map(() => Buffer.alloc(64));
    await answer(
      inFlight(sessions.length, (number) => {
        library.C_SignInit(sessions[number], mechanism, key);
        return library.C_SignAsync(sessions[number], DATA, rooms[number]);
      }),
    );
  }
}
