import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CKF, CKM, nameOf, Pkcs11Uri } from '../../lib';
import { profiles, useToken } from '../support/profile';

for (const profile of profiles()) {
  describe(`what ${profile.title} says of itself`, () => {
    const fixture = useToken(profile);

    it('is told by the module', async () => {
      const { module } = fixture();
      const info = await module.info();
      for (const text of [info.manufacturer, info.description]) assert.equal(text, text.trim());
      assert.match(info.cryptokiVersion, /^[23]\.\d+$/);
      assert.match(info.libraryVersion, /^\d+\.\d+$/);
      assert.equal(module.path, profile.module);
      assert.equal(typeof module.interface.forkSafe, 'boolean');
      assert.equal(module.supports('C_Sign'), true);
      assert.equal(module.supports('C_Nonsense'), false);
      if (module.interface.version.startsWith('2.')) assert.equal(module.supports('C_LoginUser'), false);
    });

    it('is told by the slot', async () => {
      const { module, slot } = fixture();
      const info = await slot.info();
      assert.equal(info.tokenPresent, true);
      assert.equal(info.removableDevice, (info.flags & CKF.REMOVABLE_DEVICE) !== 0);
      assert.equal(info.hardwareSlot, (info.flags & CKF.HW_SLOT) !== 0);
      assert.match(info.firmwareVersion, /^\d+\.\d+$/);
      const [there, full] = [await module.slots(), await module.slots({ tokenPresent: true })];
      assert.ok(there.length >= full.length);
      assert.ok(full.some(({ id }) => id === slot.id));
      assert.equal(module.slot(slot.id).id, slot.id);
      assert.equal(slot.module, module);
    });

    it('is told by the token, with every flag by its name', async () => {
      const { token, slot } = fixture();
      const info = await token.info();
      assert.equal(info.label, token.label);
      assert.equal(info.serialNumber, token.serialNumber);
      assert.equal(info.model, token.model);
      assert.equal(info.manufacturer, token.manufacturer);
      assert.equal(info.tokenInitialized, (info.flags & CKF.TOKEN_INITIALIZED) !== 0);
      assert.equal(info.writeProtected, (info.flags & CKF.WRITE_PROTECTED) !== 0);
      assert.equal(info.loginRequired, (info.flags & CKF.LOGIN_REQUIRED) !== 0);
      assert.equal(info.userPinInitialized, true);
      assert.equal(info.userPinLocked, false);
      for (const size of [info.maxSessionCount, info.sessionCount, info.maxPinLength, info.freePublicMemory]) {
        assert.ok(size === undefined || Number.isSafeInteger(size));
      }
      assert.ok((info.maxPinLength ?? 255) >= (info.minPinLength ?? 0));
      if (!info.clockOnToken) assert.equal(info.time, undefined);
      else assert.ok(info.time instanceof Date);
      assert.equal((await slot.token()).serialNumber, token.serialNumber);
      assert.equal(token.slot.id, slot.id);
    });

    it('is told of every mechanism', async () => {
      const { slot, token } = fixture();
      const mechanisms = await slot.mechanisms();
      assert.deepEqual([...(await token.mechanisms()).keys()], [...mechanisms.keys()]);
      for (const [mechanism, info] of mechanisms) {
        assert.equal(info.mechanism, mechanism);
        assert.equal(info.name, nameOf('CKM', mechanism) ?? `CKM_0x${mechanism.toString(16)}`);
        assert.equal(info.sign, (info.flags & CKF.SIGN) !== 0);
        assert.equal(info.hardware, (info.flags & CKF.HW) !== 0);
      }
      const [first] = mechanisms;
      assert.deepEqual(await slot.mechanism(first![0]), first![1]);
      await assert.rejects(slot.mechanism(CKM.VENDOR_DEFINED + 0x0f0f), { code: 'CKR_MECHANISM_INVALID', call: 'C_GetMechanismInfo' });
    });

    it('finds the token again, by each of its names', async () => {
      const { module, token } = fixture();
      const { label, serialNumber, model, manufacturer, slot } = token;
      const is = async (query: Parameters<typeof module.token>[0]): Promise<void> => assert.equal(await module.token(query), token);
      await is({ label, serialNumber, model, manufacturer, slotId: slot.id });
      await is({ serialNumber, slotId: slot.id });
      await is(token.uri());
      await is(Pkcs11Uri.parse(token.uri()));
      await is(`${token.uri()};slot-id=${slot.id}`);
      assert.deepEqual(await module.tokens({ label: 'no token has this name' }), []);
    });

    it('names the tokens there are where none was meant', async () => {
      const { module, token } = fixture();
      const missing = { code: 'ERR_CRYPTOKI_NOT_FOUND', message: new RegExp(token.label) };
      await assert.rejects(module.token({ label: 'no token has this name' }), missing);
      await assert.rejects(module.token('pkcs11:token=no%20token%20has%20this%20name'), missing);
      await assert.rejects(module.token(`${token.uri()};slot-id=987654`), missing);
      await assert.rejects(module.token('no URI'), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(module.token({ name: token.label } as never), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(module.token('pkcs11:token=%zz'), { code: 'ERR_CRYPTOKI_URI' });
    });

    it('shows in the console', () => {
      const { module, slot, token } = fixture();
      assert.match(inspect(module), /^Module \{\s+path: /);
      assert.match(inspect(slot), new RegExp(`^Slot \\{ id: ${slot.id} \\}`));
      assert.ok(inspect(token).includes(token.label));
      assert.ok(inspect({ token }, { depth: 0 }).includes('Token'));
    });
  });
}
