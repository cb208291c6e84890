// The finality sweep on real nodes: how many blocks, in which order things happened, and that nothing is lost or left behind. How long
// anything took is measured and never asserted.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { start } from './command.ts';
import { folderUntilExit } from './folder.ts';
import { COMMAND, ended, NODE_FLAGS, runs, WAIT } from './ground.ts';

interface Measured {
  readonly validators: number;
  readonly outcome: string;
  readonly why?: string;
  readonly at: string;
  readonly firstBlock: number;
  readonly lastBlock: number;
  readonly lagMs: {
    readonly samples: number;
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly longest: number;
  };
  readonly longestGapMs: number | null;
  readonly blockTimeMs: number | null;
  readonly finalisedPerSecond: number | null;
  readonly blocks: readonly {
    readonly number: number;
    readonly hash: string;
    readonly lagMs: Record<string, number>;
  }[];
}

function ground(): string {
  const folder = folderUntilExit('watchbill-sweep-test-');
  for (const size of ['1', '2']) copyFileSync(specFile(size, folder), join(folder, `chain-${size}.json`));
  return folder;
}

function args(blocks: number, ...more: readonly string[]): readonly string[] {
  const flags = NODE_FLAGS.flatMap((flag) => [`--flag=${flag}`]);
  return [
    ...['fleet', 'simulate', 'sweep', '--command', nodeBinary(), '--spec', 'chain-{validators}.json'],
    ...['--warmup', '0', '--blocks', String(blocks), '--start-seconds', '300', ...flags, ...more],
  ];
}

interface Line {
  readonly kind: string;
  readonly pid?: number;
}

/** A sweep that is looked at while it goes on. */
function live(
  context: TestContext,
  folder: string,
  command: readonly string[],
  onLine: (line: Line, pids: readonly number[]) => void = () => {},
) {
  const child = spawn(process.execPath, [COMMAND, ...command], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  context.after(() => void child.kill('SIGKILL'));
  const pids: number[] = [];
  createInterface(child.stdout).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if (line.kind === 'started' && line.pid !== undefined) pids.push(line.pid);
    onLine(line, pids);
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  return { child, pids, errors: () => errors };
}

const results = (folder: string): readonly Measured[] =>
  (JSON.parse(readFileSync(join(folder, 'sweep.json'), 'utf8')) as { results: readonly Measured[] }).results;

const BLOCKS = 3;

describe('a finality sweep', { concurrency: true }, () => {
  test('sizes one and two are measured on real nodes; a size that fails keeps the others, and a later run measures it alone', async (context) => {
    const folder = ground();
    // A chain of two validators in place of one of three: the genesis says so before a node is started.
    copyFileSync(join(folder, 'chain-2.json'), join(folder, 'chain-3.json'));
    const alive: number[] = [];
    const first = live(context, folder, args(BLOCKS, '--sizes', '3,1,2', '--json'), ({ kind }, pids) => {
      if (kind === 'result') alive.push(...pids.filter(runs));
    });
    assert.equal(await ended(first.child), 1, first.errors());
    assert.match(first.errors(), /not measured: 3: charlie is a validator here, and the genesis has no key/);
    assert.equal(first.pids.length, 3, 'one node, then two, and none for the size that cannot be');
    assert.deepEqual(alive, [], 'a network is gone before its result is told and the next one begins');
    const [one, two, three] = results(folder);
    assert.deepEqual([one?.outcome, two?.outcome, three?.outcome], ['measured', 'measured', 'failed']);
    for (const [size, measured] of [
      [1, one],
      [2, two],
    ] as const) {
      assert.ok(measured !== undefined);
      consistent(measured, size);
    }
    const before = results(folder);
    const again = await start(folder, args(BLOCKS, '--sizes', '1,2', '--continue')).ended;
    assert.equal(again.code, 0, again.errors);
    assert.ok(!again.out.includes('started'), 'what was measured is not measured again');
    assert.deepEqual(results(folder), before);
    const other = await start(folder, args(BLOCKS + 1, '--sizes', '1', '--continue')).ended;
    assert.equal(other.code, 2);
    assert.match(other.errors, /measured with another blocks/);
    const shown = await start(folder, ['fleet', 'simulate', 'sweep', '--show', 'sweep.json']).ended;
    assert.equal(shown.code, 0, shown.errors);
    assert.match(shown.out, /^1 +3 /m);
  });

  test('an interrupt ends every node, and keeps no half result', async (context) => {
    const folder = ground();
    const { child, pids, errors } = live(context, folder, args(1_000, '--sizes', '2', '--json'));
    await waitFor('both nodes run', () => pids.length === 2 || child.exitCode !== null, WAIT);
    assert.ok(pids.every(runs), errors());
    child.kill('SIGINT');
    assert.equal(await ended(child), 1, errors());
    assert.match(errors(), /interrupted/);
    assert.ok(!pids.some(runs));
    assert.ok(!existsSync(join(folder, 'sweep.json')));
  });
});

/** The count is the one that was asked, blocks are one after the other, and no block is final before it is there. */
function consistent(measured: Measured, size: number): void {
  const { blocks, lagMs, firstBlock, lastBlock, longestGapMs, blockTimeMs, finalisedPerSecond } = measured;
  assert.equal(blocks.length, BLOCKS);
  assert.deepEqual(
    blocks.map(({ number }) => number),
    Array.from({ length: BLOCKS }, (_, index) => firstBlock + index),
  );
  assert.ok(firstBlock > 0 && lastBlock === firstBlock + BLOCKS - 1);
  assert.equal(new Set(blocks.map(({ hash }) => hash)).size, BLOCKS);
  const lags = blocks.flatMap((block) => Object.values(block.lagMs));
  assert.equal(lags.length, BLOCKS * size, 'every node saw every block');
  assert.equal(lagMs.samples, lags.length);
  assert.ok(lags.every((lag) => lag >= 0));
  assert.equal(lagMs.longest, Math.max(...lags));
  assert.ok(lagMs.p50 <= lagMs.p99 && lagMs.p99 <= lagMs.longest && lagMs.mean <= lagMs.longest);
  assert.ok(longestGapMs === null || longestGapMs > 0);
  assert.ok(blockTimeMs !== null && blockTimeMs > 0);
  assert.ok(finalisedPerSecond === null || finalisedPerSecond > 0);
}
