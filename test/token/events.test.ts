import assert from 'node:assert/strict';
import type { SlotEvent } from '../../lib';
import { openToken, profiles, useToken, type Available } from '../support/profile';
import { skip } from '../support/skip';
import { all, refuses, works } from '../support/token';

for (const profile of profiles()) {
  describe(`slot events of ${profile.title}`, () => {
    const fixture = useToken(profile);

    it('end when their signal fires, before and while they wait', async () => {
      const { module } = fixture();
      await assert.rejects(module.slotEvents({ signal: AbortSignal.abort() }).next(), { name: 'AbortError' });
      const controller = new AbortController();
      const waiting = module.slotEvents({ signal: controller.signal, interval: 5 }).next();
      controller.abort(new Error('enough'));
      await assert.rejects(waiting, { message: 'enough' });
    });

    it('may be waited for by several, who leave one by one', async () => {
      const { module, token } = fixture();
      const controllers = [new AbortController(), new AbortController(), new AbortController()];
      const waiting = controllers.map(({ signal }) => module.slotEvents({ signal, interval: 5 }).next());
      for (const [index, controller] of controllers.entries()) {
        controller.abort();
        // A card that is there may be told as one that has come.
        const event = await waiting[index]!.catch(({ name }: Error) => name);
        assert.ok(event === 'AbortError' || (typeof event === 'object' && event.value?.tokenPresent === true));
        await works(token);
      }
    });

    it('are asked for properly', async () => {
      const { module } = fixture();
      await assert.rejects(module.slotEvents({ interval: 0 }).next(), { code: 'ERR_OUT_OF_RANGE' });
      await assert.rejects(module.slotEvents({ interval: '1' as never }).next(), { code: 'ERR_INVALID_ARG_TYPE' });
      await assert.rejects(module.slotEvents({ signal: 1 as never }).next(), { code: 'ERR_INVALID_ARG_TYPE' });
    });
  });

  describe(`slot events of ${profile.title} in the end`, () => {
    const available = (context: Mocha.Context, { reason, title }: Available): void => {
      if (reason !== undefined) skip(context, `${title}: ${reason}`);
    };

    it('are over when the module is closed', async function () {
      available(this, profile);
      const { module, close } = await openToken(profile);
      const listening = all(module.slotEvents({ interval: 5 }));
      await module.slots();
      const later = all(module.slotEvents({ interval: 5 }));
      await close();
      await Promise.all([listening, later]);
      await refuses(module.slotEvents().next(), 'ERR_CRYPTOKI_CLOSED');
    });

    it('tell of a token that was made', async function () {
      available(this, profile);
      if (profile.name !== 'softhsm') skip(this, `a token of ${profile.title} comes and goes by hand only`);
      const { module, slot, close } = await openToken(profile);
      try {
        const events = module.slotEvents({ interval: 5 });
        let event: SlotEvent | undefined;
        const first = events.next().then(({ value }) => (event = value as SlotEvent));
        // The library is looked at every now and then; a token made before the first look was always there. So: one after the other.
        for (let count = 1; event === undefined; count++) {
          const tokens = await module.tokens();
          const infos = await Promise.all(tokens.map((token) => token.info()));
          const blank = tokens[infos.findIndex(({ tokenInitialized }) => !tokenInitialized)]!;
          const made = await blank.slot.initToken({ label: `new here ${count}`, soPin: profile.soPin });
          assert.notEqual(made.slot.id, slot.id);
        }
        await first;
        assert.equal(event.tokenPresent, true);
        assert.equal(event.slot.module, module);
        assert.notEqual(event.slot.id, slot.id);
        await events.return();
      } finally {
        await close();
      }
    });
  });
}
