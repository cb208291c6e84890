// A program that is killed before or after a node has what it sends: the next run asks the chain first, and
// one extrinsic lands.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { account } from '@watchbill/testkit/chopsticks';
import { arrive, killed, makeGround, recordOf, rotateArgs, runKeys, spawnKeys } from './ground.ts';

const MOST_WAITS = 2_400;

test('killed between submitting and the block, it never sends another one', {
  timeout: 460_000,
}, async (context) => {
  const ground = await makeGround(context, ['before', 'after']);
  const { pair, hub, folder } = ground;
  /** Runs it until it submits, does that with what it sends, and kills it. */
  const killedAtSubmission = async (name: string, reaches: boolean) => {
    const node = await ground.nodeOf(account(name));
    const args = rotateArgs(ground, node, account(name), name, `${name}.json`);
    let isThere = false;
    hub.answers.set('author_submitExtrinsic', async (_params, ask) => {
      if (reaches) await ask();
      isThere = true;
      return new Promise(() => undefined);
    });
    const child = spawnKeys(folder, args);
    for (let waits = 0; !isThere; waits += 1) {
      assert.ok(waits < MOST_WAITS && child.exitCode === null, 'it submits');
      await sleep(50);
    }
    await killed(child);
    hub.answers.clear();
    return args;
  };

  await context.test('before the node had it: the very same bytes are sent', async () => {
    const args = await killedAtSubmission('before', false);
    const written = recordOf(ground, 'before.json');
    assert.deepEqual([written.stage, written.submission?.handed], ['submitted', 1]);
    const run = runKeys(folder, args);
    await run.told('sent');
    assert.equal(hub.submitted.length, 2);
    assert.equal(hub.submitted[0], hub.submitted[1]);
    await pair.assetHubBlock();
    await run.told('on-the-way');
    await arrive(ground, run);
  });

  await context.test('after the block has it: nothing is sent', async () => {
    const args = await killedAtSubmission('after', true);
    await pair.assetHubBlock();
    const before = hub.submitted.length;
    const run = runKeys(folder, args);
    await run.told('on-the-way');
    await arrive(ground, run);
    assert.deepEqual(run.kinds(), ['resumed', 'included', 'on-the-way', 'queued']);
    assert.equal(hub.submitted.length, before);
  });
});
