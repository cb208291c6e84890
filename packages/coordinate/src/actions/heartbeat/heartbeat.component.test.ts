import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { absencesInFile } from './absences.ts';
import { heartbeatAction } from './heartbeat.ts';
import { drill } from './testing/fake-drill.ts';

test('with a file, the count outlives the process; a damaged file counts as none', async (context) => {
  const folder = temporaryFolder(context);
  const settings = { absencesFile: join(folder, 'deep', 'absences.json') };
  for (const index of [1n, 2n]) await drill(heartbeatAction(), index, [1, 2], settings);
  assert.deepEqual((await drill(heartbeatAction(), 3n, [1, 2], settings)).notes.length, 1);
  writeFileSync(settings.absencesFile, '{"group"');
  assert.equal(await absencesInFile(settings.absencesFile).load(), null);
  assert.deepEqual((await drill(heartbeatAction(), 4n, [1, 2], settings)).notes, []);
});
