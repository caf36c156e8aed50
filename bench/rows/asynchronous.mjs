// What a signature costs when the token takes no time at all: key.sign, one promise each.
import { atMost } from '../bars.mjs';
import { time } from '../format.mjs';
import { inFlight, paired, yardstick } from '../measure.mjs';
import { DATA, withInstant } from '../tokens.mjs';

export async function measure() {
  return withInstant(async ({ told, key }) => {
    const rows = [];
    for (const [callers, what, bar] of [
      [1, '`key.sign`, no time at all, one at a time'],
      [64, '`key.sign`, no time at all, 64 in flight', 5],
    ]) {
      const { wall, processor } = await paired({
        ours: inFlight(callers, () => key.sign('sha256', DATA)),
        c: () => yardstick(told, 'sign', { seconds: 0.1 }),
      });
      rows.push({
        what,
        ours: `${time(wall.ours)}, ${time(processor.ours)} CPU`,
        c: time(wall.c),
        result: `+${time(wall.over)}, +${time(processor.over)} CPU`,
        spread: processor.spread,
        noise: processor.noise,
        ...(bar === undefined ? {} : atMost(bar, processor.over, (value) => `+${time(value)} CPU`)),
      });
    }
    return rows;
  });
}
