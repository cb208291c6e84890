import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { fenceCommand } from './fence.ts';
import { termFile } from './terms.ts';

const fenceOf = (script: string, timeoutMs = 30_000) =>
  fenceCommand({ command: ['sh', '-c', script], afterMs: 60_000, timeoutMs });

test('only status 0 of the fence confirms that a machine is off', async () => {
  const named = await fenceOf('echo "$WATCHBILL_FENCE_MACHINE is off"').powerOff('alpha');
  assert.deepEqual(named, { isOff: true, say: 'alpha is off' });
  const failed = await fenceOf('echo "no answer of the board" >&2; exit 3').powerOff('alpha');
  assert.deepEqual(failed, { isOff: false, say: 'the fence ended with status 3: no answer of the board' });
  const hung = await fenceOf('exec sleep 60', 200).powerOff('alpha');
  assert.deepEqual(hung, { isOff: false, say: 'the fence did not end within 0.2 s' });
  const missing = fenceCommand({
    command: ['/no/such/fence', '--password=x'],
    afterMs: 60_000,
    timeoutMs: 1_000,
  });
  assert.deepEqual(await missing.powerOff('alpha'), { isOff: false, say: 'the fence could not be started' });
});

test('the terms of a pair survive, and a damaged file is an error', (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(termFile(folder).read(), { seen: 0n, active: 0n });
  termFile(folder).write({ seen: 8n, active: 7n });
  assert.deepEqual(termFile(folder).read(), { seen: 8n, active: 7n });
  for (const text of ['', '{"seen":"8"}', '{"seen":8,"active":7}']) {
    writeFileSync(join(folder, 'terms.json'), text);
    assert.throws(() => termFile(folder).read(), /terms.json holds no terms of a pair/);
  }
});
