// A stock node whose babe key is a FIFO that the guard serves, on a chain of five validators.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type IdentityReport, waitFor } from '@watchbill/testkit';
import {
  type GuardedMachine,
  guardedMachine,
  noEquivocation,
  PATIENCE,
  type Stage,
  stage,
  stateOf,
  untilPlaced,
} from './guarded.ts';

/** Slots of the chain are a second long. */
const STEP_SECONDS = 30;
/** A seal that was on its way when a fault came. */
const SETTLE_MS = 2_000;

async function piped(
  context: TestContext,
  more: { readonly clock?: 'stepped' } = {},
): Promise<{ readonly ground: Stage; readonly machine: GuardedMachine }> {
  const ground = await stage(context);
  const machine = await guardedMachine(ground, 'eve', { keyPipe: true, ...more });
  await machine.node.start();
  await untilPlaced(machine);
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  return { ground, machine };
}

async function eveSince({ observer }: Stage, fromMs: number, untilMs = Date.now()): Promise<IdentityReport> {
  const { identities } = await observer.report({ fromMs, untilMs });
  return identities.find(({ name }) => name === 'Eve') ?? assert.fail('the observer knows Eve');
}

const untilBlocks = (ground: Stage, fromMs: number, count: number): Promise<unknown> =>
  waitFor(`${count} blocks of Eve`, async () => (await eveSince(ground, fromMs)).blocks >= count, PATIENCE);

test('a node makes blocks and votes through the pipe, and the next guard makes no slot twice', async (context) => {
  const { ground, machine } = await piped(context);
  const { node, runtime, guardPid } = machine;
  const keystore = join(runtime, 'keystore');
  const babe = readdirSync(keystore).find((file) => file.startsWith('62616265')) ?? assert.fail();
  const gran = readdirSync(keystore).find((file) => file.startsWith('6772616e')) ?? assert.fail();
  assert.ok(statSync(join(keystore, babe)).isFIFO());
  assert.ok(statSync(join(keystore, gran)).isFile());
  const beganMs = Date.now();
  await untilBlocks(ground, beganMs, 10);
  assert.ok((await eveSince(ground, beganMs)).votes > 0);

  process.kill(guardPid(), 'SIGKILL');
  await waitFor('the node ends with its guard', () => !node.running(), PATIENCE);
  const againMs = Date.now();
  await node.start();
  await untilPlaced(machine);
  await untilBlocks(ground, againMs, 3);
  await noEquivocation(ground);
});

test('no block is made while the guard is frozen, and the node goes on with it', async (context) => {
  const { ground, machine } = await piped(context);
  process.kill(machine.guardPid(), 'SIGSTOP');
  await setTimeout(SETTLE_MS);
  const frozenMs = Date.now();
  // Below the lease of the guard.
  await setTimeout(5_000);
  const until = Date.now();
  process.kill(machine.guardPid(), 'SIGCONT');
  // The observer is asked after that: a block may have come by then.
  assert.equal((await eveSince(ground, frozenMs, until)).blocks, 0);
  await untilBlocks(ground, until, 3);
  assert.ok(machine.node.running());
  await noEquivocation(ground);
});

test('a clock that steps back shuts the pipe until the slots are over', async (context) => {
  const { ground, machine } = await piped(context, { clock: 'stepped' });
  const { node } = machine;
  node.stepClock(-STEP_SECONDS);
  await waitFor('the guard sees the step', () => node.grep(/clock-stepped-back/).length > 0, PATIENCE);
  const shutMs = Date.now() + SETTLE_MS;
  await setTimeout((STEP_SECONDS / 2) * 1_000);
  assert.notEqual(stateOf(machine.status(), 'babe'), 'open');
  assert.equal((await eveSince(ground, shutMs)).blocks, 0);
  node.stepClock(0);
  await untilPlaced(machine);
  await untilBlocks(ground, Date.now(), 3);
  await noEquivocation(ground);
});
