// A pair of guarded machines (L2) of which the active one freezes as a whole.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRunning } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';
import { conclude } from './guard-faults.ts';
import { rowOf, signal, signing, takeOver } from './guard-pair-rows.ts';
import { noEquivocation, PATIENCE, untilPlaced } from './guarded.ts';
import { untilStandby } from './guarded-pair.ts';

/** So many blocks the resumed node is without its guard. */
const SLOTS_ALONE = 30;

test('a frozen machine signs nothing once a fence has switched it off; without a fence it may, until its guard ends the node', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-fence-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const [pids, program] = [join(folder, 'pids'), join(folder, 'power-off')];
  // Ends the processes of the machine as a loss of power does, and confirms it.
  const script = `#!/bin/sh\n[ "$WATCHBILL_FENCE_MACHINE" = alpha ] || exit 1\nkill -9 $(cat '${pids}')\n`;
  writeFileSync(program, script);
  chmodSync(program, 0o700);
  const pair = await signing(context, [program]);
  const { alpha, bravo, network } = pair;
  const fencedMs = Date.now();
  const own = [alpha.guardPid(), alpha.nodePid()];
  writeFileSync(pids, own.join(' '));
  signal('SIGSTOP', ...own);
  await untilPlaced(bravo);
  const fenced = 'guard and node are frozen, and the fence switches the machine off';
  await rowOf(context, pair, fenced, 'signs once', fencedMs);
  await alpha.node.start();
  await untilStandby(alpha, 'bravo');
  await noEquivocation(pair);

  // Last, because the chain may punish the validator. The guard of alpha has no fence.
  const [guardPid, nodePid] = [bravo.guardPid(), bravo.nodePid()];
  const frozenMs = Date.now();
  signal('SIGSTOP', guardPid, nodePid);
  await takeOver(pair, 'alpha');
  await untilPlaced(alpha);
  // No rule says which of the two processes goes on first. A node that has lost its peers meanwhile is not
  // heard.
  signal('SIGCONT', nodePid);
  const alice = network.node('alice');
  await alice.untilBest((await alice.bestNumber()) + SLOTS_ALONE);
  signal('SIGCONT', guardPid);
  await waitFor('the guard ends its node', () => !isRunning(nodePid), PATIENCE);
  const isSaid = (): boolean => bravo.node.grep(/so the node is ended/).length > 0;
  await waitFor('the guard says that it stood still', isSaid, PATIENCE);
  const fault = 'guard and node are frozen, a person takes over, and they go on';
  await conclude(context, pair, { fault, level: 'L2', expected: 'may sign twice' }, frozenMs);
});
