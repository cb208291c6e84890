import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { dutyTable, encodeUnit, type Policy } from '../../../rule/index.ts';
import { adopted, claimWith, grantedIn, policyOf } from '../../claim/testing/claim.ts';
import type { HandoverHow, LastHandover } from '../../contract.ts';
import { keys } from '../../ground/keys.ts';
import type { WatchRecord } from '../../ground/records.ts';
import type { CoreModules } from '../../modules.ts';
import { CHAIN, KEY, memoryStore, put } from '../../testing/services.ts';
import { clockOf, START_MS } from '../../testing/world.ts';
import { createHandover } from './handover.ts';

const ON_WATCH: WatchRecord = { holder: 'a', term: '4', relief: null };
const DONE = { key: KEY, holder: 'b', term: '5' };

interface Ground {
  readonly record?: WatchRecord;
  readonly policy?: Policy | null;
  readonly ready?: readonly string[];
  readonly unfit?: string | null;
  readonly holderLive?: boolean;
  /** The node that has entered round 0/1 and not finished it; no node unless given. */
  readonly entered?: string;
  /** Comes before each write of the record. */
  readonly onWrite?: (before: WatchRecord, next: WatchRecord) => void | Promise<void>;
}

/** A handover over one record of a watch. Node `b` is ready, and the holder is live. */
async function ground(context: TestContext, setup: Ground = {}) {
  const { policy = policyOf(), ready = ['b'], unfit = null, holderLive = true } = setup;
  const clock = clockOf(context);
  const store = memoryStore(context);
  if (setup.entered !== undefined) {
    const enter = claimWith({ dutyName: 'grandpa', owner: { node: setup.entered, incarnation: '11' } });
    const { mark, headText } = grantedIn(adopted(enter), enter, 'n1');
    await put(store, keys.mark(CHAIN, KEY, 'grandpa'), headText);
    for (const one of mark.recent)
      await put(store, keys.unit(CHAIN, KEY, enter.duty, one.unit), encodeUnit(one));
  }
  let record = setup.record ?? ON_WATCH;
  const calls: string[] = [];
  const notes: unknown[] = [];
  const logged: unknown[] = [];
  const log = (level: string) => (event: object, text: string) => void logged.push({ level, ...event, text });
  const heldOf = (found: WatchRecord) => ({ record: found, text: JSON.stringify(found) });
  const modules = {
    context: {
      options: { storeTimeoutMs: 2_000 },
      duties: dutyTable(),
      parts: { clock, store, log: { info: log('info'), warn: log('warn') } },
    },
    policies: {
      load: async (chain: string, key: string, timeoutMs: number) => {
        calls.push(`load ${chain === CHAIN && key === KEY} ${timeoutMs}`);
        return policy === null ? null : { policy, pointerText: '' };
      },
    },
    observations: { known: () => [] },
    watches: {
      state: ({ key }: Policy) => ({ key, ready, holder: record.holder, term: record.term }),
      unfit: ({ key }: Policy, node: string) =>
        key === KEY && node === 'b' ? unfit : 'another was asked for',
      holderLive: () => holderLive,
      read: async () => heldOf(record),
      write: async (_policy: Policy, before: ReturnType<typeof heldOf>, next: WatchRecord) => {
        await setup.onWrite?.(before.record, next);
        calls.push(`${before.text === heldOf(record).text} ${next.holder}/${next.term}/${next.relief}`);
        record = next;
        return true;
      },
    },
  } as unknown as CoreModules;
  const note = async (of: Policy, to: string, handover: LastHandover) =>
    void notes.push({ key: of.key, to, ...handover });
  const handOver = createHandover(modules, note);
  const move = (how?: HandoverHow, to = 'b') => handOver(CHAIN, KEY, to, how);
  return { clock, move, calls, notes, logged, record: () => record };
}

const MARKED = ['load true 2000', 'true a/4/b'];
const MOVED = [...MARKED, 'true b/5/null'];

test('a handover is logged, and noted with who asked for it and how long it took', async (context) => {
  const onWrite = () => clockOf(context).sleep(100);
  const { clock, move, calls, notes, logged } = await ground(context, { onWrite });
  await clock.sleep(50);
  const { ready: _ready, ...watch } = (await move({ by: 'ada' })) as unknown as Record<string, unknown>;
  assert.deepEqual(watch, DONE);
  assert.deepEqual(calls, MOVED);
  const event = { event: 'handed-over', chain: CHAIN, key: KEY, from: 'a', to: 'b', term: '5', by: 'ada' };
  assert.deepEqual(logged, [{ level: 'info', ...event, text: 'b took over from a' }]);
  const handover = { atMs: START_MS + 250, by: 'ada', from: 'a', term: '5', tookMs: 200, force: null };
  assert.deepEqual(notes, [{ key: KEY, to: 'b', ...handover }]);
});

