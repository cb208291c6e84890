import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { processesOf } from '../graph/process.ts';
import { readFixture, WIDE } from '../testing/networks.ts';

test('in a pod a seed is inserted only from a file that is there', (context) => {
  const folder = temporaryFolder(context);
  const set = readFixture(WIDE).graph.resources.find(({ id }) => id.endsWith('/collators-east-1'));
  assert.ok(set !== undefined);
  const [step, ...others] = processesOf(set).filter(({ words }) => words.includes('insert'));
  assert.deepEqual([step?.container, others], ['seed-aura', []]);
  const [shell = '', flag = '', script = '', named, ...command] = step?.words ?? [];
  assert.deepEqual(command.slice(0, 3), ['node', 'key', 'insert']);
  assert.equal(command.at(-1), `--suri=${named}`);
  const file = join(folder, 'aura');
  const run = () => spawnSync(shell, [flag, script, file, 'echo', `--suri=${file}`], { encoding: 'utf8' });
  assert.deepEqual([run().status, run().stdout], [1, ''], 'none');
  assert.match(run().stderr, /there is no seed in/);
  writeFileSync(file, '');
  assert.equal(run().status, 1, 'an empty one');
  writeFileSync(file, 'seed');
  assert.deepEqual([run().status, run().stdout], [0, `--suri=${file}\n`]);
});
