import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportsEffect } from './effects.ts';
import { encodeReport, keptText, type Report, reportId, reportOf } from './report.ts';
import { blankEntry, type Entry, emptyState, type ReportsState } from './state.ts';
import { dueJudgement, isPending, syncAll, wakeMs } from './sync.ts';
import { placeOf, SERVICE, wordOf } from './testing/steps.ts';
import { turnOf } from './turn.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const ID = reportId(PLACE);
const HELD = reportOf(SERVICE, WORD);
const RELEASE = { how: 'operator', by: 'ada', reason: 'r', atMs: 1 } as const;
const RELEASED: Report = { ...HELD, state: 'released', released: RELEASE };
const NOW_MS = 100;

/** An entry that needs nothing: its report is in the store and, if it holds, on the own disk. */
function calm(change: Partial<Entry> = {}): Entry {
  const report = change.report === undefined ? HELD : change.report;
  const stored = report === null ? null : encodeReport(report);
  const disk = report?.state === 'held' ? 'open' : 'none';
  return { ...blankEntry(PLACE), report, stored, disk, stale: false, ...change };
}

function stateOf(...entries: readonly Entry[]): ReportsState {
  const all = new Map(entries.map((entry) => [entry.recordKey, entry]));
  return { ...emptyState(SERVICE, 0), entries: all, calls: 6 };
}

/** The effects of a sync, and the entry after it. */
function sync(change: Partial<Entry>, ...others: readonly Entry[]) {
  const event = { kind: 'tick', nowMs: NOW_MS, atMs: 1 } as const;
  const turn = turnOf(stateOf(calm(change), ...others), event);
  syncAll(turn);
  const { call, disk, unsaved } = turn.state.entries.get(change.recordKey ?? PLACE) ?? blankEntry('');
  return { effects: turn.effects, call, disk, unsaved };
}

const kinds = (effects: readonly ReportsEffect[]) => effects.map(({ kind }) => kind);
const read = { kind: 'read-record', recordKey: PLACE, call: 7 };

test('a record is read if it may have changed, or was never read', () => {
  for (const change of [
    { stale: true },
    { stored: undefined },
    { report: null, unsaved: true },
    { stale: true, unsaved: true },
  ]) {
    const { effects, call } = sync(change);
    assert.deepEqual([effects, call], [[read], 7]);
  }
});

test('a report is written over the text that was read, unless the store has it', () => {
  const { effects, call, unsaved } = sync({ unsaved: true, stored: 'before' });
  const write = {
    kind: 'write-record',
    recordKey: PLACE,
    call: 7,
    before: 'before',
    text: encodeReport(HELD),
  };
  assert.deepEqual([effects, call, unsaved], [[write], 7, true]);
  const none = sync({ unsaved: true, stored: null });
  assert.deepEqual(none.effects, [{ ...write, before: null }]);
  const same = sync({ unsaved: true });
  assert.deepEqual([same.effects, same.call, same.unsaved], [[], null, false]);
});

test('a word that holds is kept on the own disk, with the further words of its report', () => {
  const first = { id: ID, text: keptText(HELD) };
  const other = reportOf(SERVICE, wordOf(6));
  const second = { id: reportId(placeOf(wordOf(6))), text: keptText(other) };
  const keep = (words: readonly object[]) => [{ kind: 'keep-word', recordKey: PLACE, words }];
  const none = sync({ disk: 'none' });
  assert.deepEqual([none.effects, none.disk], [keep([first]), 'keeping']);
  const both = sync({ disk: 'none', unkept: [other] });
  assert.deepEqual([both.effects, both.disk], [keep([first, second]), 'keeping']);
  const more = sync({ unkept: [other] });
  assert.deepEqual([more.effects, more.disk], [keep([second]), 'keeping-more']);
  for (const doubt of [{ saidAgain: true }, { claimed: RELEASED }])
    assert.deepEqual(kinds(sync({ report: RELEASED, disk: 'none', ...doubt }).effects), ['keep-word']);
});

