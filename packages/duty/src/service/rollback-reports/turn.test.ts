import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Report, reportId, reportOf } from './report.ts';
import { blankEntry, type Entry, emptyState } from './state.ts';
import { CHAIN, KEY, placeOf, SERVICE, wordOf } from './testing/steps.ts';
import { askJudgement, entryOf, holdAgain, logHeld, settle, type Turn, turnOf } from './turn.ts';

const PLACE = placeOf(wordOf(5));
const OTHER_PLACE = placeOf(wordOf(6));
const HELD = reportOf(SERVICE, wordOf(5));
const RELEASE = { how: 'operator', by: 'ada', reason: 'a copy', atMs: 1 } as const;
const RELEASED: Report = { ...HELD, state: 'released', released: RELEASE };

function turnWith(...entries: readonly Partial<Entry>[]): Turn {
  const all = entries.map((entry): [string, Entry] => {
    const full = { ...blankEntry(PLACE), report: HELD, ...entry };
    return [full.recordKey, full];
  });
  const state = { ...emptyState(SERVICE, 0), entries: new Map(all), calls: 6 };
  return turnOf(state, { kind: 'tick', nowMs: 5, atMs: 6 });
}

test('a word that holds again has no freed key, no doubt and no release, and is logged', () => {
  const turn = turnWith({});
  const freed = [{ chain: CHAIN, key: KEY, adoption: 'x' }];
  const entry = { ...entryOf(turn, PLACE), saidAgain: true, claimed: RELEASED, floorAbove: true };
  holdAgain(turn, entry, { ...RELEASED, freed }, 'the store went back');
  const { saidAgain, claimed, floorAbove, unsaved, report } = entryOf(turn, PLACE);
  assert.deepEqual([saidAgain, claimed, floorAbove, unsaved, report], [false, null, false, true, HELD]);
  const event = { event: 'rollback-report-held', id: reportId(PLACE), service: SERVICE, node: 'a' };
  const message = 'a node remembers more than the store holds: every key is held';
  const log = { kind: 'log', level: 'error', event: { ...event, detail: 'the store went back' }, message };
  assert.deepEqual(turn.effects, [log]);
  turn.effects.splice(0);
  logHeld(turn, PLACE, HELD);
  assert.deepEqual(turn.effects, [{ ...log, event: { ...event, detail: HELD.why } }]);
});

test('a release ends every doubt about the word, and is logged with who made it', () => {
  for (const unsaved of [true, false]) {
    const turn = turnWith({});
    const doubt = { saidAgain: true, claimed: RELEASED, floorAbove: true, unkept: [HELD], unsaved: !unsaved };
    settle(turn, { ...entryOf(turn, PLACE), ...doubt }, RELEASED, unsaved);
    const entry = entryOf(turn, PLACE);
    const { saidAgain, claimed, floorAbove, unkept } = entry;
    assert.deepEqual([saidAgain, claimed, floorAbove, unkept], [false, null, false, []]);
    assert.deepEqual([entry.unsaved, entry.report], [unsaved, RELEASED]);
    const event = { event: 'rollback-report-released', id: reportId(PLACE), node: 'a', ...RELEASE };
    const message = 'a rollback report was released';
    assert.deepEqual(turn.effects, [
      { kind: 'log', level: 'warn', event: { ...event, detail: HELD.why }, message },
    ]);
  }
});

test('one look is asked for at the marks of all words that hold and can be read', () => {
  const other = reportOf(SERVICE, wordOf(6));
  const turn = turnWith(
    {},
    { recordKey: OTHER_PLACE, report: other },
    { recordKey: 'doubt/s/released', report: RELEASED },
    { recordKey: 'doubt/s/unread', report: null, unreadable: true },
    { recordKey: 'doubt/s/unreadable', unreadable: true },
  );
  askJudgement(turn, [...turn.state.entries.keys(), 'doubt/s/none']);
  const asked = [
    { recordKey: PLACE, report: HELD },
    { recordKey: OTHER_PLACE, report: other },
  ];
  assert.deepEqual(turn.effects, [{ kind: 'judge', call: 7, asked }]);
  assert.deepEqual(
    [...turn.state.entries.values()].map(({ judging }) => judging),
    [7, 7, null, null, null],
  );
  const none = turnWith({ report: RELEASED });
  askJudgement(none, [PLACE]);
  assert.deepEqual(none.effects, []);
});
