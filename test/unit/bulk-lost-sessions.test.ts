import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { CKR } from '../../lib/constants';
import { ENGINE } from '../../lib/generated/calls';
import { Pkcs11Error, CryptokiError } from '../../lib/errors';
import { REPLACE_SESSIONS } from '../../lib/recovery';
import { inputs, made, setup, signing, type Setup } from '../support/bulk';
import { run, allRight } from '../support/bulk-run';

describe('Bulk work and lost sessions', () => {
  it('repeats what failed in them once, and begins what nobody has begun', async () => {
    const world = setup();
    let lost = 3;
    world.fate = (item) => {
      const index = Number(item.toString().slice(1));
      if (index % 10 !== 4 || lost === 0) return index % 10 > 4 && lost > 0 ? 'not begun' : made(item);
      lost--;
      return { rv: CKR.SESSION_HANDLE_INVALID, session: BigInt(index) };
    };
    const given = inputs(100);
    allRight(await run(world, given), given);
    assert.deepEqual(world.crew.incidents.length, 3);
    assert.equal(world.crew.held, 0);
  });

  it('gives up on an item that fails so again and again', async () => {
    const world = setup();
    let tries = 0;
    world.fate = (item) => {
      if (item.toString() !== 'i1') return made(item);
      tries++;
      return { rv: CKR.SESSION_CLOSED, session: 3n };
    };
    const results = await run(world, inputs(20));
    assert.equal((results[1] as Pkcs11Error).code, 'CKR_SESSION_CLOSED');
    assert.equal(results.filter((result) => result instanceof Uint8Array).length, 19);
    assert.equal(tries, 4);
  });

  it('waits for the recovery of the token, and asks for the key again', async () => {
    const world = setup();
    const asked: string[] = [];
    let generation = 0;
    let key = 5n;
    world.crew.recovery = {
      ready: true,
      get generation() {
        return generation;
      },
      wait: async () => undefined,
      mend: async (error, since) => {
        asked.push(`${(error as Pkcs11Error).code} ${since}`);
        await setImmediate();
        generation = 1;
        key = 6n;
        return true;
      },
    };
    world.fate = (item, batch) => (batch.key === 5n && item.toString() !== 'i0' ? { rv: CKR.DEVICE_REMOVED, session: 1n } : made(item));
    const given = inputs(30);
    allRight(await run(world, given, { work: { ...signing, handle: async () => key } }), given);
    assert.ok(asked.length > 0 && asked.every((one) => one === 'CKR_DEVICE_REMOVED 0'), asked.join());
  });

  it('ends everything where the token cannot be recovered', async () => {
    const world = setup();
    const unavailable = new CryptokiError('ERR_CRYPTOKI_UNAVAILABLE');
    world.crew.recovery = { ...REPLACE_SESSIONS, mend: () => Promise.reject(unavailable) };
    world.fate = (item) => (Number(item.toString().slice(1)) < 4 ? made(item) : { rv: CKR.TOKEN_NOT_PRESENT });
    const results = await run(world, inputs(1000));
    assert.equal(results.filter((result) => result instanceof Uint8Array).length, 4);
    assert.equal(results.filter((result) => result === unavailable).length, 996);
    assert.equal(world.crew.held, 0);
  });

  const abandoned = (times: number): { readonly tries: () => number; readonly fate: Setup['fate'] } => {
    let tries = 0;
    const fate: Setup['fate'] = (item) =>
      item.toString() === 'i2' && tries++ < times ? { rv: ENGINE.ABANDONED, functionIndex: 0xffff, session: 9n } : made(item);
    return { tries: () => tries, fate };
  };

  it('repeats what took too long, once', async () => {
    const world = setup();
    const { tries, fate } = abandoned(Infinity);
    world.fate = fate;
    world.keeps = true;
    world.crew.stuckOnes = [9n];
    const running = run(world, inputs(5), { callTimeLimit: 4 });
    while (world.crew.writtenOff.length === 0) await new Promise((done) => setTimeout(done, 1));
    world.keeps = false;
    for (const call of world.kept) world.answer(call);
    const results = await running;
    assert.ok(CryptokiError.is(results[2], 'ERR_CRYPTOKI_TIMEOUT'));
    assert.equal(tries(), 2);
  });

  it('repeats what a recovery has given up, as what was lost', async () => {
    const world = setup();
    const few = abandoned(3);
    world.fate = few.fate;
    const given = inputs(5);
    allRight(await run(world, given), given);
    assert.equal(few.tries(), 4);
    const many = abandoned(Infinity);
    world.fate = many.fate;
    const results = await run(world, given);
    assert.ok(CryptokiError.is(results[2], 'ERR_CRYPTOKI_UNAVAILABLE'));
    assert.equal(many.tries(), 4);
  });

  it('gives up when nothing is begun again and again', async () => {
    const world = setup();
    world.fate = () => 'not begun';
    const results = await run(world, inputs(3));
    assert.ok(results.every((result) => CryptokiError.is(result, 'ERR_CRYPTOKI_CANCELLED')));
  });

  it('rejects where no session can be had', async () => {
    const world = setup();
    world.crew.refusal = new Pkcs11Error(CKR.SESSION_COUNT, 'C_OpenSession');
    const results = await run(world, inputs(3));
    assert.ok(results.every((result) => result === world.crew.refusal));
  });
});
