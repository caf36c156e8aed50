// The ten ways in which pkcs11js ends its process or answers wrongly: here each is a clear error or the right result. Every case has a process of its own, so that a
// crash is seen.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';
import { skip } from '../support/skip';
import { library, OURS, run } from './packages';

function told(name: string, environment: NodeJS.ProcessEnv = {}): Record<string, unknown> {
  const { lines, status, signal, errors } = run('crash.cjs', OURS, { CASE: name, ...environment }, ['--expose-gc']);
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, errors);
  assert.equal(lines.length, 1, errors);
  return lines[0]!;
}

const NOT_LOADED = 'NativeError: PKCS11 module not loaded yet';
const NOT_SUPPORTED = 'Pkcs11Error: CKR_FUNCTION_NOT_SUPPORTED';

describe('what ends the process with pkcs11js', () => {
  before(function () {
    if (library() === undefined) skip(this, 'this machine has no SoftHSM');
  });

  it('1. calls from several threads although the library may not lock: one runs at a time', () => {
    assert.deepEqual(told('threadsWithoutLocking'), { right: 80 });
  });

  it('2. inputs and parameters that are collected while a call runs: they were copied', () => {
    assert.deepEqual(told('collectedInput'), { right: 80 });
    assert.deepEqual(told('collectedParameter'), { right: 30 });
  });

  it('3. close, C_Finalize and collection while a call runs: the call ends first', () => {
    assert.deepEqual(told('closedWhileRunning'), { digest: true, after: NOT_LOADED });
    assert.deepEqual(told('finalizedWhileRunning'), { digest: true, after: 'Pkcs11Error: CKR_CRYPTOKI_NOT_INITIALIZED' });
    assert.deepEqual(told('collectedObject'), { digest: true });
  });

  it('3. memory that is taken away while a call runs: it was copied, or there is an error', () => {
    const { digest, output, detached } = told('detachedInput');
    assert.equal(digest, true);
    assert.match(String(output), /^NativeError: .*lost its memory/);
    assert.match(String(detached), /^TypeError: .*detached/);
  });

  it('3. the process, or a worker thread, ends while calls run: nothing waits for them and nothing crashes', () => {
    assert.deepEqual(told('exitWhileRunning'), { running: 4 });
    assert.deepEqual(told('terminatedWhileRunning'), { runs: 'runs', here: 'ok' });
  });

  it('a callback that throws is an uncaught exception, and the library goes on', () => {
    assert.deepEqual(told('throwingCallback'), { message: 'from a callback', after: true });
  });

  it('an input of no bytes is the empty message', () => {
    assert.deepEqual(told('emptyInput'), { once: true, parts: true });
  });

  it('4. paths of every kind: an error at load, and nothing is loaded', () => {
    const outcomes = told('loads') as Record<string, string[]>;
    for (const [name, [load, ...others]] of Object.entries(outcomes)) {
      assert.match(load!, /^(?:Type|Native)Error: ./, name);
      assert.deepEqual(others, [NOT_LOADED, NOT_LOADED], name);
    }
    assert.match(outcomes['missing']![0]!, /^NativeError: \/nowhere\/at\/all\.so: /);
  });

  it('4. functions that are NULL: CKR_FUNCTION_NOT_SUPPORTED', () => {
    const outcomes = told('nullFunctions', { NULL_LIBRARY: join(root, 'build', 'test-modules', 'null.so') });
    assert.equal(outcomes['initialize'], 'ok');
    for (const name of ['slot', 'event', 'open']) assert.equal(outcomes[name], NOT_SUPPORTED);
  });

  it('5. getters that throw, shrink the list or call the library; a count of −1', () => {
    const { shrinking, ...others } = told('getters');
    assert.deepEqual(others, {
      type: 'NativeError: from a getter',
      mechanism: 'TypeError: from a getter',
      parameter: 'NativeError: from a getter',
      calling: 'ok',
      flags: 'NativeError: from a getter',
      count: 'ok',
    });
    assert.equal(shrinking, 'TypeError: Element 1 has wrong type. Should be an Object');
  });

  it('6. an output without room: CKR_BUFFER_TOO_SMALL, and the operation goes on', () => {
    const small = 'Pkcs11Error: CKR_BUFFER_TOO_SMALL';
    assert.deepEqual(told('emptyOutput'), { empty: small, short: small, goesOn: true });
  });

  it('6. a short label is filled up; a date that is not set is an empty buffer', () => {
    assert.deepEqual(told('shortLabel'), { label: 'short'.padEnd(32) });
    assert.deepEqual(told('emptyDate'), { empty: 0, set: '20310203' });
  });

  it('7. eight calls on one session: each has its turn', () => {
    assert.deepEqual(told('callsOnOneSession'), { right: 8 });
  });

  it('8. every error has its code; an attribute that is missing leaves the others', () => {
    const { error, there, created } = told('missingAttribute');
    assert.deepEqual(error, { code: 0x12, method: 'C_GetAttributeValue', message: 'CKR_ATTRIBUTE_TYPE_INVALID' });
    assert.equal(there, 10);
    assert.deepEqual(created, [0xd0, 'C_CreateObject']);
  });

  it('9. templates are freed: two hundred of a megabyte do not stay', () => {
    const { grown } = told('templateMemory');
    assert.ok(Number(grown) < 60, `${String(grown)} MB`);
  });

  it('10. C_Finalize in a worker thread ends that thread alone', () => {
    assert.deepEqual(told('finalizedInWorker'), { code: 0x191, here: 'ok' });
  });
});
