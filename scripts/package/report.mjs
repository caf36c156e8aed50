// What was checked of the package, as it is printed and as it goes into docs/platforms.md.
import { add, none } from '../support/counts.mjs';
import { Failure } from '../support/run.mjs';

/** What cannot be checked on this machine, and why. */
export class Skip extends Error {}

/** What `get` gives; where it cannot be had here, the check that asks is skipped for that reason. */
export function available(get) {
  try {
    return get();
  } catch (error) {
    if (error instanceof Failure) throw new Skip(error.message.split('\n').slice(0, 3).join(' '), { cause: error });
    throw error;
  }
}

/** Runs checks one after the other, prints a line for each, and counts. */
export class Report {
  counts = none;
  /** `{ section, name, result, note }` of each, in their order. */
  rows = [];
  #section = '';

  section(name) {
    this.#section = name;
    console.log(`\n${name}`);
  }

  /** `body` throws where the check fails, and a `Skip` where it cannot be made. What it answers is a note for the line. */
  async check(name, body) {
    const started = performance.now();
    try {
      const note = await body();
      this.#add('passed', name, typeof note === 'string' ? note : '', started);
      return true;
    } catch (error) {
      if (error instanceof Skip) this.#add('skipped', name, error.message, started);
      else this.#add('failed', name, error instanceof Error ? (error.stack ?? error.message) : String(error), started);
      return false;
    }
  }

  #add(result, name, note, started) {
    const sign = { passed: '✔', skipped: '-', failed: '✘' }[result];
    const time = performance.now() - started;
    const more = note === '' ? '' : result === 'failed' ? `\n${note.replace(/^/gm, '      ')}` : `: ${note}`;
    console.log(`  ${sign} ${name}${more}${time > 2000 ? ` (${Math.round(time / 1000)} s)` : ''}`);
    this.counts = add(this.counts, { ...none, [result]: 1 });
    this.rows.push({ section: this.#section, name, result, note: result === 'failed' ? '' : note });
  }
}
