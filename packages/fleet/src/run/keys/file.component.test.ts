import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { otherOpenRotation, readRotation, writeRotation } from './file.ts';
import { lockRecord } from './lock.ts';
import { BEGUN, SUBMITTED } from './testing/rotation.ts';

const LOCK = new URL('lock.ts', import.meta.url).href;

test('what is written is read; another file is refused, since it may be the only record of keys', (context) => {
  const file = join(temporaryFolder(context), 'rotation.json');
  assert.equal(readRotation(file), null);
  writeRotation(file, SUBMITTED);
  assert.deepEqual(readRotation(file), SUBMITTED);
  writeFileSync(file, '{}');
  assert.throws(() => readRotation(file), { code: 'journal' });
});

test('another open rotation of the stash is found; one that is over, or of another stash, is none', (context) => {
  const folder = temporaryFolder(context);
  const mine = join(folder, 'mine.json');
  writeRotation(mine, BEGUN);
  writeFileSync(join(folder, 'else.json'), '{"other": true}');
  writeRotation(join(folder, 'other-stash.json'), { ...BEGUN, stash: '0x99' });
  writeRotation(join(folder, 'other-chain.json'), { ...BEGUN, genesis: '0x99' });
  for (const stage of ['verified', 'retired', 'aborted'] as const)
    writeRotation(join(folder, `${stage}.json`), { ...BEGUN, stage });
  assert.equal(otherOpenRotation(mine, BEGUN), null);
  writeRotation(join(folder, 'open.json'), { ...SUBMITTED, stage: 'queued' });
  assert.equal(otherOpenRotation(mine, BEGUN), join(folder, 'open.json'));
});

test('a record is worked on by one process; the lock of one that has ended is taken over', (context) => {
  const file = join(temporaryFolder(context), 'rotation.json');
  const unlock = lockRecord(file);
  assert.throws(() => lockRecord(file), { code: 'busy' });
  unlock();
  assert.ok(!existsSync(`${file}.lock`));
  // It ends without giving the lock back.
  const script = `(await import(${JSON.stringify(LOCK)})).lockRecord(${JSON.stringify(file)})`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 });
  assert.equal(run.status, 0, String(run.stderr));
  assert.ok(existsSync(`${file}.lock`));
  lockRecord(file)();
  assert.ok(!existsSync(`${file}.lock`));
  writeFileSync(`${file}.lock`, 'cut');
  assert.throws(() => lockRecord(file), { code: 'busy', message: /may work on .*cannot find out/ });
});
