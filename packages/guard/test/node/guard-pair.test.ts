// Two machines of one stock validator under guards, over a real etcd: keys are placed on one of them only.
// Runs every command of the page.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { conclude } from './guard-faults.ts';
import { noEquivocation, PATIENCE, powerCut, stateOf, untilPlaced } from './guarded.ts';
import {
  type CommandEnd,
  commandsOf,
  NEW_PAIR,
  type Pair,
  pairStage,
  untilStandby,
  wordsOf,
} from './guarded-pair.ts';

const PAGE = 'docs/guard/how-to/guard-pair.md';
const COMMANDS = commandsOf(PAGE);
const FIRST = 'watchbill guard take-over --to alpha --reason "a new pair"';
const SHOW = 'watchbill guard pair';
const DRILL = 'watchbill guard handover --to bravo';
const HAND_OVER = 'watchbill guard handover --to bravo --execute --reason "kernel upgrade of alpha"';
const CANCEL = 'watchbill guard handover --cancel';
const TAKE_OVER = 'watchbill guard take-over --to bravo --reason "alpha has no power; checked by Ada"';

interface PagePair extends Pair {
  /** Runs a command of the page, with what a person types as flags. */
  pageRun(line: string, ...more: readonly string[]): Promise<CommandEnd>;
}

async function pagePair(context: TestContext): Promise<PagePair> {
  const pair = await pairStage(context);
  assert.deepEqual(wordsOf(FIRST), NEW_PAIR, 'the stage runs the first command of the page');
  const pageRun: PagePair['pageRun'] = (line, ...more) => {
    assert.ok(COMMANDS.includes(line), `the page has no ${line}`);
    return pair.guard(...wordsOf(line), ...more);
  };
  return { ...pair, pageRun };
}

test('a planned handover moves the keys, and an active machine without its store stops', async (context) => {
  const pair = await pagePair(context);
  const { alpha, bravo, guard, pageRun, observer, etcd } = pair;
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  const refused = await guard('take-over', '--to', 'bravo', '--reason', 'a mistake', '--yes');
  assert.deepEqual([refused.code, /the guard of alpha runs/.test(refused.text)], [3, true], refused.text);

  // A standby that has just started may lag: the drill says so until it has caught up.
  let drill = await pageRun(DRILL);
  const isReady = async () => {
    if (drill.code !== 0) drill = await pageRun(DRILL);
    return drill.code === 0;
  };
  await waitFor('the standby has caught up', isReady, { ...PATIENCE, detail: () => drill.text });
  assert.match(drill.text, /drill: ok. The active machine stays./);
  assert.equal(stateOf(alpha.status(), 'gran'), 'open');
  const nothing = await pageRun(CANCEL);
  assert.deepEqual([nothing.code, nothing.text], [0, 'no handover is asked for; active: alpha\n']);
  const done = await pageRun(HAND_OVER, '--yes');
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
  assert.deepEqual(
    COMMANDS,
    [FIRST, SHOW, DRILL, HAND_OVER, CANCEL, TAKE_OVER],
    'these tests run every command of the page',
  );
  stamp(PAGE, `etcd ${etcd.version}`);
});

test('a person takes over from a machine that died, and it comes back as the standby', async (context) => {
  const pair = await pagePair(context);
  const { alpha, bravo, guard, pageRun, observer } = pair;
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  await powerCut(alpha);
  const taken = await pageRun(TAKE_OVER, '--yes');
  assert.equal(taken.code, 0, taken.text);
  await untilPlaced(bravo);
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  await alpha.node.start();
  await untilStandby(alpha, 'bravo');
  await noEquivocation(pair);
  const shown = await pageRun(SHOW);
  assert.match(
    shown.text,
    /^active: bravo \(term 2, taken over by [\w ]+: alpha has no power; checked by Ada\)/,
    shown.text,
  );

  // A machine that is frozen is not off: when it goes on, its guard ends the node at once.
  const [guardPid, nodePid] = [bravo.guardPid(), bravo.nodePid()];
  for (const pid of [guardPid, nodePid]) process.kill(pid, 'SIGSTOP');
  const wrong = await guard('take-over', '--to', 'alpha', '--reason', 'it seems to be off', '--yes');
  assert.equal(wrong.code, 0, wrong.text);
  await untilPlaced(alpha);
  for (const pid of [guardPid, nodePid]) process.kill(pid, 'SIGCONT');
  await untilStandby(bravo, 'alpha');
  assert.ok(bravo.node.grep(/so the node is ended/).length > 0, 'the guard saw that it stood still');
  const { equivocations } = await observer.report();
  context.diagnostic(
    `after the freeze: ${equivocations.blocks} blocks and ${equivocations.votes} votes twice`,
  );
});
