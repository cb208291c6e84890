// Two machines of one stock validator under guards, over a real etcd: the keys lie open on one of them only.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type EtcdCluster, startEtcdCluster, waitFor } from '@watchbill/testkit';
import { stepsOf } from '../docs/page-run.ts';
import { stamp } from '../docs/stamp.ts';
import {
  CLI,
  type GuardedMachine,
  guardedMachine,
  noEquivocation,
  PATIENCE,
  type Stage,
  stage,
  stateOf,
  untilOpen,
} from './guarded.ts';

const PAGE = 'docs/how-to/guard-pair.md';
/** The commands of the page, in their order. */
const COMMANDS = stepsOf(PAGE)
  .map(({ commands }) => commands.trim())
  .filter((line) => line.startsWith('watchbill guard '));
const FIRST = 'watchbill guard take-over --to alpha --reason "a new pair"';
const SHOW = 'watchbill guard pair';
const DRILL = 'watchbill guard hand-over --to bravo';
const HAND_OVER = 'watchbill guard hand-over --to bravo --execute --reason "kernel upgrade of alpha"';
const TAKE_OVER = 'watchbill guard take-over --to bravo --reason "alpha has no power; checked by Ada"';

/** Words of a command line; a text in quotes is one word. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

interface Pair extends Stage {
  readonly etcd: EtcdCluster;
  readonly alpha: GuardedMachine;
  readonly bravo: GuardedMachine;
  /** Runs a command of the page, with what a person types as flags. */
  pageRun(
    line: string,
    ...more: readonly string[]
  ): Promise<{ readonly code: number; readonly text: string }>;
  /** Runs `watchbill guard` with the pair file of alpha, and gives its output and exit status. */
  guard(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }>;
}

/** Both machines run; alpha is the active one, and its keys lie open. */
async function pairStage(context: TestContext): Promise<Pair> {
  const ground = await stage(context);
  const etcd = await startEtcdCluster({ binary: 'debian' });
  context.after(() => etcd.close());
  const fileOf = (name: string): string => join(ground.memory, name, 'pair.yaml');
  const machineOf = (name: string): Promise<GuardedMachine> => {
    mkdirSync(join(ground.memory, name));
    const store = { kind: 'etcd', endpoints: etcd.endpoints, prefix: '/watchbill-guard/eve/' };
    writeFileSync(fileOf(name), JSON.stringify({ name, store }));
    return guardedMachine(ground, name, fileOf(name));
  };
  const [alpha, bravo] = [await machineOf('alpha'), await machineOf('bravo')];
  const guard: Pair['guard'] = (...args) => run('guard', ...args, '--pair', fileOf('alpha'));
  const pageRun: Pair['pageRun'] = (line, ...more) => {
    assert.ok(COMMANDS.includes(line), `the page has no ${line}`);
    return run(...wordsOf(line).slice(1), ...more, '--pair', fileOf('alpha'));
  };
  const first = await pageRun(FIRST);
  assert.equal(first.code, 0, first.text);
  await alpha.node.start();
  await bravo.node.start();
  await untilOpen(alpha);
  await untilStandby(bravo, 'alpha');
  return { ...ground, etcd, alpha, bravo, guard, pageRun };
}

function run(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; text: string }>();
  execFile(process.execPath, [CLI, ...args], (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), text: `${stdout}${stderr}` });
  });
  return promise;
}

/** The machine runs, holds no key, and knows which machine is the active one. */
async function untilStandby({ status, runtime }: GuardedMachine, active: string): Promise<void> {
  await waitFor(
    `a standby of ${active}`,
    () => {
      const keys = status()?.keys ?? [];
      return keys.length > 0 && keys.every(({ say }) => say.startsWith(`${active} is active since term`));
    },
    PATIENCE,
  );
  assert.deepEqual(readdirSync(join(runtime, 'keystore')), []);
}

test('a planned hand-over moves the keys, and an active machine without its store stops', async (context) => {
  const pair = await pairStage(context);
  const { alpha, bravo, guard, pageRun, observer, etcd } = pair;
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  const refused = await guard('take-over', '--to', 'bravo', '--reason', 'a mistake', '--yes');
  assert.deepEqual([refused.code, /the guard of alpha runs/.test(refused.text)], [3, true], refused.text);

  // A standby that has just started may lag: the drill says so until it has caught up.
  let drill = await pageRun(DRILL);
  for (let tries = 0; tries < 10 && drill.code !== 0; tries++) drill = await pageRun(DRILL);
  assert.equal(drill.code, 0, drill.text);
  assert.match(drill.text, /drill: ok. The active machine stays./);
  assert.equal(stateOf(alpha.status(), 'gran'), 'open');
  const done = await pageRun(HAND_OVER, '--yes');
  assert.equal(done.code, 0, done.text);
  context.diagnostic(
    done.text
      .split('\n')
      .filter((line) => / after \d+ ms/.test(line))
      .join('; '),
  );
  await untilStandby(alpha, 'bravo');
  await untilOpen(bravo);
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);

  const before = bravo.nodePid();
  await etcd.stopAll();
  await waitFor('the node of bravo is ended', () => stateOf(bravo.status(), 'babe') === 'waiting', PATIENCE);
  assert.deepEqual(readdirSync(join(bravo.runtime, 'keystore')), []);
  assert.ok(bravo.node.grep(/the node is ended, because this machine lost the active role/).length > 0);
  await etcd.startAll();
  await untilOpen(bravo);
  assert.notEqual(bravo.nodePid(), before);
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  await noEquivocation(pair);
  assert.deepEqual(
    COMMANDS,
    [FIRST, SHOW, DRILL, HAND_OVER, TAKE_OVER],
    'these tests run every command of the page',
  );
  stamp(PAGE, `etcd ${etcd.version}`);
});

test('a person takes over from a machine that died, and it comes back as the standby', async (context) => {
  const pair = await pairStage(context);
  const { alpha, bravo, guard, pageRun, observer } = pair;
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  // Guard and node die together, as in a power cut.
  process.kill(alpha.status()?.pid ?? assert.fail('no guard runs'), 'SIGKILL');
  await waitFor('alpha is gone', () => !alpha.node.running(), PATIENCE);
  const taken = await pageRun(TAKE_OVER, '--yes');
  assert.equal(taken.code, 0, taken.text);
  await untilOpen(bravo);
  await observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  await alpha.node.start();
  await untilStandby(alpha, 'bravo');
  await noEquivocation(pair);
  const shown = await pageRun(SHOW);
  assert.match(
    shown.text,
    /^active: bravo \(term 2, taken over by \w+: alpha has no power; checked by Ada\)/,
    shown.text,
  );

  // A machine that is frozen is not off: when it goes on, its guard ends the node at once.
  const [guardPid, nodePid] = [bravo.status()?.pid ?? assert.fail('no guard runs'), bravo.nodePid()];
  for (const pid of [guardPid, nodePid]) process.kill(pid, 'SIGSTOP');
  const wrong = await guard('take-over', '--to', 'alpha', '--reason', 'it seems to be off', '--yes');
  assert.equal(wrong.code, 0, wrong.text);
  await untilOpen(alpha);
  for (const pid of [guardPid, nodePid]) process.kill(pid, 'SIGCONT');
  await untilStandby(bravo, 'alpha');
  assert.ok(bravo.node.grep(/so the node is ended/).length > 0, 'the guard saw that it stood still');
  const { equivocations } = await observer.report();
  context.diagnostic(
    `after the freeze: ${equivocations.blocks} blocks and ${equivocations.votes} votes twice`,
  );
});
