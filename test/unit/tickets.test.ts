// Who waits for which reply, and when replies are fetched.

import assert from 'node:assert/strict';

import { Tickets } from '../../lib/wire/tickets';
import { slab } from '../support/fake-binding';

describe('Tickets', () => {
  const nobody = { receive: (): void => undefined };
  const into = (got: number[][]) => ({
    receive: (slab: Uint8Array, start: number, end: number) => void got.push([...slab.subarray(start, end)]),
  });

  it('wrap around', () => {
    const tickets = new Tickets(0xffff_fffd);
    assert.deepEqual(
      [0, 1, 2].map(() => tickets.open(nobody)),
      [0xffff_fffe, 0xffff_ffff, 0],
    );
    tickets.drop(0);
    tickets.drop(12);
    assert.equal(tickets.pending, 2);
  });

  it('pass over places that are taken, and find everybody again among more', () => {
    const tickets = new Tickets();
    const got: number[][] = [];
    const early = tickets.open(into(got));
    for (let count = 0; count < 1000; count++) tickets.drop(tickets.open(nobody));
    const later = Array.from({ length: 700 }, () => tickets.open(into(got)));
    assert.equal(new Set([early, ...later]).size, 701);
    for (const ticket of [...later, early]) tickets.deliver(slab([ticket, Uint8Array.of(ticket & 255)]));
    assert.equal(tickets.pending, 0);
    assert.deepEqual(
      got,
      [...later, early].map((ticket) => [ticket & 255]),
    );
  });

  const turn = (milliseconds = 1) => new Promise((settle) => setTimeout(settle, milliseconds));

  it('fetch what waits for others, again and again as long as many calls are on their way and replies come', async () => {
    const asked: boolean[] = [];
    const tickets = new Tickets(0, (more) => asked.push(more));
    const open = Array.from({ length: 15 }, () => tickets.open(nobody));
    assert.deepEqual(asked, []);
    const reply = (): void => {
      const ticket = tickets.open(nobody);
      tickets.deliver(slab([ticket, Uint8Array.of(1)]));
    };
    open.push(tickets.open(nobody));
    assert.deepEqual(asked, [true]);
    while (asked.filter((more) => more).length < 4) {
      reply();
      await turn();
    }
    for (const ticket of open) tickets.drop(ticket);
    while (asked.at(-1) === true) await turn();
    const told = asked.length;
    await turn(20);
    assert.equal(asked.length, told);
  });

  it('rest while a token hangs, and begin again with the next reply or the next call', async () => {
    const asked: boolean[] = [];
    const tickets = new Tickets(0, (more) => asked.push(more));
    const open = Array.from({ length: 40 }, () => tickets.open(nobody));
    while (asked.at(-1) === true) await turn();
    assert.deepEqual(asked, [true, false]);
    await turn(20);
    assert.deepEqual(asked, [true, false]);
    tickets.deliver(slab([open.pop()!, Uint8Array.of(1)]));
    while (asked.length < 4) await turn();
    assert.deepEqual(asked, [true, false, true, false]);
    open.push(tickets.open(nobody));
    assert.deepEqual(asked, [true, false, true, false, true]);
    while (asked.at(-1) === true) await turn();
    for (const ticket of open) tickets.drop(ticket);
  });

  it('read every record of a slab, whatever the lengths', () => {
    const tickets = new Tickets();
    const got: number[][] = [];
    const records = [0, 1, 7, 8, 9, 15, 16, 17].map((length) => [tickets.open(into(got)), new Uint8Array(length).fill(length)] as const);
    const bytes = slab(...records);
    tickets.deliver(bytes);
    assert.deepEqual(
      got,
      records.map(([, reply]) => [...reply]),
    );
    assert.equal(tickets.pending, 0);
    assert.ok(bytes.every((byte) => byte === 0));
  });
});
