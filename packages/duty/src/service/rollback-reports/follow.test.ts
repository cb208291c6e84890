import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blankEntry, type Entry } from './book.ts';
import { isCalm, settles } from './follow.ts';
import { encodeReport, type Report, reportId, reportOf } from './report.ts';
import { onDue } from './rules.ts';
import { bookOf, placeOf, SERVICE, type Steps, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const ID = reportId(PLACE);
const HELD = reportOf(SERVICE, WORD);
const RELEASE = { how: 'operator', by: 'ada', reason: 'r', atMs: 1 } as const;
const RELEASED: Report = { ...HELD, released: RELEASE };
const [SIX, SEVEN] = [6, 7].map((slot) => reportOf(SERVICE, wordOf(slot))) as [Report, Report];
const [ID_SIX, ID_SEVEN] = [6, 7].map((slot) => reportId(placeOf(wordOf(slot)))) as [string, string];
const MESSAGE = 'a rollback report was not saved; this service holds every key and tries again';

/** An entry that needs nothing: its report is in the store and, if it holds, on the own disk. */
function calm(change: Partial<Entry> = {}): Entry {
  const report = change.report === undefined ? HELD : change.report;
  const stored = report === null ? null : encodeReport(report);
  return { ...blankEntry(PLACE), report, stored, kept: report?.released === null, stale: false, ...change };
}

/** Plays the calls for such an entry to their end. `meanwhile` comes before the first answer. */
async function run(
  change: Partial<Entry>,
  of: { others?: readonly Entry[]; fault?: 'store' | 'disk'; meanwhile?: (entry: Entry) => void } = {},
) {
  const entry = calm(change);
  const world = await steps({ entries: [entry, ...(of.others ?? [])] });
  if (of.fault !== undefined) world.faults[of.fault] = true;
  await world.act(() => queueMicrotask(() => of.meanwhile?.(entry)));
  return { entry, world, calls: world.calls };
}

const kinds = (calls: readonly object[]) => calls.map((call) => Object.keys(call)[0]);

test('a record is read if it may have changed, or was never read', async () => {
  for (const change of [{ stale: true }, { stale: true, unsaved: true }]) {
    const { calls, entry } = await run(change);
    assert.deepEqual([calls, entry.storing, entry.stale], [[{ read: PLACE }], false, false]);
  }
  const { entry } = await run({ ...blankEntry(PLACE), stored: encodeReport(HELD) });
  assert.deepEqual(entry.report, HELD);
});

test('a report is written over the text that was read, and read back, unless the store has it', async () => {
  for (const before of ['before', null]) {
    const { calls, entry } = await run({ unsaved: true, stored: before });
    const write = { write: PLACE, before, text: encodeReport(HELD) };
    assert.deepEqual(calls, [write, { read: PLACE }]);
    assert.deepEqual([entry.stored, entry.unsaved, entry.storing], [encodeReport(HELD), false, false]);
  }
  const same = await run({ unsaved: true });
  assert.deepEqual([same.calls, same.entry.storing, same.entry.unsaved], [[], false, false]);
});

test('a record that another service wrote meanwhile is read, and not written over', async () => {
  const world = await steps({ entries: [calm({ unsaved: true, stored: 'before' })] });
  const other = encodeReport({ ...HELD, why: 'another' });
  world.store.set(PLACE, other);
  await world.act(() => undefined);
  assert.deepEqual([kinds(world.calls), world.store.get(PLACE)], [['write', 'read'], other]);
});

test('a word that holds is kept on the own disk, as its claimant sent it', async () => {
  const freed = [{ chain: HELD.chain, key: HELD.key, adoption: 'x' }];
  for (const change of [{}, { report: { ...HELD, freed } }, { report: RELEASED, saidAgain: true }]) {
    const { calls, entry } = await run({ kept: false, ...change });
    const kept = [{ keep: ID, text: encodeReport(HELD) }];
    assert.deepEqual([calls, entry.kept, entry.keeping], [kept, true, false]);
  }
  const further = await run({ unkept: [SIX] });
  const calls = [{ keep: ID_SIX, text: encodeReport(SIX) }];
  assert.deepEqual([further.calls, further.entry.kept, further.entry.unkept], [calls, true, []]);
  const theirs = await run({ report: { ...HELD, service: 'service-2' }, kept: false });
  assert.deepEqual(theirs.calls, [], 'another service keeps its own words');
});

test('a word that came while the disk kept others is kept after them', async () => {
  const meanwhile = (entry: Entry) => {
    entry.unkept = [...entry.unkept, SEVEN];
  };
  const { calls, entry } = await run({ kept: false, unkept: [SIX] }, { meanwhile });
  const ids = calls.map((call) => Object.values(call)[0]);
  assert.deepEqual([ids, entry.unkept], [[ID, ID_SIX, ID_SEVEN], []]);
});

test('a release reaches the own disk once the store has it, for all words of the report', async () => {
  const report = { ...RELEASED, others: [ID_SIX, ID_SEVEN] };
  const release = (...ids: readonly string[]) => ids.map((id) => ({ release: id }));
  const { calls, entry } = await run({ report, kept: true });
  assert.deepEqual([calls, entry.kept], [release(ID, ID_SIX, ID_SEVEN), false]);
  const separate = calm({ recordKey: placeOf(wordOf(7)), report: SEVEN });
  const other = await run({ report, kept: true }, { others: [separate] });
  assert.deepEqual(other.calls, release(ID, ID_SIX));
  for (const [change, expected] of [
    [{ unsaved: true, stored: 'x' }, ['write', 'read', 'release']],
    [{ stale: true }, ['read', 'release']],
    [{ saidAgain: true }, []],
    [{ keeping: true }, []],
    [{ unreadable: true }, []],
  ] as const)
    assert.deepEqual(kinds((await run({ report: RELEASED, kept: true, ...change })).calls), expected);
  const unread = await run({ report: RELEASED, kept: true, stale: true }, { fault: 'store' });
  assert.deepEqual(kinds(unread.calls), ['read'], 'the store may have lost the release');
  const meanwhile = ({ kept }: Entry) => assert.equal(kept, false, 'no word may be answered by it');
  await run({ report: RELEASED, kept: true }, { meanwhile });
});

test('a disk that failed is tried again after four seconds, and that is logged', async () => {
  for (const [change, kept, call] of [
    [{ kept: false }, false, 'keep'],
    [{ unkept: [SIX] }, true, 'keep'],
    [{ report: RELEASED, kept: true }, true, 'release'],
  ] as const) {
    const { entry, world } = await run(change, { fault: 'disk' });
    const event = { event: 'rollback-report-unkept', id: ID, detail: 'full' };
    assert.deepEqual([world.lines, entry.kept], [[{ level: 'error', ...event, text: MESSAGE }], kept]);
    world.faults.disk = false;
    await world.pass(3_999);
    assert.deepEqual(kinds(world.calls), [call]);
    await world.pass(1);
    assert.deepEqual([kinds(world.calls), entry.kept], [[call, call], call === 'keep']);
  }
});

test('a call that failed is repeated later and later; a report that is not saved is logged', async () => {
  const event = { event: 'rollback-report-unsaved', id: ID, detail: 'down' };
  for (const [change, call, lines] of [
    [{ unsaved: true, stored: 'x' }, 'write', [{ level: 'error', ...event, text: MESSAGE }]],
    [{ unsaved: true, stale: true }, 'read', [{ level: 'error', ...event, text: MESSAGE }]],
    [{ stale: true }, 'read', []],
  ] as const) {
    const { entry, world } = await run(change, { fault: 'store' });
    assert.deepEqual([entry.storing, entry.stale, world.lines], [true, true, lines]);
    const expected: string[] = [call];
    for (const pauseMs of [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      await world.pass(pauseMs - 1);
      assert.deepEqual(kinds(world.calls), expected);
      await world.pass(1);
      expected.push('read');
      assert.deepEqual(kinds(world.calls), expected, 'it is read before it is written again');
    }
    world.faults.store = false;
    await world.pass(10_000);
    assert.deepEqual([entry.storing, entry.stale, entry.unsaved], [false, false, false]);
  }
});

test('a record that changed while it was read is read once more', async () => {
  const entry = calm({ stale: true, stored: encodeReport(RELEASED) });
  const world = await steps({ entries: [entry] });
  await world.act(() =>
    queueMicrotask(() => {
      assert.equal(entry.stale, false, 'the first read is under way');
      world.store.set(PLACE, encodeReport(HELD));
      entry.stale = true;
    }),
  );
  assert.deepEqual([kinds(world.calls), entry.stale], [['read', 'read'], false]);
  assert.deepEqual([entry.report, world.logs], [HELD, []], 'the first answer counts no more');
});

test('one look is asked for at the marks of all words that hold and can be read', async () => {
  const due = (change: Partial<Entry>) => calm({ judging: 'due', ...change });
  const others = [
    due({ recordKey: placeOf(wordOf(6)), report: SIX }),
    due({ recordKey: 'doubt/s/released', report: RELEASED }),
    due({ recordKey: 'doubt/s/unread', report: null, unreadable: true }),
    due({ recordKey: 'doubt/s/unreadable', unreadable: true }),
    calm({ recordKey: 'doubt/s/other' }),
  ];
  const { calls, world } = await run({ judging: 'due' }, { others });
  const asked = [
    { recordKey: PLACE, report: HELD },
    { recordKey: placeOf(wordOf(6)), report: SIX },
  ];
  assert.deepEqual(calls, [{ judge: asked }]);
  assert.ok([...world.book.entries.values()].every(({ judging }) => judging === null));
  assert.deepEqual((await run({ judging: 'due', report: RELEASED })).calls, []);
});

test('a look is due at every held word, and its record is read too', () => {
  const released = calm({ recordKey: placeOf(wordOf(6)), report: RELEASED });
  const { book } = bookOf(calm(), released);
  onDue(book);
  const due = [...book.entries.values()].map(({ stale, judging }) => `${stale} ${String(judging)}`);
  assert.deepEqual(due, ['true due', 'false null']);
});

test('an entry is calm if store and disk have what it says', () => {
  const isSo = (change: Partial<Entry>) => isCalm(bookOf(calm(change)).book, PLACE);
  for (const report of [HELD, RELEASED]) assert.equal(isSo({ report }), true);
  assert.equal(isCalm(bookOf().book, PLACE), true);
  for (const change of [
    ...[{ storing: true }, { judging: Symbol() }, { judging: 'due' as const }, { kept: false }],
    ...[{ keeping: true }, { saidAgain: true }, { claimed: RELEASED }, { stale: true }, { unsaved: true }],
    ...[{ report: RELEASED, kept: true }, { unkept: [HELD] }],
  ])
    assert.equal(isSo(change), false, Object.keys(change).join());
});

/** Callers of a service, and how each ended. */
function callersOf({ following, clock }: Steps) {
  const holding = new Set<string>();
  const ended: string[] = [];
  const wait = (name: string) =>
    void settles(following, () => holding.has(name)).then((inTime) => ended.push(`${name} ${inTime}`));
  /** Lets everything run that is due now. */
  const settled = async () => {
    await clock.advance(0);
    return ended.splice(0);
  };
  return { holding, wait, settled };
}

test('a caller waits until its condition holds, and leaves no timer', async () => {
  const world = await steps();
  const { holding, wait, settled } = callersOf(world);
  const before = world.clock.pending();
  holding.add('one');
  wait('one');
  assert.deepEqual(await settled(), ['one true'], 'it held already');
  for (const name of ['two', 'three']) wait(name);
  await world.act(() => undefined);
  assert.deepEqual([await settled(), world.clock.pending()], [[], before + 2]);
  holding.add('two');
  assert.deepEqual(await settled(), [], 'nothing changed');
  await world.act(() => undefined);
  assert.deepEqual([await settled(), world.clock.pending()], [['two true'], before + 1]);
});

test('a stop ends all callers, and then nothing changes any more', async () => {
  const world = await steps();
  const { wait, settled } = callersOf(world);
  wait('one');
  await world.stop();
  assert.deepEqual([await settled(), world.clock.pending()], [['one false'], 0]);
  await world.say(wordOf(6));
  assert.equal(world.book.entries.size, 0);
});

test('a caller waits as long as the store may take, and no longer', async () => {
  const world = await steps();
  const { holding, wait, settled } = callersOf(world);
  wait('one');
  await world.pass(1_999);
  assert.deepEqual(await settled(), []);
  await world.pass(1);
  assert.deepEqual(await settled(), ['one false']);
  holding.add('one');
  await world.act(() => undefined);
  assert.deepEqual(await settled(), []);
});
