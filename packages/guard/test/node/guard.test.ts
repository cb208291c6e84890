// A stock node under the guard, on a chain of five validators: its keys return only when that is safe.

import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { conclude } from './guard-faults.ts';
import {
  type GuardedMachine,
  guardedMachine,
  noEquivocation,
  PATIENCE,
  type Stage,
  stage,
  untilPlaced,
} from './guarded.ts';

test('keys are placed after the wait, and removed with the node; a crash, a lost database and a clone each keep them away', async (context) => {
  const ground = await stage(context);
  const machine = await guardedMachine(ground, 'eve');
  const { node: eve, runtime, nodePid } = machine;
  const { observer } = ground;
  await ground.network.node('alice').untilFinalised(3);
  await eve.start();
  const said = await untilPlaced(machine);
  assert.ok(
    said.some((line) => line.startsWith('waits until 2 independent nodes')),
    said.join('\n'),
  );
  assert.equal(said.at(-1), 'its votes are safe');
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);

  const first = nodePid();
  const crashMs = Date.now();
  process.kill(first, 'SIGKILL');
  await waitFor(
    'the guard starts the node again',
    () => (machine.status()?.node ?? first) !== first,
    PATIENCE,
  );
  const again = await untilPlaced(machine);
  assert.ok(again.length > 1, 'the key that votes waits after a crash');
  assert.equal(again.at(-1), 'its votes are safe');
  await observer.untilFirstSignature('Eve', crashMs, PATIENCE.timeoutMs);
  const crashed = 'the node crashes, and the guard starts it again';
  await conclude(context, ground, { fault: crashed, level: 'L1', expected: 'signs once' }, crashMs);
  assert.equal((await eve.stop())?.code, 0, eve.log().slice(-2_000));
  assert.deepEqual(readdirSync(join(runtime, 'keystore')), []);

  rmSync(join(eve.basePath, 'chains'), { recursive: true });
  await eve.start();
  const anew = await untilPlaced(machine);
  assert.ok(
    anew.some((line) => line.startsWith('listens for a clone')),
    anew.join('\n'),
  );
  await eve.stop();
  await noEquivocation(ground);
  await besideClone(context, ground, machine);
});

/** A clone without a guard signs before the guard starts. */
async function besideClone(context: TestContext, ground: Stage, machine: GuardedMachine): Promise<void> {
  const { node: eve, runtime } = machine;
  const clone = await ground.network.add({ name: 'eve-clone', keys: [{ suri: '//Eve' }] });
  await clone.start();
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  const startMs = Date.now();
  await eve.start();
  await waitFor(
    'the guard stays stopped',
    () => eve.grep(/the guard stays stopped since/).length > 0,
    PATIENCE,
  );
  assert.deepEqual(readdirSync(join(runtime, 'keystore')), []);
  assert.equal(eve.grep(/another process votes with this key/).length > 0, true, 'the log names it');
  await eve.stop();
  await clone.stop();
  const beside = 'the node starts while a clone without a guard signs';
  const row = { fault: beside, level: 'L1', expected: 'signs once' } as const;
  await conclude(context, ground, row, startMs, Date.now());
  await noEquivocation(ground);
}
