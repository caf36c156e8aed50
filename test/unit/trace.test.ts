import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { FaultModule } from '../support/fault-module';

const program = `
  const { Raw, CKU } = require(${JSON.stringify(join(__dirname, '../../lib/raw'))});
  (async () => {
    const raw = await Raw.load(process.argv[1]);
    await raw.C_Initialize();
    const session = await raw.C_OpenSession(1, 6);
    await raw.C_Login(session, CKU.USER, 'SECRET-1').catch(() => {});
    await raw.C_Login(session, CKU.USER, '1234');
    await raw.C_DigestInit(session, 0x250);
    await raw.C_Digest(session, Buffer.from('SECRET-2'));
    await raw.close();
  })();
`;

describe('NODE_DEBUG=cryptoki', () => {
  const run = (NODE_DEBUG: string): string => {
    const fault = new FaultModule();
    const result = spawnSync(process.execPath, ['--import', 'tsx', '-e', program, fault.path], {
      encoding: 'utf8',
      cwd: join(__dirname, '../..'),
      env: { ...process.env, NODE_DEBUG },
    });
    fault.close();
    assert.equal(result.status, 0, result.stderr);
    return result.stderr;
  };

  it('shows calls, codes and durations, and no secret', () => {
    const trace = run('cryptoki');
    assert.match(trace, /CRYPTOKI \d+: #1 Load CKR_OK/);
    assert.match(trace, /#\d+ C_Login CKR_PIN_INCORRECT \d+\.\d+ ms/);
    assert.match(trace, /#\d+ C_Digest CKR_OK \d+\.\d+ ms/);
    assert.doesNotMatch(trace, /SECRET|1234/);
  });

  it('is silent otherwise', () => {
    assert.equal(run(''), '');
  });
});
