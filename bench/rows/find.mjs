// Finding 1,000 objects and reading attributes of each, on a token that takes next to no time for it.
import { CKO } from '../../dist/index.mjs';
import { share, time } from '../format.mjs';
import { paired, yardstick } from '../measure.mjs';
import { withInstant } from '../tokens.mjs';

const OBJECTS = 1000;

export async function measure() {
  return withInstant(
    async ({ told, token }) => {
      const all = async (over) => {
        let calls = 0;
        do {
          for await (const object of token.objects({ class: CKO.DATA })) calls += object.label === undefined ? 0 : 1;
        } while (!over());
        return calls;
      };
      const { wall, processor } = await paired({ ours: all, c: () => yardstick(told, 'find', { seconds: 0.1 }) });
      return [
        {
          what: 'find 1,000 objects, read 7 attributes of each, per object (C: 5 attributes)',
          ours: `${time(wall.ours)}, ${time(processor.ours)} CPU`,
          c: `${time(wall.c)}, ${time(processor.c)} CPU`,
          result: `${share(wall.ratio)} of C, CPU ${share(processor.ratio)}`,
          spread: wall.spread,
          noise: wall.noise,
        },
      ];
    },
    { preload: OBJECTS },
  );
}
