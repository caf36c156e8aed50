// Work for a given time, counted: what ours and every peer that runs in Node.js do alike.

/** One slice: `work(over)` makes calls until `over()` says that the time is over, and answers how many they were. Microseconds and processor microseconds per call. */
export async function slice(work, milliseconds) {
  const used = process.cpuUsage();
  const started = performance.now();
  const calls = await work(() => performance.now() - started >= milliseconds);
  const wall = ((performance.now() - started) * 1000) / calls;
  const { user, system } = process.cpuUsage(used);
  return { wall, processor: (user + system) / calls };
}

/** The clock is read so often, here and in the yardstick: to read it costs something beside a call that returns at once. */
const BETWEEN = 64;

/** So many callers at once, each of whom makes its next call when the last one is done. `call` is told which of them calls. */
export function inFlight(callers, call) {
  return async (over) => {
    let calls = 0;
    let ended = false;
    // A caller by itself may make long calls.
    const between = callers < BETWEEN ? 1 : BETWEEN;
    const caller = async (_, number) => {
      while (!ended) {
        await call(number);
        if (++calls % between === 0) ended ||= over();
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    return calls;
  };
}

/** Lists of so many inputs, one after the other. */
export function lists(count, call) {
  return async (over) => {
    let calls = 0;
    do {
      const results = await call();
      if (results.length !== count) throw new Error(`${results.length} results for ${count} inputs`);
      calls += count;
    } while (!over());
    return calls;
  };
}

/** Calls that come back when they are done; the clock is read now and then only. */
export function synchronous(call, atOnce = 64) {
  return async (over) => {
    let calls = 0;
    do {
      for (let count = 0; count < atOnce; count++) call();
      calls += atOnce;
    } while (!over());
    return calls;
  };
}
