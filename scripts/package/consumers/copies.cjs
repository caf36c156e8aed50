// Two copies of the package in one process, this project's and that of the folder in $OTHER: prints how each was initialised, and
// how each signs while both are in use and when the first has been closed. `thread`: the other copy in a thread of its own.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');
const programs = require('./sub-paths.cjs');

const path = process.env.PKCS11_MODULE;
const other = createRequire(join(process.env.OTHER, 'index.js'));

/** Steps of a program that keeps the library open. */
async function open(load) {
  const { Raw } = load('cryptoki/raw');
  const { Module } = load('cryptoki');
  const raw = await Raw.load(path);
  const initialized = await raw.C_Initialize();
  const module = await Module.load(path);
  const token = await module.token({ label: 'package' });
  await token.login('1234');
  const key = await token.privateKey({ label: 'signer' });
  return {
    initialized,
    sign: async () => programs.judge(await key.sign('sha256', programs.data)),
    close: async () => {
      await module.close();
      await raw.close();
    },
  };
}

/** The same, by messages to a thread. Several may be on their way: each has a number. */
async function openInThread() {
  const worker = new Worker(__filename);
  const asked = new Map();
  worker.on('message', ({ number, error, value }) => {
    const { resolve, reject } = asked.get(number);
    asked.delete(number);
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  });
  worker.on('error', (error) => {
    for (const { reject } of asked.values()) reject(error);
  });
  let last = 0;
  const ask = (what) =>
    new Promise((resolve, reject) => {
      asked.set(++last, { resolve, reject });
      worker.postMessage({ number: last, what });
    });
  return {
    initialized: await ask('open'),
    sign: () => ask('sign'),
    close: async () => {
      await ask('close');
      await worker.terminate();
    },
  };
}

async function main(inThread) {
  const first = await open(require);
  const second = inThread ? await openInThread() : await open(other);
  await Promise.all([first.sign(), second.sign(), first.sign(), second.sign()]);
  await first.close();
  await second.sign();
  await second.close();
  console.log(JSON.stringify([first.initialized, second.initialized]));
}

if (isMainThread) {
  main(process.argv[2] === 'thread');
} else {
  let opened;
  parentPort.on('message', async ({ number, what }) => {
    try {
      if (what === 'open') opened = await open(other);
      else await opened[what]();
      parentPort.postMessage({ number, value: opened.initialized });
    } catch (error) {
      parentPort.postMessage({ number, error: error.stack });
    }
  });
}
