import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { adopted, claimWith, grantedIn, policyOf } from '../../claim/testing/claim.ts';
import type { HandoverHow, LastHandover } from '../../contract.ts';
import type { WatchRecord } from '../../ground/records.ts';
import type { CoreModules } from '../../modules.ts';
import { CHAIN, fakeLog, KEY, memoryStore, refusal } from '../../testing/services.ts';
import { clockOf, START_MS } from '../../testing/world.ts';
import { putMark } from '../testing/put-mark.ts';
import { createHandover } from './handover.ts';

const ON_WATCH: WatchRecord = { holder: 'a', term: '4', relief: null };
/** `a` hands over to `b`, by `ada`. */
const EVENT = { event: 'handed-over', chain: CHAIN, key: KEY, from: 'a', to: 'b', term: '5', by: 'ada' };

interface Ground {
  readonly record?: WatchRecord;
  readonly policy?: Policy | null;
  readonly ready?: readonly string[];
  readonly unfit?: string | null;
  readonly holderLive?: boolean;
  /** The node that has entered round 0/1 and not finished it; no node unless given. */
  readonly entered?: string;
  /** Comes before each write of the record, which does not apply if this is false. */
  readonly onWrite?: (before: WatchRecord, next: WatchRecord) => unknown;
  /** Comes before each read of the record. */
  readonly onRead?: (record: WatchRecord) => WatchRecord;
}

