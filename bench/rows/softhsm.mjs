// key.sign on a token that signs in earnest.
import { availableParallelism } from 'node:os';

import { CKM } from '../../dist/index.mjs';
import { rate, share } from '../format.mjs';
import { inFlight, paired, yardstick } from '../measure.mjs';
import { DATA, MANY, withSoftHsm } from '../tokens.mjs';

const threads = availableParallelism();

export async function measure() {
  return withSoftHsm(
    async ({ told, ec, rsa }) => {
      const rows = [];
      for (const [key, mechanism] of [
        [ec, CKM.ECDSA],
        [rsa, CKM.SHA256_RSA_PKCS],
      ]) {
        const { wall } = await paired({
          ours: inFlight(MANY, () => key.sign('sha256', DATA)),
          c: () => yardstick(told, 'sign', { seconds: 0.25, threads, mechanism, label: key.label }),
        });
        rows.push({
          what: `\`key.sign\`, SoftHSM, ${key.label}, ${MANY} in flight (C: ${threads} threads)`,
          ours: rate(wall.ours),
          c: rate(wall.c),
          result: `${share(wall.ratio)} of C`,
          spread: wall.spread,
          noise: wall.noise,
        });
      }
      return rows;
    },
    { threads },
  );
}
