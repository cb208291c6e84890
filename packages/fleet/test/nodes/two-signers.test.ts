// The way to two signers through `up --local`, with real nodes: the file and the seeds of a network that
// lives elsewhere.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFileMemory } from '@watchbill/fleet/run/operations';
import { waitFor } from '@watchbill/testkit';
import { ended, ground, untilFinalised, up, WAIT } from './ground.ts';

const IRON = { target: 'machine', name: 'iron', host: '192.0.2.7', port: 22, user: 'root' } as const;

test('a network that lives elsewhere, and a seed of a real validator, start no node here', async (context) => {
  const folder = ground();
  const memory = createFileMemory(join(folder, '.watchbill-fleet'));
  const refused = async (why: RegExp): Promise<void> => {
    const one = up(context, folder, []);
    const hasStarted = () => one.lines.some(({ kind }) => kind === 'started');
    await waitFor('it ends or starts a node', () => one.child.exitCode !== null || hasStarted(), WAIT);
    assert.ok(!hasStarted(), 'a node was started');
    assert.notEqual(await ended(one.child), 0);
    assert.match(one.errors(), why);
    assert.doesNotMatch(one.errors(), /0x[0-9a-f]{64}/);
    assert.ok(!hasStarted());
  };
  await memory.add('trial', [{ what: 'has', id: 'a', place: IRON, identity: 'x' }]);
  await refused(/the network trial runs on iron \(192\.0\.2\.7\)/);

  // A colleague's folder has no memory of it.
  await memory.add('trial', [{ what: 'gone', ids: ['a'] }]);
  const seed = join(folder, 'secrets/validators-here-0-keys/babe');
  writeFileSync(seed, `0x${randomBytes(32).toString('hex')}`);
  await refused(/the babe seed of validators-here-0 is not a development seed/);

  // Control: without either of them the same file starts, and its validators sign.
  writeFileSync(seed, '//Alice');
  await untilFinalised(up(context, folder, []), 2);
});
