// Keys that move to another machine, and a clock that steps, under the guard on one machine (L1).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { conclude, holdRound, untilHeld, untilSignedTwice } from './guard-faults.ts';
import {
  allowVotes,
  type GuardedMachine,
  guardedMachine,
  noEquivocation,
  PATIENCE,
  powerCut,
  type Stage,
  stage,
  startNew,
  stateOf,
  untilPlaced,
} from './guarded.ts';

const KEYS = [{ suri: '//Eve' }];
/** Far above the slots for which a durable mark lies ahead. */
const STEP_S = 60;

test('keys moved to a second guarded machine wait there, and a second node without a guard is not prevented', async (context) => {
  const ground = await stage(context);
  const { network, observer } = ground;
  const first = await guardedMachine(ground, 'eve');
  await startNew(first);
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  const held = await holdRound(ground);
  const deadMs = Date.now();
  await powerCut(first);
  const second = await guardedMachine(ground, 'eve-2');
  await second.node.start();
  await untilHeld(second, held);
  await held.release();
  await untilPlaced(second);
  await observer.untilFirstSignature('Eve', deadMs, PATIENCE.timeoutMs);
  const moved = 'the machine dies, and its keys are moved to another one at once';
  await conclude(context, ground, { fault: moved, level: 'L1', expected: 'signs once' }, deadMs);

  const again = Date.now();
  await (await network.add({ name: 'eve-3', keys: KEYS })).start();
  await untilSignedTwice(ground, again, 'any');
  const started = 'a second node is started with the keys';
  await conclude(context, ground, { fault: started, level: 'L1', expected: 'may sign twice' }, again);
});

/** `docs/guard/how-to/guard-pair.md` says that it took less. */
const FOUND_S = 30;

/** Seconds from the start of a machine until each of the other validators has its node as a peer. */
async function startUntilFound({ network }: Stage, { node }: GuardedMachine): Promise<number> {
  const startedMs = performance.now();
  await node.start();
  const isFoundBy = async (name: string): Promise<boolean> => {
    const peers = await network.node(name).rpc.call<readonly { peerId: string }[]>('system_peers');
    return peers.some(({ peerId }) => peerId === node.peerId);
  };
  await waitFor(
    'each of the others has it as a peer',
    async () => (await Promise.all(['alice', 'bob', 'charlie', 'dave'].map(isFoundBy))).every(Boolean),
    { ...PATIENCE, everyMs: 100 },
  );
  return (performance.now() - startedMs) / 1_000;
}

/**
 * By how many slots of a second the guard's clock is ahead of this machine's while the key that authors is
 * open.
 */
function aheadS({ status }: GuardedMachine): number {
  const say = status()?.keys.find(({ kind, state }) => kind === 'babe' && state === 'open')?.say ?? '';
  const slot = /^slot (\d+)/.exec(say)?.[1];
  return slot === undefined ? 0 : Number(slot) - Date.now() / 1_000;
}

test('a clock that steps forth and back makes no slot twice, and peers find the machine that follows', async (context) => {
  const ground = await stage(context);
  const machine = await guardedMachine(ground, 'eve', { clock: 'stepped' });
  const { node, nodePid, status } = machine;
  const ownS = await startUntilFound(ground, machine);
  await allowVotes(machine, 'no node ever had these keys');
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  const steppedMs = Date.now();
  node.stepClock(STEP_S);
  await waitFor('it authors by the clock that is ahead', () => aheadS(machine) > STEP_S / 2, PATIENCE);
  // The slots up to the mark come again after the step back.
  node.stepClock(0);
  const isAway = (): boolean => stateOf(status(), 'babe') !== 'open';
  await waitFor('the key that authors is away', isAway, PATIENCE);
  const before = nodePid();
  const deadMs = Date.now();
  process.kill(before, 'SIGKILL');
  await waitFor('the guard starts the node again', () => (status()?.node ?? before) !== before, PATIENCE);
  await untilPlaced(machine);
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  const fault = `the clock steps ${STEP_S} s ahead and back, and the node crashes`;
  await conclude(context, ground, { fault, level: 'L1', expected: 'signs once' }, steppedMs, deadMs);
  await noEquivocation(ground);

  // Session keys and node key on another machine, at another address.
  await powerCut(machine);
  const movedS = await startUntilFound(ground, await guardedMachine(ground, 'moved', { nodeKeyOf: 'eve' }));
  context.diagnostic(
    `found by all peers after ${ownS.toFixed(1)} s with its own node key, ${movedS.toFixed(1)} s with the node key of the dead machine`,
  );
  assert.ok(Math.max(ownS, movedS) < FOUND_S, `${ownS} s, ${movedS} s`);
});