test('the first node takes over from no node, for an operator whose name is not known', async (context) => {
  const record = { holder: null, term: '0', relief: null };
  const { move, notes, logged } = await ground(context, { record, entered: 'a' });
  await move();
  const [{ by, from }] = notes as [LastHandover];
  assert.deepEqual([by, from], ['an operator', null]);
  assert.equal((logged[0] as { readonly text: string }).text, 'b took over from no node');
});

test('a handover waits for the open unit of a live holder, and looks every 50 ms', async (context) => {
  const { clock, move, calls } = await ground(context, { entered: 'a' });
  const gone = new AbortController();
  const moving = move({ by: 'ada', signal: gone.signal });
  const refused = assert.rejects(moving, {
    code: 'called-off',
    status: 409,
    message: 'the request ended before the watch moved, so the old node stays active',
    remedy: 'Run the handover again when you are ready.',
  });
  await clock.sleep(20_020);
  assert.deepEqual(calls, MARKED, 'it waits');
  gone.abort();
  await refused;
  assert.equal(clock.monotonicMs(), 20_020, 'the wait ended with the request');
  assert.deepEqual(calls, [...MARKED, 'true a/4/null'], 'the old holder keeps the watch');
});

test('a holder that does not finish its unit in half a minute keeps the watch', async (context) => {
  const { clock, move, record } = await ground(context, { entered: 'a' });
  await assert.rejects(move({ by: 'ada' }), { code: 'handover-late' });
  assert.deepEqual([clock.monotonicMs(), record()], [30_050, ON_WATCH]);
});

test('no handover waits for a holder that is gone, for another node, or if it is forced', async (context) => {
  for (const [setup, how] of [
    [{ entered: 'a', holderLive: false }, { by: 'ada' }],
    [{ entered: 'b' }, { by: 'ada' }],
    [{}, { by: 'ada', signal: new AbortController().signal }],
  ] as const) {
    const { clock, move, calls } = await ground(context, setup);
    const beganMs = clock.monotonicMs();
    await move(how);
    assert.deepEqual(calls, MOVED);
    assert.ok(clock.monotonicMs() - beganMs < 50);
  }
  const { clock, move, notes, logged } = await ground(context, { entered: 'a' });
  const beganMs = clock.monotonicMs();
  await move({ by: 'ada', force: 'a hangs' });
  assert.ok(clock.monotonicMs() - beganMs < 50);
  const event = { event: 'handed-over', chain: CHAIN, key: KEY, from: 'a', to: 'b', term: '5', by: 'ada' };
  const text = 'b took over from a without waiting for its open units: a hangs';
  assert.deepEqual(logged, [{ level: 'warn', ...event, force: 'a hangs', text }]);
  assert.equal((notes[0] as LastHandover).force, 'a hangs');
});

test('a node that is active already is not noted as a new one', async (context) => {
  const { move, calls, notes, logged } = await ground(context, { record: { ...ON_WATCH, holder: 'b' } });
  assert.equal((await move({ by: 'ada' })).holder, 'b');
  assert.deepEqual([calls, notes, logged], [['load true 2000'], [], []]);
});

test('a handover without a policy, or to a node that is not ready, is refused', async (context) => {
  const without = await ground(context, { policy: null });
  await assert.rejects(without.move(), { code: 'not-listed', status: 404 });
  const late = await ground(context, { ready: [], unfit: 'it is syncing' });
  await assert.rejects(late.move(), { code: 'not-ready', message: 'b is not ready: it is syncing' });
  assert.deepEqual(late.calls, ['load true 2000']);
});

test('a fault of the store ends a handover, and the holder keeps the watch', async (context) => {
  const fault = new Error('no answer');
  const onWrite = (_before: WatchRecord, next: WatchRecord) => {
    if (next.holder === 'b') throw fault;
  };
  const { move, notes, record } = await ground(context, { onWrite });
  await assert.rejects(move(), fault);
  assert.deepEqual([record(), notes], [ON_WATCH, []]);
});
