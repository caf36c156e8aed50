// The examples of the guide, and the calls of the original's document in the form that it gives them, each run as a program with a real library.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached, root } from '../../scripts/support/paths.mjs';
import { DOCUMENT, hashed, ID, PIN, useBench } from './support';

const execute = promisify(execFile);

/** What the callback of the document prints: one answer after the other, those of errors with a word before. */
interface Printed {
  readonly error: boolean;
  readonly success: boolean;
  readonly code?: number;
  readonly description?: string;
  readonly data?: unknown;
}

const printed = (output: string): Printed[] =>
  output
    .split(/^(?=\{|Error:)/m)
    .filter((text) => text !== '')
    .map((text) => ({ error: text.startsWith('Error:'), ...(JSON.parse(text.replace(/^Error:/, '')) as Omit<Printed, 'error'>) }));

const CALLBACK = `
function callback(err, data) {
    if (err) { console.log("Error:", JSON.stringify(err, null, '  ')); }
    else { console.log(JSON.stringify(data, null, '  ')); }
}`;

describe('t1c: examples', () => {
  const bench = useBench();
  let folder = '';
  /** SoftHSM gives a slot its number for good when it is loaded the next time. */
  let slotId = 0;
  before(() => {
    // In the checkout, where the package finds itself by its name.
    folder = mkdtempSync(join(cached('examples'), 't1c-'));
  });
  before(async () => {
    const { serialNumber } = bench().fixture.token;
    const slots = await run(
      'slots.cjs',
      `${config()}
GCLLib.GCLClient.initialize(config).then(async (client) => {
  for (const { slot_id } of (await client.pkcs11().slotsWithTokenPresent()).data) {
    if ((await client.pkcs11().token(slot_id)).data.serial_number === '${serialNumber}') console.log(slot_id);
  }
});`,
    );
    assert.match(slots, /^\d+\n$/);
    slotId = Number(slots);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What a program prints; it ends by itself, and well. */
  async function run(name: string, program: string): Promise<string> {
    const path = join(folder, name);
    writeFileSync(path, program);
    const { stdout, stderr } = await execute(process.execPath, [path], { env: { ...process.env, NODE_OPTIONS: '' }, timeout: 60_000 });
    assert.equal(stderr, '');
    return stdout;
  }

  const config = (): string => {
    const path = JSON.stringify(bench().fixture.profile.module);
    return `const { GCLConfig, GCLLib } = require('cryptoki/t1c');
var moduleConfig = { "linux": ${path}, "mac": ${path}, "win": ${path} };
var config = new GCLConfig("ds uri", "apikey", moduleConfig);${CALLBACK}`;
  };

  /** Calls of a client, by callback only. */
  const calls = (name: string, code: string): Promise<Printed[]> =>
    run(`${name}.cjs`, `${config()}\nGCLLib.GCLClient.initialize(config, function (err, gclClient) {\n${code}\n});`).then(printed);

  it('those of the guide', async () => {
    const { fixture, certificate } = bench();
    const blocks = [...readFileSync(join(root, 'docs/t1c.md'), 'utf8').matchAll(/^```javascript\n([^]*?)^```/gm)].map(([, code]) => code!);
    assert.equal(blocks.length, 2);
    const code = blocks
      .join('\n')
      .replace(/"(?:\/usr|C:)[^"]*"/g, JSON.stringify(fixture.profile.module))
      .replace('certificates(0,', `certificates(${slotId},`)
      .replace('slot_id: 1', `slot_id: ${slotId}`)
      .replace(/cert_id: '\w+'/, `cert_id: '${ID.rsa}'`)
      .replace("'thepincodeforthetoken'", JSON.stringify(PIN));
    const used = `GCLLib.GCLClient.initialize(config).then(async (client) => {
      const data = await signAndVerify(client, ${JSON.stringify(DOCUMENT.toString())});
      console.log(JSON.stringify({ data, success: true }));
    });`;
    const answers = printed(await run('guide.cjs', `${code}\n${used}`));
    assert.deepEqual(
      answers.map(({ success }) => success),
      [true, true, true, true],
    );
    const { data } = answers.find((one) => 'signature' in (one.data as object))!;
    const { signature, valid } = data as { signature: string; valid: boolean };
    assert.equal(valid, true);
    assert.equal(verify('sha256', DOCUMENT, certificate('rsa').publicKey, Buffer.from(signature, 'base64')), true);
  });

  it('the container from the configuration, and the first call of the document, which forgets the slot', async () => {
    const answers = await calls(
      'first',
      'var pkcs11 = gclClient.pkcs11();\ngclClient.pkcs11(moduleConfig).certificates(callback);\npkcs11.info(callback);',
    );
    assert.deepEqual(
      answers.map(({ error, code, description, success }) => ({ error, code, description, success })),
      [
        { error: true, code: 801, description: 'Invalid arguments', success: false },
        { error: false, code: undefined, description: undefined, success: true },
      ],
    );
  });

  it('reading: info, slots, slots with tokens, a token, certificates', async () => {
    const answers = await calls(
      'reading',
      `gclClient.pkcs11(moduleConfig).info(callback);
gclClient.pkcs11(moduleConfig).slots(callback);
gclClient.pkcs11(moduleConfig).slotsWithTokenPresent(callback);
var slot_id = ${slotId};
gclClient.pkcs11(moduleConfig).token(slot_id, callback);
gclClient.pkcs11(moduleConfig).certificates(slot_id, { parseCerts: false }, callback);`,
    );
    assert.equal(answers.length, 5);
    for (const { success } of answers) assert.equal(success, true);
    const lists = answers.map(({ data }) => data).filter((data) => Array.isArray(data)) as { id?: string }[][];
    assert.ok(lists.some((list) => list.some(({ id }) => id === ID.rsa)));
  });

  it('signing, and verifying with the request of the signature', async () => {
    const { certificate } = bench();
    const payload = (hash: string): string =>
      `{ slot_id: ${slotId}, cert_id: "${ID.rsa}", pin: ${JSON.stringify(PIN)}, data: "${hash}", algorithm_reference: "sha256" }`;
    const answers = await calls(
      'signing',
      `var signDataPayload = ${payload(hashed('sha256'))};
gclClient.pkcs11(moduleConfig).signData(signDataPayload, function (err, signed) {
    callback(err, signed);
    var verifyDataPayload = Object.assign({ signature: signed.data }, signDataPayload);
    gclClient.pkcs11(moduleConfig).verifySignedData(verifyDataPayload, callback);
});
gclClient.pkcs11(moduleConfig).signData(${payload('hashed data')}, callback);`,
    );
    assert.deepEqual(
      answers.filter(({ error }) => error).map(({ code }) => code),
      [801],
      'the words of the document are no hash',
    );
    const [signed, verified] = answers.filter(({ error }) => !error);
    assert.equal(verify('sha256', DOCUMENT, certificate('rsa').publicKey, Buffer.from(String(signed!.data), 'base64')), true);
    assert.deepEqual(verified, { error: false, data: true, success: true });
  });

  it('parsed certificates are those of PKI.js, however the program has it', async () => {
    const output = await run(
      'parsed.cjs',
      `${config()}
const { Certificate } = require('pkijs');
GCLLib.GCLClient.initialize(config).then(async (client) => {
  const { data } = await client.pkcs11().certificates(${slotId}, { parseCerts: true });
  const imported = (await import('pkijs')).Certificate;
  console.log(data.every(({ parsed }) => parsed instanceof Certificate && parsed instanceof imported));
});`,
    );
    assert.equal(output, 'true\n');
  });
});
