// Finding many objects and reading four attributes of each. C makes one C_GetAttributeValue for each, with generous room.
import { CKK, CKO, Module } from '../../dist/index.mjs';
import { atLeast } from '../bars.mjs';
import { share, time } from '../format.mjs';
import { instantModule } from '../instant.mjs';
import { paired, yardstick } from '../measure.mjs';

const SIZES = [1000, 10_000];
const WANTED = { only: ['class', 'keyType', 'label', 'id'] };

/** Secret keys like those that the yardstick makes for itself: one after the other, so that they lie in the token's memory as its own do. */
async function makeKeys(token, count) {
  const value = new Uint8Array(16).fill(1);
  for (let number = 0; number < count; number++) {
    const id = new Uint8Array(BigUint64Array.of(BigInt(number)).buffer);
    const key = { class: CKO.SECRET_KEY, keyType: CKK.GENERIC_SECRET, label: `key ${number}`, id, value, token: false, private: false };
    await token.create(key);
  }
}

let seen = 0;
/** All four of them, as a program looks at them. */
function look(key) {
  seen += key.class + key.keyType + key.label.length + key.id.length;
}

async function oneByOne(token) {
  let count = 0;
  for await (const key of token.secretKeys({}, WANTED)) {
    look(key);
    count++;
  }
  return count;
}

async function allAtOnce(token) {
  const keys = await token.secretKeys({}, WANTED).toArray();
  for (const key of keys) look(key);
  return keys.length;
}

function repeated(token, count, way) {
  return async (over) => {
    let calls = 0;
    do {
      const found = await way(token);
      if (found !== count) throw new Error(`${found} of ${count} keys were found`);
      calls += found;
    } while (!over());
    return calls;
  };
}

async function row(told, token, count, { what, way = oneByOne, bar, pairs, seconds = 0.1 }) {
  const c = () => yardstick(told, 'find', { seconds, objects: count });
  const { wall, processor } = await paired({ ours: repeated(token, count, way), c, pairs });
  const name = way === allAtOnce ? ', with `toArray`' : '';
  return {
    what: `find ${count.toLocaleString('en')} keys, read 4 attributes of each, ${what}${name}, per key`,
    ours: `${time(wall.ours)}, ${time(processor.ours)} CPU`,
    c: `${time(wall.c)}, ${time(processor.c)} CPU`,
    result: `${share(wall.ratio)} of C`,
    spread: wall.spread,
    noise: wall.noise,
    ...atLeast(bar, wall.ratio),
  };
}

async function onInstant(count, work) {
  const told = instantModule();
  const module = await Module.load(told.path);
  try {
    const token = await module.token({ slotId: 1 });
    await makeKeys(token, count);
    return await work({ ...told, yardstick: { slot: 1 } }, token);
  } finally {
    await module.close();
    told.remove();
  }
}

/** SoftHSM and NSS, where the environment names them: see run.mjs. */
const softwareTokens = [
  {
    what: 'SoftHSM',
    path: process.env.PKCS11_MODULE,
    async token(module) {
      const [slot] = await module.slots();
      return slot.initToken({ label: 'bench', soPin: '12345678' });
    },
  },
  {
    what: 'NSS',
    path: process.env.NSS_MODULE,
    // Without a database: its first slot keeps objects for the process alone.
    reserved: "configdir='' flags=noCertDB,noModDB",
    async token(module) {
      const [slot] = await module.slots();
      return slot.token();
    },
  },
];

export async function measure() {
  const rows = [];
  for (const { what, path, reserved, token: choose } of softwareTokens.filter(({ path }) => path !== undefined)) {
    for (const count of SIZES) {
      const module = await Module.load(path, { reserved });
      try {
        const token = await choose(module);
        await makeKeys(token, count);
        rows.push(await row({ path, environment: {}, yardstick: { reserved } }, token, count, { what, bar: 0.9 }));
      } finally {
        await module.close();
      }
    }
  }
  for (const count of SIZES) {
    const ways = [allAtOnce, oneByOne];
    await onInstant(count, async (told, token) => {
      for (const way of ways) rows.push(await row(told, token, count, { what: 'no time at all', way, bar: 0.3 }));
    });
  }
  await onInstant(SIZES[0], async (told, token) => {
    told.delays('C_GetAttributeValue', { sleep: 1000 });
    rows.push(await row(told, token, SIZES[0], { what: '1 ms of latency', bar: 0.98, pairs: 5 }));
  });
  return rows;
}
