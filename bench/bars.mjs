// What a figure has to reach, printed beside it. A row takes one of these in: { ...row, ...atLeast(0.97, wall.ratio) }.
import { share } from './format.mjs';

/** A share of C's speed, or anything else that wants to be large. */
export const atLeast = (bar, value, word = share) => ({ bar: `≥ ${word(bar)}`, met: value >= bar });

/** Time or memory. `word` writes it as people read it, `name` says which one it is where there are several. */
export const atMost = (bar, value, word, name = '') => ({ bar: `${name}≤ ${word(bar)}`, met: value <= bar });

/** Several at once: all of them have to be reached. */
export const together = (...bars) => ({ bar: bars.map(({ bar }) => bar).join(', '), met: bars.every(({ met }) => met) });
