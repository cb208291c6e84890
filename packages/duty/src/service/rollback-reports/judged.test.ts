import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blankEntry, type Entry } from './book.ts';
import { type Report, reportId } from './report.ts';
import { onJudged, type Verdict } from './rules.ts';
import { bookOf, CHAIN, freedOf, HELD, KEY, OTHER, PLACE, releasedBy } from './testing/steps.ts';

const CALL = Symbol();
const AT_MS = 1_234;
const POLICIES = [KEY, OTHER].map((key) => ({ chain: CHAIN, key }));
/** Every key is freed. */
const FREED: Report = { ...HELD, freed: freedOf(KEY, OTHER) };

interface Look {
  readonly report?: Report | null;
  readonly entry?: Partial<Entry>;
  /** Null: the mark was not read. */
  readonly verdict: Verdict | null;
  readonly policies?: typeof POLICIES | null;
}

/** The entry after this look at its mark, and the events of the log. */
function looked({ report = HELD, entry = {}, verdict, policies = null }: Look) {
  const before: Entry = { ...blankEntry(PLACE), report, stale: false, judging: CALL, ...entry };
  const after = { ...before };
  const { book, logs, lines } = bookOf(after);
  const verdicts = new Map(verdict === null ? [] : [[after, verdict] as const]);
  onJudged(book, CALL, { verdicts, policies }, AT_MS);
  return { before, after, logs, lines, how: after.report?.released?.how ?? 'held' };
}

test('a look at a mark that was not made releases nothing, whatever was freed', () => {
  const { before, after } = looked({ report: FREED, verdict: null, policies: POLICIES });
  assert.deepEqual(after, { ...before, judging: null });
  const blank = looked({ report: null, verdict: 'lineage', policies: POLICIES });
  assert.deepEqual(blank.after, { ...blank.before, judging: null });
});

describe('a held word', () => {
  test('is released by a recovery whose floors are above it', () => {
    const { after, how } = looked({ verdict: 'recovered' });
    assert.deepEqual([how, after.unsaved, after.report?.released?.by], ['adopted', true, HELD.service]);
  });

  test('is not released by a gap, or by a mark that does not hold it', () => {
    for (const verdict of ['gap', 'none'] as const) assert.equal(looked({ verdict }).how, 'held');
  });

  test('is not released if the report holds further words, which the mark was not asked about', () => {
    const report = { ...HELD, others: ['another'] };
    for (const verdict of ['lineage', 'recovered'] as const) {
      const { how, logs } = looked({ report, verdict });
      assert.deepEqual([how, logs], ['held', []], verdict);
    }
    const above = looked({ report, verdict: 'recovered' });
    assert.equal(above.after.floorAbove, true, 'the floor is above the top of all of them');
  });
});

test('the keys of all policies release the word once each is freed, by an adoption or by its floor', () => {
  const { after, how, logs } = looked({ report: FREED, verdict: 'none', policies: POLICIES });
  assert.deepEqual([how, after.unsaved, logs], ['adopted', true, ['rollback-report-released']]);
  const byFloor = { ...HELD, freed: freedOf(OTHER) };
  assert.equal(looked({ report: byFloor, verdict: 'floor', policies: POLICIES }).how, 'adopted');
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

  test('that was said again stays released, by whom it was, if the mark bears it out', () => {
    const report = releasedBy('explained', { freed: FREED.freed });
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

test('a word that holds again has no freed key, no doubt and no release, and is logged', () => {
  const doubt = { claimed: releasedBy('explained'), floorAbove: true, saidAgain: true };
  const { after, lines } = looked({ report: FREED, entry: doubt, verdict: 'none' });
  const { saidAgain, claimed, floorAbove, unsaved } = after;
  assert.deepEqual([saidAgain, claimed, floorAbove, unsaved], [false, null, false, true]);
  assert.deepEqual(after.report, HELD);
  const event = { event: 'rollback-report-held', id: reportId(PLACE), service: HELD.service, node: 'a' };
  const detail = 'the store holds a release, but not its reason';
  const text = 'a node remembers more than the store holds: every key is held';
  assert.deepEqual(lines, [{ level: 'error', ...event, detail, text }]);
});

test('a release ends every doubt about the word, and is logged with who made it', () => {
  const claimed = releasedBy('explained');
  const doubt = { claimed, floorAbove: true, saidAgain: true, unkept: [HELD], unsaved: true };
  const { after, lines } = looked({ entry: doubt, verdict: 'lineage' });
  const { saidAgain, floorAbove, unsaved } = after;
  assert.deepEqual([saidAgain, after.claimed, floorAbove, unsaved], [false, null, false, false]);
  assert.deepEqual(after.unkept, []);
  const event = { event: 'rollback-report-released', id: reportId(PLACE), node: 'a' };
  const [detail, text] = [HELD.why, 'a rollback report was released'];
  assert.deepEqual(lines, [{ level: 'warn', ...event, ...claimed.released, detail, text }]);
  const { after: own } = looked({ verdict: 'lineage' });
  assert.deepEqual([own.unsaved, own.report?.released?.atMs], [true, AT_MS]);
});
