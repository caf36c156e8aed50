// Shape: the configuration, the client, and where the library comes from.

import assert from 'node:assert/strict';
import * as entry from '../../lib/t1c';
import { GCLClient, GCLConfig, GCLLib } from '../../lib/t1c';
import { root } from '../../scripts/support/paths.mjs';
import manifest from '../../package.json';
import { clientOf, failure, hashed, moduleConfig, SLOT, useBench, useFault } from './support';

describe('t1c: shape', () => {
  const bench = useBench();
  const path = (): string => bench().fixture.profile.module;

  it('Shape 1: it runs in this process, on the module of this library: one that the program has loaded sees the same token', async () => {
    const { pkcs11, slotId, fixture } = bench();
    const { data } = await pkcs11.token(slotId);
    assert.equal(data.serial_number, fixture.token.serialNumber);
    assert.equal(data.label, fixture.token.label);
  });

  it('Shape 2: cryptoki/t1c exports GCLConfig and GCLLib with the client, which has initialize and pkcs11', async () => {
    assert.equal(manifest.exports['./t1c'].require.default, './dist/t1c.js');
    assert.deepEqual(Object.keys(entry).sort(), ['GCLClient', 'GCLConfig', 'GCLLib', 'RestException', 'T1C_STATUS']);
    assert.equal(GCLLib.GCLClient, GCLClient);
    const client = await GCLLib.GCLClient.initialize(new GCLConfig());
    assert.deepEqual(
      ['certificates', 'info', 'signData', 'slots', 'slotsWithTokenPresent', 'token', 'verifySignedData'].map(
        (name) => typeof (client.pkcs11() as unknown as Record<string, unknown>)[name],
      ),
      Array(7).fill('function'),
    );
  });

  it('Shape 3: the configuration in the form of the document and in the released one', async () => {
    const pkcs11Config = moduleConfig(path());
    for (const config of [
      new GCLConfig('ds uri', 'apikey', pkcs11Config),
      new GCLConfig({ pkcs11Config, gclUrl: 'https://localhost:10443/v1', apiKey: 'apikey', osPinDialog: false, agentPort: -1 }),
    ]) {
      assert.equal(config.pkcs11Config, pkcs11Config);
      assert.equal(config['apiKey'], 'apikey');
      const client = await GCLClient.initialize(config);
      assert.equal(client.config, config);
      assert.equal((await client.pkcs11().info()).success, true);
      await client.close();
    }
  });

  it('Shape 4: the members of a module configuration are paths', async () => {
    const client = await GCLClient.initialize(new GCLConfig());
    assert.equal((await client.pkcs11({ linux: path(), mac: path(), win: path() }).info()).success, true);
    for (const given of [5, true, {}, [path()], Buffer.from(path())]) {
      assert.equal((await failure(client.pkcs11({ linux: given, mac: given, win: given } as never).info())).code, 902);
    }
    await client.close();
  });

  it('Shape 5: initialize calls back with the client and promises it; without a configuration it is 901', async () => {
    const given: unknown[] = [];
    const client = await GCLClient.initialize(new GCLConfig('ds', 'key'), (error, made) => given.push(error, made));
    assert.deepEqual(given, [null, client]);
    for (const config of [undefined, null, 'ds uri', 5, () => undefined]) {
      const told: unknown[] = [];
      const error = await failure(GCLClient.initialize(config as never, (...all) => told.push(...all)));
      assert.equal(error.code, 901);
      assert.equal(told[0], error);
      assert.equal(told[1], null);
    }
  });

  it('Shape 6: the argument of pkcs11() overrides the configuration, for that container only', async () => {
    const client = await clientOf('/nowhere.so');
    assert.equal((await failure(client.pkcs11().info())).code, 300);
    assert.equal((await client.pkcs11(moduleConfig(path())).info()).success, true);
    assert.equal((await failure(client.pkcs11().info())).code, 300);
    await client.close();
  });

  for (const [platform, member] of [
    ['win32', 'win'],
    ['darwin', 'mac'],
    ['linux', 'linux'],
    ['freebsd', 'linux'],
  ] as const) {
    it(`Shape 7: on ${platform} the path is the member ${member}`, async () => {
      const client = await GCLClient.initialize(new GCLConfig());
      const calls: Promise<unknown>[] = [];
      const descriptor = Object.getOwnPropertyDescriptor(process, 'platform')!;
      Object.defineProperty(process, 'platform', { ...descriptor, value: platform });
      try {
        // What a call is given it reads at once.
        calls.push(
          client.pkcs11({ ...moduleConfig('/nowhere.so'), [member]: path() }).info(),
          failure(client.pkcs11({ ...moduleConfig(path()), [member]: undefined }).info()),
        );
      } finally {
        Object.defineProperty(process, 'platform', descriptor);
      }
      const [info, error] = await Promise.all(calls);
      assert.equal((info as { success: boolean }).success, true);
      assert.equal((error as { code: number }).code, 902);
      await client.close();
    });
  }

  it('Shape 8: a missing or wrong path shows at the first call, not at construction', async () => {
    const client = await GCLClient.initialize(new GCLConfig('ds', 'key'));
    for (const [given, code] of [
      [undefined, 902],
      [{}, 902],
      [moduleConfig(`${path()}.missing`), 300],
      [moduleConfig(__filename), 300],
    ] as const) {
      const container = client.pkcs11(given);
      assert.equal((await failure(container.slots())).code, code);
    }
  });
});

describe('t1c: the end of a client', () => {
  const bench = useFault();

  it('close waits for the calls that run, and later ones load the library again', async () => {
    const { fault, client, pkcs11, request } = bench();
    fault.hang('C_Sign');
    const signing = pkcs11.signData(request(SLOT.ordinary));
    await fault.inside('C_Sign');
    const waiting = pkcs11.signData(request(SLOT.ordinary, { data: hashed('sha256', Buffer.of(1)) }));
    let closed = false;
    const closing = client.close().then(() => (closed = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(closed, false);
    fault.release('C_Sign');
    assert.equal((await signing).success, true);
    assert.equal((await waiting).success, true);
    await closing;
    assert.equal((await pkcs11.info()).success, true);
  });

  it('close in the callback of a call, and twice', async () => {
    const { client, pkcs11 } = bench();
    await new Promise((resolve, reject) => {
      void pkcs11.slots(() => void Promise.all([client.close(), client.close()]).then(resolve, reject));
    });
  });

  it('a library that could not be loaded is tried again at the next call', async () => {
    const { fault, module, client, pkcs11 } = bench();
    await module.close();
    await client.close();
    fault.fail('C_Initialize', 0x30);
    assert.equal((await failure(pkcs11.info())).code, 100);
    assert.equal((await pkcs11.info()).success, true);
  });

  it('what is not there to be loaded leaves nothing open', async () => {
    const client = await clientOf(root);
    assert.equal((await failure(client.pkcs11().info())).code, 300);
    await client.close();
  });
});
