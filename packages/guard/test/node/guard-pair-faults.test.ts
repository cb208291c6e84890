// A pair of guarded machines (L2) of which one dies, loses the store, or has a process that freezes. The rows
// share one chain: each moves the active role to the other machine, which the next one makes fail.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isRunning } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';
import { conclude } from './guard-faults.ts';
import { pageRun, rowOf, SHOW, signal, signing, TAKE_OVER, takeOver } from './guard-pair-rows.ts';
import { noEquivocation, PATIENCE, powerCut, stateOf, untilPlaced } from './guarded.ts';
import { type Pair, untilStandby } from './guarded-pair.ts';

test('a dead machine, a frozen guard, a lost store, a frozen node: the pair signs nothing twice', async (context) => {
  const pair = await signing(context);
  await deadMachine(context, pair);
  await frozenGuard(context, pair);
  await cutFromStore(context, pair);
  await frozenNode(context, pair);
  await noEquivocation(pair);
});

/** The role moves from alpha to bravo, by the commands of the page. */
async function deadMachine(context: TestContext, pair: Pair): Promise<void> {
  const { alpha, bravo } = pair;
  const deadMs = Date.now();
  await powerCut(alpha);
  const taken = await pageRun(pair, TAKE_OVER, '--yes');
  assert.equal(taken.code, 0, taken.text);
  await untilPlaced(bravo);
  const dead = 'the machine dies, and its keys are moved to another one at once';
  await rowOf(context, pair, dead, 'signs once', deadMs);
  await alpha.node.start();
  await untilStandby(alpha, 'bravo');
  const shown = await pageRun(pair, SHOW);
  const line = /^active: bravo \(term 2, taken over by [\w ]+: alpha has no power; checked by Ada\)/;
  assert.match(shown.text, line, shown.text);
}

/** The role moves from bravo to alpha. */
async function frozenGuard(context: TestContext, pair: Pair): Promise<void> {
  const { alpha, bravo } = pair;
  const stoppedMs = Date.now();
  const [guardPid, nodePid] = [bravo.guardPid(), bravo.nodePid()];
  signal('SIGSTOP', guardPid);
  // The watchdog of systemd kills a guard that is silent for 15 seconds, and the kernel ends its node.
  await powerCut(bravo);
  await waitFor('the kernel ends the node', () => !isRunning(nodePid), PATIENCE);
  await takeOver(pair, 'alpha');
  await untilPlaced(alpha);
  await rowOf(context, pair, 'the guard is frozen, and the watchdog kills it', 'signs once', stoppedMs);
  await bravo.node.start();
  await untilStandby(bravo, 'alpha');
}

/** The role moves from alpha to bravo: the lease of alpha ends before a person may take over. */
async function cutFromStore(context: TestContext, pair: Pair): Promise<void> {
  const { alpha, bravo, alphaLine } = pair;
  const cutMs = Date.now();
  alphaLine.cut();
  const ended = async (): Promise<number> => {
    await waitFor('alpha ends its node', () => stateOf(alpha.status(), 'gran') === 'waiting', PATIENCE);
    return Date.now();
  };
  const [endedMs] = await Promise.all([ended(), takeOver(pair, 'bravo')]);
  await untilPlaced(bravo);
  await pair.observer.untilFirstSignature('Eve', endedMs, PATIENCE.timeoutMs);
  const fault = 'the active machine cannot reach the store';
  await conclude(context, pair, { fault, level: 'L2', expected: 'signs once' }, cutMs, endedMs);
  alphaLine.heal();
  await untilStandby(alpha, 'bravo');
}

/** The role moves from bravo to alpha. */
async function frozenNode(context: TestContext, pair: Pair): Promise<void> {
  const { alpha, bravo, guard } = pair;
  const frozenMs = Date.now();
  signal('SIGSTOP', bravo.nodePid());
  const wrong = await guard('take-over', '--to', 'alpha', '--reason', 'bravo makes no blocks', '--yes');
  assert.deepEqual([wrong.code, /the guard of bravo runs/.test(wrong.text)], [3, true], wrong.text);
  // A standby that has just started may lag: the drill fails until it has caught up.
  const isReady = async (): Promise<boolean> => (await guard('handover', '--to', 'alpha')).code !== 3;
  await waitFor('alpha can take over', isReady, PATIENCE);
  const done = await guard('handover', '--to', 'alpha', '--execute', '--yes');
  assert.equal(done.code, 0, done.text);
  await untilPlaced(alpha);
  await rowOf(context, pair, 'the node is frozen, and a person hands over', 'signs once', frozenMs);
}
