import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { processesOf } from '../../graph/process.ts';
import { readFixture } from '../../testing/networks.ts';
import { SECRET } from './testing/secret.ts';

test('a seed is inserted only from a file that is there', (context) => {
  const folder = temporaryFolder(context);
  const unit = readFixture(SECRET).graph.resources.find(({ id }) => id.endsWith('collators-iron-0.service'));
  assert.ok(unit !== undefined);
  const [step] = processesOf(unit).filter(({ words }) => words.includes('insert'));
  assert.ok(step !== undefined);
  const [shell = '', flag = '', script = ''] = step.words;
  const file = join(folder, 'seed');
  const run = () => spawnSync(shell, [flag, script, file, 'echo', `--suri=${file}`], { encoding: 'utf8' });
  assert.deepEqual([run().status, run().stdout], [1, ''], 'none');
  writeFileSync(file, '');
  assert.equal(run().status, 1, 'an empty one');
  writeFileSync(file, 'seed');
  assert.deepEqual([run().status, run().stdout], [0, `--suri=${file}\n`]);
});
