import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runCli } from '../testing/run-duty.ts';

test('in a folder without a configuration no empty ledger is begun', async (context) => {
  const cwd = temporaryFolder(context);
  const io = fakeIo({ cwd });
  assert.equal(await runCli(['serve'], io), 2);
  assert.match(io.stderr(), /no watchbill.yaml here, and no flag or variable names the folder of the ledger/);
  assert.match(io.stderr(), /change into the folder of the service, name its file with --config/);
  assert.deepEqual(readdirSync(cwd), []);
});