test('a release reaches the own disk once the store has it, for all words of the report', () => {
  const [six, seven] = [6, 7].map((slot) => placeOf(wordOf(slot)));
  assert.ok(six !== undefined && seven !== undefined && RELEASED.word !== null);
  const others = [reportId(six), reportId(seven)];
  const report = { ...RELEASED, word: { ...RELEASED.word, others } };
  const release = (ids: readonly string[]) => [
    { kind: 'release-in-ledger', recordKey: PLACE, ids, released: RELEASE },
  ];
  const { effects, disk } = sync({ report, disk: 'open' });
  assert.deepEqual([effects, disk], [release([ID, ...others]), 'releasing']);
  const separate = calm({ recordKey: seven, report: reportOf(SERVICE, wordOf(7)) });
  assert.deepEqual(sync({ report, disk: 'open' }, separate).effects, release([ID, reportId(six)]));
  for (const [change, expected] of [
    [{ unsaved: true, stored: 'x' }, ['write-record']],
    [{ stale: true }, ['read-record']],
    [{ saidAgain: true }, []],
    [{ claimed: RELEASED }, []],
    [{ diskAtMs: NOW_MS + 1 }, []],
  ] as const)
    assert.deepEqual(kinds(sync({ report: RELEASED, disk: 'open', ...change }).effects), expected);
});

test('the next tick is due when the first entry needs something', () => {
  const due = (...entries: readonly Entry[]) => wakeMs({ ...stateOf(...entries), judgeAtMs: 900 });
  assert.equal(due(), null);
  assert.equal(due(calm({ report: RELEASED })), null);
  assert.equal(due(calm()), 900, 'a held word is looked at');
  assert.equal(due(calm({ stale: true, callAtMs: 700 })), 700);
  assert.equal(due(calm({ disk: 'none', diskAtMs: 600 })), 600);
  assert.equal(due(calm({ report: RELEASED, stale: true, callAtMs: 950 })), 950);
  assert.equal(due(calm({ stale: true, callAtMs: 700, call: 3 })), 900, 'its call is under way');
  const other = calm({ recordKey: placeOf(wordOf(6)), stale: true, callAtMs: 500 });
  assert.equal(due(calm({ disk: 'none', diskAtMs: 600 }), other), 500);
});

test('an entry is pending while the store or the disk does not have what it says', () => {
  const pending = (change: Partial<Entry>) => isPending(stateOf(), calm(change));
  for (const report of [HELD, RELEASED]) assert.equal(pending({ report }), false);
  for (const change of [
    { call: 1 },
    { judging: 1 },
    ...(['none', 'keeping', 'keeping-more', 'releasing'] as const).map((disk) => ({ disk })),
    { saidAgain: true },
    { claimed: RELEASED },
    { stale: true },
    { unsaved: true },
    { stored: undefined },
    { report: RELEASED, disk: 'open' as const },
    { unkept: [HELD] },
  ])
    assert.equal(pending(change), true, Object.keys(change).join());
});

test('every ten seconds the marks of held words are looked at, and their records read', () => {
  const released = calm({ recordKey: placeOf(wordOf(6)), report: RELEASED });
  const look = (nowMs: number) => {
    const before = { ...stateOf(calm(), released), judgeAtMs: NOW_MS };
    const turn = turnOf(before, { kind: 'tick', nowMs, atMs: 1 });
    const due = dueJudgement(turn);
    const stale = [...turn.state.entries.values()].filter((entry) => entry.stale);
    return { due, stale: stale.map(({ recordKey }) => recordKey), next: turn.state.judgeAtMs };
  };
  assert.deepEqual(look(NOW_MS - 1), { due: [], stale: [], next: NOW_MS });
  assert.deepEqual(look(NOW_MS), { due: [PLACE], stale: [PLACE], next: NOW_MS + 10_000 });
});