/** A handover over one record of a watch. Node `b` is ready, and the holder is live. */
async function ground(context: TestContext, setup: Ground = {}) {
  const { policy = policyOf(), ready = ['b'], unfit = null, holderLive = true } = setup;
  const clock = clockOf(context);
  const store = memoryStore(context);
  if (setup.entered !== undefined) {
    const enter = claimWith({ dutyName: 'grandpa', owner: { node: setup.entered, incarnation: '11' } });
    await putMark(store, grantedIn(adopted(enter), enter, 'n1'), enter.duty);
  }
  let record = setup.record ?? ON_WATCH;
  const calls: string[] = [];
  const notes: (LastHandover & { readonly key: string; readonly to: string })[] = [];
  const { log, lines: logged } = fakeLog('info', 'warn');
  const heldOf = (found: WatchRecord) => ({ record: found, text: JSON.stringify(found) });
  const modules = {
    context: { options: { storeTimeoutMs: 2_000 }, parts: { clock, store, log } },
    policies: {
      mustLoad: async (chain: string, key: string) => {
        calls.push(`load ${chain === CHAIN && key === KEY}`);
        return { policy, pointerText: '' };
      },
    },
    observations: { known: () => [] },
    watches: {
      state: ({ key }: Policy) => ({ key, ready, holder: record.holder, term: record.term }),
      unfit: ({ key }: Policy, node: string) =>
        key === KEY && node === 'b' ? unfit : 'another was asked for',
      holderLive: () => holderLive,
      read: async () => {
        record = setup.onRead?.(record) ?? record;
        return heldOf(record);
      },
      write: async (_policy: Policy, before: ReturnType<typeof heldOf>, next: WatchRecord) => {
        if ((await setup.onWrite?.(before.record, next)) === false) return false;
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

const MARKED = ['load true', 'true a/4/b'];
const MOVED = [...MARKED, 'true b/5/null'];

test('a handover is logged, and noted with who asked for it and how long it took', async (context) => {
  const onWrite = () => clockOf(context).sleep(100);
  const { clock, move, calls, notes, logged } = await ground(context, { onWrite });
  await clock.sleep(50);
  const { key, holder, term } = await move({ by: 'ada' });
  assert.deepEqual([key, holder, term], [KEY, 'b', '5']);
  assert.deepEqual(calls, MOVED);
  assert.deepEqual(logged, [{ level: 'info', ...EVENT, text: 'b took over from a' }]);
  const handover = { atMs: START_MS + 250, by: 'ada', from: 'a', term: '5', tookMs: 200, force: null };
  assert.deepEqual(notes, [{ key: KEY, to: 'b', ...handover }]);
});

test('the first node takes over from no node, for an operator whose name is not known', async (context) => {
  const record = { holder: null, term: '0', relief: null };
  const { move, notes, logged } = await ground(context, { record, entered: 'a' });
  await move();
  assert.deepEqual([notes[0]?.by, notes[0]?.from], ['an operator', null]);
  assert.equal(logged[0]?.text, 'b took over from no node');
});

test('a handover waits for the open unit of a live holder, and looks every 50 ms', async (context) => {
  const { clock, move, calls } = await ground(context, { entered: 'a' });
  const gone = new AbortController();
  const moving = move({ by: 'ada', signal: gone.signal });
  const refused = refusal(moving);
  await clock.sleep(20_020);
  assert.deepEqual(calls, MARKED, 'it waits');
  gone.abort();
  const why = 'the request ended before the watch moved, so the old node stays active';
  const remedy = 'Run the handover again when you are ready.';
  assert.equal(await refused, `409 called-off: ${why} | ${remedy}`);
  assert.equal(clock.monotonicMs(), 20_020, 'the wait ended with the request');
  assert.deepEqual(calls, [...MARKED, 'true a/4/null'], 'the old holder keeps the watch');
});

test('a holder that does not finish its unit in half a minute keeps the watch', async (context) => {
  const { clock, move, record, notes } = await ground(context, { entered: 'a' });
  const late = '503 handover-late: a did not finish its units in time | Look at the node, then ask again.';
  assert.equal(await refusal(move()), late);
  assert.deepEqual([clock.monotonicMs(), record(), notes], [30_050, ON_WATCH, []]);
});

test('no handover waits for a holder that is gone, for another node, or if it is forced', async (context) => {
  const force = 'a hangs';
  const forced = { text: `b took over from a without waiting for its open units: ${force}`, force };
  for (const [setup, how, said] of [
    [{ entered: 'a', holderLive: false }, {}, { level: 'info', text: 'b took over from a' }],
    [{ entered: 'b' }, {}, { level: 'info', text: 'b took over from a' }],
    [{}, { signal: new AbortController().signal }, { level: 'info', text: 'b took over from a' }],
    [{ entered: 'a' }, { force }, { level: 'warn', ...forced }],
  ] as const) {
    const { clock, move, calls, notes, logged } = await ground(context, setup);
    const beganMs = clock.monotonicMs();
    await move({ by: 'ada', ...how });
    assert.ok(clock.monotonicMs() - beganMs < 50);
    assert.deepEqual([calls, logged], [MOVED, [{ ...EVENT, ...said }]]);
    assert.equal(notes[0]?.force, 'force' in how ? force : null);
  }
});

test('a node that is active already is not noted as a new one', async (context) => {
  const { move, calls, notes, logged } = await ground(context, { record: { ...ON_WATCH, holder: 'b' } });
  assert.equal((await move({ by: 'ada' })).holder, 'b');
  assert.deepEqual([calls, notes, logged], [['load true'], [], []]);
});

const MARK: WatchRecord = { ...ON_WATCH, relief: 'b' };
const LEFT: WatchRecord = { holder: 'b', term: '4', relief: 'a' };
const never = () => false;

test('a refusal says what is wrong and what to do, and writes no record', async (context) => {
  const changed = '409 changed: the watch moved meanwhile | Look at `watchbill status` and ask again.';
  const alone = policyOf({ roster: [{ name: 'a', rank: 0 }] });
  const silent = '409 not-ready: b is not ready: it has not reported for this key';
  const look = 'Look at its readiness report.';
  const cases: readonly (readonly [Ground, said: string, how?: HandoverHow])[] = [
    [{ policy: alone }, '409 not-listed: b is not in the roster | Name a listed node.'],
    [{ ready: [] }, `${silent} | ${look}`],
    [{ ready: [] }, `${silent} | ${look}`, { by: 'ada', force: 'a hangs' }],
    [{ ready: ['a'], unfit: 'it is syncing' }, `409 not-ready: b is not ready: it is syncing | ${look}`],
    [{ onWrite: never }, changed],
    [{ record: LEFT, onWrite: never }, changed],
  ];
  for (const [setup, said, how] of cases) {
    const { move, record, notes } = await ground(context, setup);
    assert.equal(await refusal(move(how)), said);
    assert.deepEqual([record(), notes], [setup.record ?? ON_WATCH, []]);
  }
});

test('a handover to the active node takes off a mark that an earlier one left', async (context) => {
  const { move, calls, notes } = await ground(context, { record: LEFT });
  assert.equal((await move()).holder, 'b');
  assert.deepEqual([calls, notes], [['load true', 'true b/4/null'], []]);
});

describe('a handover whose holder is marked', () => {
  const fault = new Error('no answer');
  const second = (of: (record: WatchRecord) => WatchRecord) => {
    let reads = 0;
    return (record: WatchRecord) => {
      reads += 1;
      return reads === 2 ? of(record) : record;
    };
  };
  const fail = (): never => {
    throw fault;
  };
  const naming = (_before: WatchRecord, next: WatchRecord) => next.holder !== 'b';

  test('takes the mark off if the watch is not read, or the new holder not named', async (context) => {
    for (const [setup, expected] of [
      [{ onRead: second(fail) }, fault],
      [{ onWrite: naming }, { code: 'changed' }],
      [{ onWrite: (...of: Parameters<typeof naming>) => naming(...of) || fail() }, fault],
    ] as const) {
      const { move, calls, record } = await ground(context, setup);
      await assert.rejects(move(), expected);
      assert.deepEqual([calls, record()], [[...MARKED, 'true a/4/null'], ON_WATCH]);
    }
  });

  test('leaves the mark of another handover, and a watch that moved', async (context) => {
    for (const other of [{ ...MARK, relief: 'c' }, ON_WATCH, { ...ON_WATCH, holder: 'c', term: '5' }])
      for (const [setup, code] of [
        [{ onRead: second(() => other) }, 'changed'],
        [{ onRead: second(() => other), entered: 'a' }, 'handover-late'],
      ] as const) {
        const { move, calls, record } = await ground(context, setup);
        await assert.rejects(move(), { code });
        assert.deepEqual([calls, record()], [MARKED, other]);
      }
  });
});
