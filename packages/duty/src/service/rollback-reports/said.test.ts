import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WORD_BYTES } from '../ledger/port.ts';
import { blankEntry, type Entry } from './book.ts';
import {
  encodeReport,
  keyOf,
  type Released,
  type Report,
  reportId,
  reportOf,
  type SaidWord,
} from './report.ts';
import { isDurable, MAX_OTHERS, onDisk, onSaid } from './rules.ts';
import { bookOf, CHAIN, OTHER, placeOf, pointAt, SERVICE, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const reported = (said: SaidWord, change: Partial<Report> = {}): Report => ({
  ...reportOf(SERVICE, said),
  ...change,
});
const released = (how: Released['how']) => ({ released: { how, by: 'x', reason: 'r', atMs: 1 } }) as const;

function entryOf(report: Report | null, change: Partial<Entry> = {}): Entry {
  const recordKey = report === null ? PLACE : keyOf(report);
  return { ...blankEntry(recordKey), report, stale: false, kept: true, ...change };
}

const idOf = (word: SaidWord) => reportId(placeOf(word));

/** After a claimant said this word; `judge` stands for a look that is due. */
function said(word: SaidWord, ...entries: readonly Entry[]) {
  const before = entries;
  const { book, logs } = bookOf(...structuredClone(entries));
  onSaid(book, word);
  const after = [...book.entries.values()];
  if (after.some(({ judging }) => judging === 'due')) logs.push('judge');
  const at = (recordKey = placeOf(word)) => book.entries.get(recordKey);
  return { before, after, logs, at };
}

test('a word begins a report that is to be written and read', () => {
  const { at, logs } = said(WORD, blankEntry(placeOf(wordOf(6))));
  assert.deepEqual(at(), { ...blankEntry(PLACE), report: reported(WORD), unsaved: true });
  assert.deepEqual(logs, ['rollback-report-held']);
});

describe('a released word that is said again', () => {
  const again = (how: Released['how'], change: Partial<Entry> = {}) =>
    said(WORD, entryOf(reported(WORD, released(how)), change));

  test('holds until its mark was looked at', () => {
    for (const how of ['explained', 'adopted'] as const) {
      const { at, logs } = again(how);
      assert.equal(at()?.saidAgain, true);
      assert.deepEqual(logs, ['judge'], how);
    }
  });

  test('is looked at once, and not at all if an operator released it', () => {
    for (const { before, after, logs } of [again('operator'), again('explained', { saidAgain: true })])
      assert.deepEqual([after, logs], [before, []]);
  });
});

/** As many reports of one node as it may have, about slots from 1 on. */
const sixteen = (change: Partial<SaidWord> = {}) =>
  Array.from({ length: 16 }, (_, index) => entryOf(reported(wordOf(index + 1, change))));
const NEWEST = placeOf(wordOf(16));

describe('a word of a node that has as many reports as it may have', () => {
  const word = wordOf(20);

  test('goes into the newest report of the same mark, with the higher top', () => {
    const freed = [{ chain: CHAIN, key: OTHER, adoption: 'x' }];
    const claimed = reported(wordOf(16), released('adopted'));
    const before = entryOf(reported(wordOf(16), { freed }), { floorAbove: true, judging: 'due', claimed });
    const { at, after, logs } = said(word, ...sixteen().slice(0, 15), before);
    assert.equal(after.length, 16);
    const report = reported(wordOf(16), { top: '20', others: [idOf(word)] });
    const doubts = { floorAbove: false, judging: null, claimed: null };
    const expected = { ...before, ...doubts, report, unkept: [reported(word)], unsaved: true };
    assert.deepEqual([at(NEWEST), logs], [expected, ['rollback-report-held']]);
    const again = said(wordOf(7), ...sixteen());
    assert.deepEqual([again.after, again.logs], [again.before, []], 'one of them is sent again');
    const covering = entryOf(reported(wordOf(1), { others: [idOf(word)] }));
    const covered = said(word, covering, ...sixteen().slice(1));
    assert.deepEqual([covered.after, covered.logs], [covered.before, []], 'an older report holds it');
    const lower = said({ ...word, point: { ...pointAt(3), nonce: 'x' } }, ...sixteen());
    assert.equal(lower.at(NEWEST)?.report?.top, '16', 'the top never falls');
  });

  test('reaches the store and the disk at every moment of the calls for its report, and leaves with it', async () => {
    for (let moment = 0; moment < 20; moment++) {
      const world = await steps();
      for (let slot = 1; slot <= 15; slot++) await world.say(wordOf(slot));
      const begun = world.say(wordOf(16));
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      await Promise.all([begun, world.say(word)]);
      const report = reported(wordOf(16), { top: '20', others: [idOf(word)] });
      assert.equal(world.store.get(NEWEST), encodeReport(report));
      assert.equal(world.disk.get(idOf(word)), encodeReport(reported(word)));
      assert.deepEqual([world.store.size, world.disk.size], [16, 17]);
      const text = encodeReport({ ...report, ...released('operator') });
      world.store.set(NEWEST, text);
      await world.commit(new Map([[NEWEST, text]]));
      assert.deepEqual(world.releases, [`${idOf(wordOf(16))} operator`, `${idOf(word)} operator`]);
    }
  });

  test('is not released by a look at the mark that began before it came', async () => {
    for (const isLater of [false, true]) {
      const world = await steps();
      for (let slot = 1; slot <= 16; slot++) await world.say(wordOf(slot));
      const entry = world.book.entries.get(NEWEST) ?? assert.fail('gone');
      entry.report = reported(wordOf(16), { freed: [{ chain: CHAIN, key: OTHER, adoption: 'x' }] });
      world.verdicts.set(NEWEST, 'floor');
      await world.act(() => {
        entry.judging = 'due';
        // The look has begun, and its answer comes after the word.
        if (isLater) queueMicrotask(() => void world.say(word));
      });
      const { report, floorAbove } = entry;
      if (!isLater) assert.equal(report?.released?.how, 'adopted');
      else assert.deepEqual([report?.released, report?.top, floorAbove], [null, '20', false]);
    }
  });

  test('begins a report if it is of another mark, or fifteen are held, or some are not held any more', () => {
    const point = { ...word.point, epoch: 'epoch-0' };
    for (const change of [{ key: OTHER }, { chain: OTHER }, { duty: 'aura' }, { point }])
      assert.ok(said({ ...word, ...change }, ...sixteen()).at(placeOf({ ...word, ...change })));
    assert.ok(said(word, ...sixteen().slice(1)).at());
    const [first, ...rest] = sixteen();
    assert.ok(first?.report);
    assert.ok(said(word, entryOf({ ...first.report, ...released('operator') }), ...rest).at());
    assert.ok(said({ ...word, node: 'b' }, ...sixteen()).at(), 'another node has its own');
    const theirs = sixteen().map(({ report }) => entryOf(report && { ...report, service: 'service-2' }));
    assert.ok(said(word, ...theirs).at(), 'another service has its own');
  });

  test('begins a report if each one of the mark holds as many words as it may hold', () => {
    const filled = (count: number) => {
      const others = Array.from({ length: count }, (_, index) => idOf(wordOf(100 + index)));
      const report = reported(wordOf(16, { why: 'x'.repeat(500) }), { others });
      assert.ok(encodeReport(report).length <= WORD_BYTES, 'the disk takes it');
      return [...sixteen({ duty: 'aura' }), entryOf(report)];
    };
    assert.ok(said(word, ...filled(MAX_OTHERS)).at());
    assert.equal(said(word, ...filled(MAX_OTHERS - 1)).at(), undefined);
  });
});

test('a word on the own disk holds from the start, and one that cannot be read holds every key', () => {
  const { book } = bookOf();
  onDisk(book, PLACE, encodeReport(reported(WORD)));
  onDisk(book, 'doubt/x/y', '{"v":3}');
  const onOwnDisk = { ...blankEntry(PLACE), kept: true };
  assert.deepEqual(book.entries.get(PLACE), { ...onOwnDisk, report: reported(WORD), unsaved: true });
  assert.deepEqual(book.entries.get('doubt/x/y'), {
    ...{ ...onOwnDisk, recordKey: 'doubt/x/y', unreadable: true },
  });
});

test('a word may be answered once the own disk has it, or after its release, unless that is in doubt', () => {
  for (const keeping of [false, true])
    for (const kept of [false, true])
      assert.equal(isDurable(entryOf(reported(WORD), { kept, keeping })), kept);
  assert.equal(isDurable(entryOf(null)), true, 'a word on the disk that cannot be read');
  assert.equal(isDurable(entryOf(null, { kept: false })), false);
  const unkept = [reported(wordOf(9))];
  assert.equal(isDurable(entryOf(reported(WORD), { unkept })), false, 'a further word of the report');
  const gone = reported(WORD, released('explained'));
  assert.equal(isDurable(entryOf(gone, { kept: false })), true);
  assert.equal(isDurable(entryOf(gone, { kept: false, saidAgain: true })), false);
});
