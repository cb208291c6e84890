// A pair of guarded machines (L2) of which the active one freezes as a whole.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { conclude } from './guard-faults.ts';
import { isThere, rowOf, signal, signing, takeOver } from './guard-pair-rows.ts';
import { type GuardedMachine, noEquivocation, PATIENCE, untilPlaced } from './guarded.ts';
import { untilStandby } from './guarded-pair.ts';

/** So many blocks the resumed node is without its guard. */
const SLOTS_ALONE = 30;

test('a frozen machine that goes on after a take-over may sign until its guard ends the node', async (context) => {
  const pair = await signing(context);
  const { alpha, bravo } = pair;
  const [guardPid, nodePid] = [alpha.guardPid(), alpha.nodePid()];
  const frozenMs = Date.now();
  signal('SIGSTOP', guardPid, nodePid);
  await takeOver(pair, 'bravo');
  await untilPlaced(bravo);
  // No rule says which of the two processes goes on first. A node that has lost its peers meanwhile is not
  // heard.
  signal('SIGCONT', nodePid);
  const alice = pair.network.node('alice');
  await alice.untilBest((await alice.bestNumber()) + SLOTS_ALONE);
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
  await untilPlaced(bravo);
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
