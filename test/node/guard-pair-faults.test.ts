// Faults of a pair of guarded machines (L2): what the validator signs when one of them dies, freezes or is cut off.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { conclude, type Expected, holdRound, untilInRound, untilSignedTwice } from './guard-faults.ts';
import { type GuardedMachine, noEquivocation, PATIENCE, powerCut, stateOf, untilOpen } from './guarded.ts';
import { type Pair, pairStage, untilStandby } from './guarded-pair.ts';

const signal = (how: NodeJS.Signals, ...pids: readonly number[]): void => {
  for (const pid of pids) process.kill(pid, how);
};

async function takeOver({ guard }: Pair, to: string): Promise<void> {
  const { code, text } = await guard('take-over', '--to', to, '--reason', 'the other one is off', '--yes');
  assert.equal(code, 0, text);
}

/** Eve signs, and from then on a fault may come. */
async function signing(context: TestContext, fence?: readonly string[]): Promise<Pair> {
  const pair = await pairStage(context, fence);
  await pair.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  return pair;
}

async function rowOf(
  context: TestContext,
  pair: Pair,
  fault: string,
  expected: Expected,
  faultMs: number,
): Promise<void> {
  await pair.observer.untilFirstSignature('Eve', faultMs, PATIENCE.timeoutMs);
  await conclude(context, pair, { fault, level: 'L2', expected }, faultMs);
}

test('a dead machine, a frozen guard and a frozen node: the standby signs nothing twice', async (context) => {
  const pair = await signing(context);
  const { alpha, bravo, guard } = pair;
  const held = await holdRound(pair);
  const deadMs = Date.now();
  await powerCut(alpha);
  await takeOver(pair, 'bravo');
  await untilInRound(bravo.node, held);
  assert.notEqual(stateOf(bravo.status(), 'gran'), 'open');
  held.release();
  await untilOpen(bravo);
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
  await untilOpen(alpha);
  await rowOf(context, pair, 'the guard is frozen, and the watchdog kills it', 'signs once', stoppedMs);
  await bravo.node.start();
  await untilStandby(bravo, 'alpha');

  const frozenMs = Date.now();
  signal('SIGSTOP', alpha.nodePid());
  const wrong = await guard('take-over', '--to', 'bravo', '--reason', 'alpha makes no blocks', '--yes');
  assert.deepEqual([wrong.code, /the guard of alpha runs/.test(wrong.text)], [3, true], wrong.text);
  await untilReady(pair, 'bravo');
  const done = await guard('hand-over', '--to', 'bravo', '--execute', '--yes');
  assert.equal(done.code, 0, done.text);
  await untilOpen(bravo);
  await rowOf(context, pair, 'the node is frozen, and a person hands over', 'signs once', frozenMs);
  await noEquivocation(pair);
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A standby that has just started may lag: the drill fails until it has caught up. */
async function untilReady({ guard }: Pair, to: string): Promise<void> {
  await waitFor(
    `${to} can take over`,
    async () => (await guard('hand-over', '--to', to)).code !== 3,
    PATIENCE,
  );
}

test('a machine that is cut off from the store ends its node before a person takes over', async (context) => {
  const pair = await signing(context);
  const { alpha, bravo, alphaLine } = pair;
  const cutMs = Date.now();
  alphaLine.cut('both');
  await waitFor('alpha ends its node', () => stateOf(alpha.status(), 'gran') === 'waiting', PATIENCE);
  await takeOver(pair, 'bravo');
  await untilOpen(bravo);
  await rowOf(context, pair, 'the active machine cannot reach the store', 'signs once', cutMs);
  alphaLine.heal();
  await untilStandby(alpha, 'bravo');
  await noEquivocation(pair);
});

test('a frozen machine that goes on after a take-over signs, unless a fence has switched it off', async (context) => {
  const pair = await signing(context);
  const { alpha, bravo } = pair;
  const [guardPid, nodePid] = [alpha.guardPid(), alpha.nodePid()];
  const frozenMs = Date.now();
  signal('SIGSTOP', guardPid, nodePid);
  await takeOver(pair, 'bravo');
  await untilOpen(bravo);
  // No rule says which of the two processes goes on first.
  signal('SIGCONT', nodePid);
  await untilSignedTwice(pair, frozenMs, 'any');
  signal('SIGCONT', guardPid);
  await waitFor('the guard ends its node', () => !isThere(nodePid), PATIENCE);
  const fault = 'guard and node are frozen, a person takes over, and they go on';
  await conclude(context, pair, { fault, level: 'L2', expected: 'may sign twice' }, frozenMs);
});

test('a frozen machine that a fence has switched off signs nothing', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-fence-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const pids = join(folder, 'pids');
  const program = join(folder, 'power-off');
  // Ends the processes of the machine as a loss of power does, and confirms it.
  const script = `#!/bin/sh\n[ "$WATCHBILL_FENCE_MACHINE" = alpha ] || exit 1\nkill -9 $(cat '${pids}')\n`;
  writeFileSync(program, script);
  chmodSync(program, 0o700);
  const pair = await signing(context, [program]);
  const { alpha, bravo } = pair;
  const pidsOf = (machine: GuardedMachine): readonly number[] => [machine.guardPid(), machine.nodePid()];
  writeFileSync(pids, pidsOf(alpha).join(' '));
  const frozenMs = Date.now();
  signal('SIGSTOP', ...pidsOf(alpha));
  await untilOpen(bravo);
  await rowOf(
    context,
    pair,
    'guard and node are frozen, and the fence switches the machine off',
    'signs once',
    frozenMs,
  );
  await alpha.node.start();
  await untilStandby(alpha, 'bravo');
  await noEquivocation(pair);
});
