// Two machines of one stock validator under guards, over a real etcd: keys are placed on one of them only.
// Runs the commands of the page for a planned handover.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { conclude } from './guard-faults.ts';
import { assertAllRun, CANCEL, DRILL, HAND_OVER, PAGE, pageRun, signing } from './guard-pair-rows.ts';
import { noEquivocation, PATIENCE, stateOf, untilPlaced } from './guarded.ts';
import { untilStandby } from './guarded-pair.ts';

test('a planned handover moves the keys, and an active machine without its store stops', async (context) => {
  const pair = await signing(context);
  const { alpha, bravo, guard, observer, etcd } = pair;
  const refused = await guard('take-over', '--to', 'bravo', '--reason', 'a mistake', '--yes');
  assert.deepEqual([refused.code, /the guard of alpha runs/.test(refused.text)], [3, true], refused.text);

  // A standby that has just started may lag: the drill says so until it has caught up.
  let drill = await pageRun(pair, DRILL);
  const isReady = async () => {
    if (drill.code !== 0) drill = await pageRun(pair, DRILL);
    return drill.code === 0;
  };
  await waitFor('the standby has caught up', isReady, { ...PATIENCE, detail: () => drill.text });
  assert.match(drill.text, /drill: ok. The active machine stays./);
  assert.equal(stateOf(alpha.status(), 'gran'), 'open');
  const nothing = await pageRun(pair, CANCEL);
  assert.deepEqual([nothing.code, nothing.text], [0, 'no handover is asked for; active: alpha\n']);
  const done = await pageRun(pair, HAND_OVER, '--yes');
  assert.equal(done.code, 0, done.text);
  context.diagnostic(
    done.text
      .split('\n')
      .filter((line) => / after \d+ ms/.test(line))
      .join('; '),
  );
  await untilStandby(alpha, 'bravo');
  await untilPlaced(bravo);
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);

  const before = bravo.nodePid();
  const lostMs = Date.now();
  await etcd.stopAll();
  await waitFor('the node of bravo is ended', () => stateOf(bravo.status(), 'babe') === 'waiting', PATIENCE);
  const endedMs = Date.now();
  assert.deepEqual(readdirSync(join(bravo.runtime, 'keystore')), []);
  assert.ok(bravo.node.grep(/the node is ended, because this machine lost the active role/).length > 0);
  await etcd.startAll();
  await untilPlaced(bravo);
  assert.notEqual(bravo.nodePid(), before);
  await observer.untilFirstSignature('Eve', endedMs, PATIENCE.timeoutMs);
  const lost = 'all members of the store stop for a while';
  await conclude(context, pair, { fault: lost, level: 'L2', expected: 'signs once' }, lostMs, endedMs);
  await noEquivocation(pair);
  assertAllRun();
  stamp(PAGE, `etcd ${etcd.version}`);
});
