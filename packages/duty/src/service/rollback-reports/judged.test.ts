import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onJudged } from './judged.ts';
import { type Released, type Report, reportOf, type SaidWord } from './report.ts';
import type { Verdict } from './report-events.ts';
import { blankEntry, type Entry, emptyState } from './state.ts';
import { CHAIN, KEY, OTHER, placeOf, SERVICE, wordOf } from './testing/steps.ts';
import { turnOf } from './turn.ts';

const WORD = wordOf(5);
const CALL = 7;
const AT_MS = 1_234;
const freedOf = (...keys: readonly string[]) => keys.map((key) => ({ chain: CHAIN, key, adoption: 'ada' }));
const POLICIES = [KEY, OTHER].map((key) => ({ chain: CHAIN, key }));
const ALL = freedOf(KEY, OTHER);

function releasedBy(how: Released['how'], said: SaidWord = WORD, change: Partial<Report> = {}): Report {
  const released = { how, by: 'service-2', reason: 'r', atMs: 1 };
  return { ...reportOf(SERVICE, said), state: 'released', released, ...change };
}

/** A report with further words. */
function withOthers(report: Report): Report {
  assert.ok(report.word);
  return { ...report, word: { ...report.word, others: ['another'] } };
}

interface Look {
  readonly report?: Report | null;
  readonly entry?: Partial<Entry>;
  /** Null: the mark was not read. */
  readonly verdict: Verdict | null;
  readonly policies?: typeof POLICIES | null;
}

/** The entry after this look at its mark, and the events of the log. */
function looked({ report = reportOf(SERVICE, WORD), entry = {}, verdict, policies = null }: Look) {
  const place = placeOf(WORD);
  const before: Entry = { ...blankEntry(place), report, stale: false, judging: CALL, ...entry };
  const state = { ...emptyState(SERVICE, 0), entries: new Map([[place, before]]) };
  const turn = turnOf(state, { kind: 'tick', nowMs: 5, atMs: AT_MS });
  const verdicts = new Map(verdict === null ? [] : [[place, verdict]]);
  onJudged(turn, { kind: 'judged', call: CALL, verdicts, policies, nowMs: 5, atMs: AT_MS });
  const after = turn.state.entries.get(place);
  assert.ok(after);
  const logs = turn.effects.map((effect) => (effect.kind === 'log' ? effect.event.event : effect.kind));
  return { before, after, logs, how: after.report?.released?.how ?? after.report?.state };
}

describe('a look at a mark', () => {
  test('that was not made releases nothing, whatever was freed', () => {
    const report = { ...reportOf(SERVICE, WORD), freed: ALL };
    const { before, after } = looked({ report, verdict: null, policies: POLICIES });
    assert.deepEqual(after, { ...before, judging: null });
    const blank = looked({ report: null, verdict: 'lineage', policies: POLICIES });
    assert.deepEqual(blank.after, { ...blank.before, judging: null });
  });
});

describe('a held word', () => {
  test('is released by a recovery whose floors are above it', () => {
    const { after, how } = looked({ verdict: 'recovered' });
    assert.deepEqual([how, after.unsaved, after.report?.released?.by], ['adopted', true, SERVICE]);
  });

  test('is not released if the report holds further words, which the mark was not asked about', () => {
    for (const verdict of ['lineage', 'recovered'] as const) {
      const { how, logs } = looked({ report: withOthers(reportOf(SERVICE, WORD)), verdict });
      assert.deepEqual([how, logs], ['held', []], verdict);
    }
    const above = looked({ report: withOthers(reportOf(SERVICE, WORD)), verdict: 'recovered' });
    assert.equal(above.after.floorAbove, true, 'the floor is above the top of all of them');
  });
});

describe('the keys of all policies', () => {
  const report = { ...reportOf(SERVICE, WORD), freed: ALL };

  test('release the word once each is freed, by an adoption or by its floor', () => {
    const { after, how, logs } = looked({ report, verdict: 'none', policies: POLICIES });
    assert.deepEqual([how, after.unsaved, logs], ['adopted', true, ['rollback-report-released']]);
    const byFloor = { ...report, freed: freedOf(OTHER) };
    assert.equal(looked({ report: byFloor, verdict: 'floor', policies: POLICIES }).how, 'adopted');
  });
});

describe('a release in the store that this service has not seen the reason of', () => {
  const claimed = releasedBy('explained');

  test('counts if the mark bears it out', () => {
    for (const verdict of ['lineage', 'recovered', 'floor', 'gap'] as const) {
      const { after } = looked({ entry: { claimed }, verdict });
      assert.deepEqual([after.report, after.claimed, after.unsaved], [claimed, null, false], verdict);
    }
  });

  test('holds again if it does not', () => {
    const { after, how, logs } = looked({ entry: { claimed }, verdict: 'none', policies: POLICIES });
    assert.deepEqual([how, after.claimed, after.unsaved], ['held', null, true]);
    assert.deepEqual(logs, ['rollback-report-held']);
  });
});

describe('a released word', () => {
  const said = { saidAgain: true };

  test('stays as it is, unless it was said again', () => {
    const report = releasedBy('explained');
    const { before, after, logs } = looked({ report, verdict: 'none', policies: POLICIES });
    assert.deepEqual([after, logs], [{ ...before, judging: null }, []]);
  });

  test('that was said again stays released, by whom it was, if the mark bears it out', () => {
    const report = releasedBy('explained', WORD, { freed: ALL });
    for (const verdict of ['lineage', 'recovered', 'floor', 'gap'] as const) {
      const { after, logs } = looked({ report, entry: said, verdict, policies: POLICIES });
      assert.deepEqual([after.report, after.saidAgain, after.unsaved], [report, false, false], verdict);
      assert.deepEqual(logs, []);
    }
  });

  test('that was said again holds again if the mark does not', () => {
    const { after, how, logs } = looked({ report: releasedBy('adopted'), entry: said, verdict: 'none' });
    assert.deepEqual([how, after.saidAgain, after.unsaved], ['held', false, true]);
    assert.deepEqual(logs, ['rollback-report-held']);
  });
});
