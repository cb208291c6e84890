import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { runCli } from '../testing/run-duty.ts';

test('in a folder without a configuration no empty ledger is begun', async (context) => {
  const cwd = mkdtempSync(join(tmpdir(), 'watchbill-nothing-given-'));
  context.after(() => rmSync(cwd, { recursive: true }));
  const io = fakeIo({ cwd });
  assert.equal(await runCli(['serve'], io), 2);
  assert.match(io.stderr(), /no watchbill.yaml here, and no flag or variable names the folder of the ledger/);
  assert.match(io.stderr(), /change into the folder of the service, name its file with --config/);
  assert.deepEqual(readdirSync(cwd), []);
});
