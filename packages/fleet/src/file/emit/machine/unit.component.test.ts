import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { processesOf } from '../../graph/process.ts';
import { readFixture } from '../../testing/networks.ts';
import { SECRET } from './testing/secret.ts';

for (const [where, name] of [
  ['on a machine', 'collators-iron-0.service'],
  ['in a pod', 'StatefulSet/nodes/collators-east-1'],
] as const)
  test(`a seed is inserted only from a file that is there, ${where}`, (context) => {
    const resource = readFixture(SECRET).graph.resources.find(({ id }) => id.endsWith(name));
    assert.ok(resource !== undefined);
    const [step] = processesOf(resource).filter(({ words }) => words.includes('insert'));
    const [shell = '', flag = '', script = '', named, ...command] = step?.words ?? [];
    assert.equal(command.at(-1), `--suri=${named}`);
    const file = join(temporaryFolder(context), 'seed');
    const run = () => spawnSync(shell, [flag, script, file, 'echo', `--suri=${file}`], { encoding: 'utf8' });
    assert.deepEqual([run().status, run().stdout], [1, ''], 'none');
    assert.match(run().stderr, /there is no seed in/);
    writeFileSync(file, '');
    assert.equal(run().status, 1, 'an empty one');
    writeFileSync(file, 'seed');
    assert.deepEqual([run().status, run().stdout], [0, `--suri=${file}\n`]);
  });
