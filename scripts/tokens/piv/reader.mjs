// Puts the card into vsmartcard's virtual reader:  node reader.mjs PORT CONTROL
//
// CONTROL is a socket for whoever tests: a line per command, each answered with a line.
//   insert | remove | drop (pulled in the middle of the next use of a key) | slow MILLISECONDS | mute | speak | fail STATUS
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { PivCard } from './card.mjs';

const [port, control] = process.argv.slice(2);
const card = await PivCard.create();
const behaviour = { wanted: true, slow: 0, mute: false, drop: false, fail: 0 };
let line; // the connection to the reader

/** The reader's messages: a length of two bytes; one byte is a control code, more is an APDU. */
async function react(message, socket) {
  if (message.length === 1) {
    if (message[0] === 4) return PivCard.atr;
    card.reset(); // 0 power off, 1 power on, 2 reset
    return undefined;
  }
  if (behaviour.mute) return undefined;
  const usesKey = PivCard.usesKey(message);
  if (usesKey && behaviour.drop) {
    behaviour.drop = behaviour.wanted = false;
    socket.destroy();
    return undefined;
  }
  if (usesKey && behaviour.slow > 0) await sleep(behaviour.slow);
  if (usesKey && behaviour.fail !== 0) {
    const code = behaviour.fail;
    behaviour.fail = 0;
    return Buffer.from([code >> 8, code & 0xff]);
  }
  return card.answer(message);
}

async function serve(socket) {
  let buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
      const end = 2 + buffer.readUInt16BE(0);
      const answer = await react(buffer.subarray(2, end), socket);
      buffer = buffer.subarray(end);
      if (!answer || socket.destroyed) continue;
      const header = Buffer.alloc(2);
      header.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([header, answer]));
    }
  }
}

/** Keeps the card in the reader while it is wanted there, through restarts of the reader's daemon too. */
async function insert() {
  behaviour.wanted = true;
  while (behaviour.wanted && !line) {
    line = connect(Number(port), '127.0.0.1').setNoDelay(true);
    await serve(line).catch(() => {}); // the reader went away, or the card was pulled
    line = undefined;
    card.reset();
    await sleep(100);
  }
}

function remove() {
  behaviour.wanted = false;
  line?.destroy();
}

const commands = {
  insert: () => void insert(),
  remove,
  drop: () => {
    behaviour.drop = true;
  },
  slow: (value) => {
    behaviour.slow = Number(value);
  },
  mute: () => {
    behaviour.mute = true;
  },
  speak: () => {
    behaviour.mute = false;
  },
  fail: (value) => {
    behaviour.fail = Number.parseInt(value, 16);
  },
};

createServer((socket) => {
  createInterface({ input: socket }).on('line', (text) => {
    const [name, value] = text.trim().split(' ');
    commands[name]?.(value);
    socket.write(`${commands[name] ? 'ok' : 'unknown'}\n`);
  });
}).listen(control);
void insert();
