// A pair of guarded machines (L2) of which one dies, loses the store, or has a process that freezes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { conclude } from './guard-faults.ts';
import { isThere, rowOf, signal, signing, takeOver } from './guard-pair-rows.ts';
import { noEquivocation, PATIENCE, powerCut, stateOf, untilPlaced } from './guarded.ts';
import { type Pair, untilStandby } from './guarded-pair.ts';

test('a dead machine, a frozen guard and a frozen node: the standby signs nothing twice', async (context) => {
  const pair = await signing(context);
  const { alpha, bravo, guard } = pair;
  const deadMs = Date.now();
  await powerCut(alpha);
  await takeOver(pair, 'bravo');
  await untilPlaced(bravo);
  const dead = 'the machine dies, and its keys are moved to another one at once';
  await rowOf(context, pair, dead, 'signs once', deadMs);
  await alpha.node.start();
  await untilStandby(alpha, 'bravo');

  const stoppedMs = Date.now();
  const [guardPid, nodePid] = [bravo.guardPid(), bravo.nodePid()];
  signal('SIGSTOP', guardPid);
  // The watchdog of systemd kills a guard that is silent for 15 seconds, and the kernel ends its node.
  await powerCut(bravo);
  await waitFor('the kernel ends the node', () => !isThere(nodePid), PATIENCE);
  await takeOver(pair, 'alpha');
  await untilPlaced(alpha);
  await rowOf(context, pair, 'the guard is frozen, and the watchdog kills it', 'signs once', stoppedMs);
  await bravo.node.start();
  await untilStandby(bravo, 'alpha');

  const frozenMs = Date.now();
  signal('SIGSTOP', alpha.nodePid());
  const wrong = await guard('take-over', '--to', 'bravo', '--reason', 'alpha makes no blocks', '--yes');
  assert.deepEqual([wrong.code, /the guard of alpha runs/.test(wrong.text)], [3, true], wrong.text);
  await untilReady(pair, 'bravo');
  const done = await guard('handover', '--to', 'bravo', '--execute', '--yes');
  assert.equal(done.code, 0, done.text);
  await untilPlaced(bravo);
  await rowOf(context, pair, 'the node is frozen, and a person hands over', 'signs once', frozenMs);
  await noEquivocation(pair);
});

test('a machine that is cut off from the store ends its node before a person takes over', async (context) => {
  const pair = await signing(context);
  const { alpha, bravo, alphaLine } = pair;
  const cutMs = Date.now();
  alphaLine.cut('both');
  await waitFor('alpha ends its node', () => stateOf(alpha.status(), 'gran') === 'waiting', PATIENCE);
  const endedMs = Date.now();
  await takeOver(pair, 'bravo');
  await untilPlaced(bravo);
  await pair.observer.untilFirstSignature('Eve', endedMs, PATIENCE.timeoutMs);
  const fault = 'the active machine cannot reach the store';
  await conclude(context, pair, { fault, level: 'L2', expected: 'signs once' }, cutMs, endedMs);
  alphaLine.heal();
  await untilStandby(alpha, 'bravo');
  await noEquivocation(pair);
});

/** A standby that has just started may lag: the drill fails until it has caught up. */
async function untilReady({ guard }: Pair, to: string): Promise<void> {
  await waitFor(
    `${to} can take over`,
    async () => (await guard('handover', '--to', to)).code !== 3,
    PATIENCE,
  );
}
