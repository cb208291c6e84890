import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { type ActionPlugin, LeaseOver } from '../../actions/port.ts';
import type { Receipt } from '../../actions/receipt.ts';
import type { Execution } from '../../cursor.ts';
import { verifierBy } from '../../keys/verifier.ts';
import type { Note } from '../../rules.ts';
import { fakeClock } from '../testing/fake-ports.ts';
import { quorumExecutor } from './executor.ts';
import { heightFeed } from './height-feed.ts';
import { fakeDemoGroup, fakePlugin, noNode } from './testing/fake-demo-group.ts';

const demo = fakeDemoGroup();
const plan = demo.plan(3n);
const payload = demo.certificate(plan, demo.value(plan));
const EXECUTION: Execution = {
  window: 3n,
  action: 'usual',
  payload,
  startBlock: plan.window.end,
  expiryBlock: plan.window.end + 30n,
};

const DONE = { action: 'usual', result: 'done', text: '', extrinsic: null } as const;

/** A plug-in that is done at once, and how often it ran. */
function counted(execute: ActionPlugin['execute'] = async () => DONE) {
  const seen = { runs: 0 };
  const plugin = fakePlugin('usual', {
    execute: (...given) => {
      seen.runs += 1;
      return execute(...given);
    },
  });
  return { seen, plugin };
}

function executorOf(plugin: ActionPlugin) {
  const time = createVirtualClock();
  const clock = fakeClock(async () => new Uint8Array(32));
  const feed = heightFeed(clock);
  const over = new Map<bigint, string>();
  const receipts: Receipt[] = [];
  const notes: Note[] = [];
  const stop = new AbortController();
  let isFull = false;
  const guard = () => {
    if (isFull) throw new Error('the disk is full');
  };
  void (async () => {
    for await (const _height of feed.clock.heights(stop.signal)) if (stop.signal.aborted) break;
  })();
  const executor = quorumExecutor({
    plugins: new Map([[plugin.name, plugin]]),
    node: noNode,
    seat: 0,
    settings: new Map(),
    note: (note) => void notes.push(note),
    ...verifierBy(),
    records: {
      receipt: async (_window, receipt) => {
        guard();
        receipts.push(receipt);
      },
    },
    executions: {
      take: ({ window }) => {
        guard();
        return over.get(window) ?? null;
      },
      end: (window, result) => {
        guard();
        over.set(window, result);
      },
    },
    feed,
    progress: { report: () => undefined, of: () => [] },
    planOf: async () => plan,
    time,
  });
  return {
    executor,
    time,
    clock,
    over,
    receipts,
    notes,
    stop,
    fillDisk: (full: boolean) => {
      isFull = full;
    },
  };
}

const run = (node: ReturnType<typeof executorOf>, changes: Partial<Execution> = {}): Promise<void> =>
  node.executor.execute({ ...EXECUTION, ...changes }, node.stop.signal);

describe('an execution', () => {
  test('runs once, even if the certificate comes again', async () => {
    const { plugin, seen } = counted(async (_context, value) => ({
      ...DONE,
      text: Buffer.from(value.content).toString(),
    }));
    const node = executorOf(plugin);
    await run(node);
    await run(node);
    assert.equal(seen.runs, 1);
    assert.equal(node.receipts[0]?.text, 'content');
    assert.equal(node.over.get(3n), 'done');
  });

  test('needs its own certificate', async () => {
    const { plugin, seen } = counted();
    const otherPlan = demo.plan(4n);
    const cases: readonly (readonly [Partial<Execution>, RegExp])[] = [
      [{ payload: demo.certificate(plan, demo.value(plan), [0, 1]) }, /quorum|3/],
      [
        { payload: payload.with(payload.length - 1, (payload.at(-1) ?? 0) ^ 1) },
        /signature|hold|certificate/,
      ],
      [{ payload: Uint8Array.of(1, 2) }, /cannot be read/],
      [{ payload: demo.certificate(otherPlan, demo.value(otherPlan)) }, /another value/],
      [{ payload: demo.certificate(plan, demo.value(plan, { action: 'urgent' })) }, /another value/],
      [{ action: 'unknown' }, /no such plug-in/],
    ];
    for (const [changes, why] of cases) {
      const node = executorOf(plugin);
      await run(node, changes);
      assert.equal(node.receipts[0]?.result, 'failed');
      assert.match(node.receipts[0]?.text ?? '', why);
    }
    assert.equal(seen.runs, 0);
  });

  test('that fails is tried again, and noted once', async () => {
    const { plugin, seen } = counted(async () => {
      if (seen.runs < 4) throw new Error('the node is down');
      return DONE;
    });
    const node = executorOf(plugin);
    const ended = run(node);
    await node.time.run(() => node.receipts.length > 0);
    await ended;
    assert.equal(seen.runs, 4);
    assert.deepEqual(node.time.sleeps, [500, 1_000, 2_000]);
    assert.equal(node.notes.length, 1);
    assert.equal(node.receipts[0]?.result, 'done');
  });

  test('ends with its expiry block, and never begins after it', async () => {
    const plugin = fakePlugin('usual', {
      execute: async ({ signal, heights }) => {
        for await (const height of heights()) assert.ok(height < EXECUTION.expiryBlock);
        assert.ok(signal.reason instanceof LeaseOver);
        return { ...DONE, result: 'step', text: 'not yet' };
      },
    });
    const node = executorOf(plugin);
    const ended = run(node);
    node.clock.push(EXECUTION.startBlock);
    await node.time.advance(0);
    node.clock.push(EXECUTION.expiryBlock);
    await ended;
    assert.equal(node.receipts[0]?.result, 'expired');
    const never = counted();
    const late = executorOf(never.plugin);
    late.clock.push(EXECUTION.expiryBlock);
    await late.time.advance(0);
    await run(late);
    assert.equal(late.receipts[0]?.result, 'expired');
    assert.equal(never.seen.runs, 0);
  });

  test('that only stopped with the process is not over', async () => {
    const node = executorOf(
      fakePlugin('usual', {
        execute: ({ signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve({ ...DONE, result: 'step' }), { once: true });
          }),
      }),
    );
    const ended = run(node);
    await node.time.advance(0);
    assert.ok(node.executor.isBusy());
    node.stop.abort();
    await ended;
    assert.deepEqual(node.receipts, []);
    assert.equal(node.over.size, 0);
    assert.ok(!node.executor.isBusy());
  });

  test('is delayed by a full disk, not lost', async () => {
    const node = executorOf(fakePlugin('usual'));
    node.fillDisk(true);
    const ended = run(node);
    await node.time.advance(5_000);
    assert.deepEqual(node.receipts, []);
    node.fillDisk(false);
    await node.time.run(() => node.over.size > 0);
    await ended;
    assert.equal(node.over.get(3n), 'done');
    assert.equal(node.notes[0]?.code, 'store-failed');
  });
});
