import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock, systemRandom } from '@watchbill/kit';
import { openLog } from '@watchbill/kit/command/log';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { freePort } from '@watchbill/kit/ports';
import { temporaryFolder } from '@watchbill/kit/testing';
import { loadConfig } from '../../config/load.ts';
import { startService } from './wiring.ts';

test('a port that is taken is found before anything is opened, and can be used once it is free', async (context) => {
  const cwd = temporaryFolder(context);
  const taken = createServer();
  // None that the system gives to connections, so that it is still free when it is used again.
  const port = await freePort();
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  const io = { ...fakeIo({ cwd }), clock: systemClock(), random: systemRandom() };
  const written: string[] = [];
  const log = openLog({ ...io, err: (text) => void written.push(text) }, { level: 'debug', format: 'json' });
  const fields = { 'service.listen.port': String(port) };
  const { config } = loadConfig(io, { fields });
  await assert.rejects(startService(config, io, log), { code: 'address-in-use' });
  assert.deepEqual(readdirSync(cwd), []);
  assert.deepEqual(written, []);
  await new Promise((resolve) => taken.close(resolve));
  const running = await startService(config, io, log);
  assert.equal(running.url, `http://127.0.0.1:${port}`);
  await running.stop(1_000);
  assert.deepEqual(readdirSync(cwd), ['data']);
  // A failed start also frees the address.
  const lost = { ...config, operator: { tokenFile: join(cwd, 'none') } };
  await assert.rejects(startService(lost, io, log), /there is no file/);
  await (await startService(config, io, log)).stop(1_000);
});
