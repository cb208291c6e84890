import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Book, blankEntry, type Entry } from './book.ts';
import { wordsToKeep } from './follow.ts';
import {
  decodeReport,
  encodeReport,
  idOf,
  type Released,
  type Report,
  reportKey,
  reportOf,
  type SaidWord,
} from './report.ts';
import { higher, holderOf, isDurable, MAX_OPEN, MAX_OTHERS, onDisk, onSaid } from './rules.ts';
import { bookOf, CHAIN, KEY, OTHER, placeOf, pointAt, SERVICE, steps, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const reported = (said: SaidWord, change: Partial<Report> = {}): Report => ({
  ...reportOf(SERVICE, said),
  ...change,
});
const wordIn = (report: Report, change: Partial<NonNullable<Report['word']>>): Report => {
  assert.ok(report.word);
  return { ...report, word: { ...report.word, ...change } };
};
const released = (how: Released['how']) =>
  ({ state: 'released', released: { how, by: 'x', reason: 'r', atMs: 1 } }) as const;

function entryOf(report: Report | null, change: Partial<Entry> = {}): Entry {
  const recordKey = report === null ? PLACE : reportKey(report.service, idOf(report));
  return { ...blankEntry(recordKey), report, stale: false, kept: true, ...change };
}

const stateOf = (...entries: readonly Entry[]): Book => bookOf(...entries).book;

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

/** As many reports of one node as it may have, about slots from 1 on. */
const sixteen = (change: Partial<SaidWord> = {}) =>
  Array.from({ length: 16 }, (_, index) => entryOf(reported(wordOf(index + 1, change))));
const NEWEST = placeOf(wordOf(16));

describe('a word', () => {
  test('begins a report that is to be written and read', () => {
    const { at, logs } = said(WORD);
    assert.deepEqual(at(), { ...blankEntry(PLACE), report: reported(WORD), unsaved: true });
    assert.deepEqual(logs, ['rollback-report-held']);
  });

  test('is held once, also if another node says it, or a further word of a report is said again', () => {
    const held = entryOf(reported(WORD));
    for (const word of [WORD, { ...WORD, node: 'b', why: 'other' }]) {
      const again = said(word, held);
      assert.deepEqual([again.after, again.logs], [again.before, []]);
    }
    const further = wordOf(9);
    const holder = entryOf(wordIn(reported(WORD), { others: ['x', idOf(reported(further))] }));
    const covered = said(further, holder);
    assert.deepEqual([covered.after, covered.logs], [covered.before, []]);
    assert.equal(holderOf(stateOf(holder), reported(further)), holder);
  });

  test('takes the place of a record that was not read, or cannot be', () => {
    for (const change of [{ report: null }, { unreadable: true }, { report: null, unreadable: true }]) {
      const { at, logs } = said(WORD, { ...entryOf(reported(WORD), { unsaved: false }), ...change });
      assert.deepEqual([at()?.report, at()?.unreadable, at()?.unsaved], [reported(WORD), false, true]);
      assert.deepEqual(logs, ['rollback-report-held']);
    }
  });
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

describe('a word of a node that has as many reports as it may have', () => {
  const word = wordOf(20);

  test('goes into the newest report of the same mark, with the higher top', () => {
    const freed = [{ chain: CHAIN, key: KEY, adoption: 'x' }];
    const before = entryOf(reported(wordOf(16), { freed }));
    const { at, after, logs } = said(word, ...sixteen().slice(0, 15), before);
    assert.equal(after.length, 16);
    const held = at(NEWEST);
    assert.deepEqual([held?.report?.word.top, held?.report?.freed], ['20', []]);
    assert.deepEqual(held?.report?.word?.others, [idOf(reported(word))]);
    assert.deepEqual([held?.unkept, held?.unsaved, held?.floorAbove], [[reported(word)], true, false]);
    assert.deepEqual(logs, ['rollback-report-held']);
    assert.equal(holderOf(stateOf(...sixteen()), reported(word))?.recordKey, NEWEST);
    const lower = said({ ...word, point: { ...pointAt(3), nonce: 'x' } }, ...sixteen());
    assert.equal(lower.at(NEWEST)?.report?.word?.top, '16', 'the top never falls');
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
      if (!isLater) assert.equal(report?.state, 'released');
      else assert.deepEqual([report?.state, report?.word.top, floorAbove], ['held', '20', false]);
    }
  });

  test('begins a report if it is of another mark, or fifteen are held, or some are not held any more', () => {
    for (const change of [{ key: OTHER }, { chain: OTHER }, { duty: 'aura' }])
      assert.ok(said({ ...word, ...change }, ...sixteen()).at(placeOf({ ...word, ...change })));
    assert.ok(said(word, ...sixteen().slice(1)).at());
    const [first, ...rest] = sixteen();
    assert.ok(first?.report);
    const gone = entryOf({ ...first.report, ...released('operator') });
    assert.ok(said(word, gone, ...rest).at());
    assert.ok(said({ ...word, node: 'b' }, ...sixteen()).at(), 'another node has its own');
    const theirs = sixteen().map(({ report }) => entryOf(report && { ...report, service: 'service-2' }));
    assert.ok(said(word, ...theirs).at(), 'another service has its own');
  });

  test('begins a report if the newest one holds as many words as it may hold', () => {
    const filled = (others: number) =>
      entryOf(wordIn(reported(wordOf(16)), { others: Array.from({ length: others }, String) }));
    assert.ok(said(word, ...sixteen().slice(0, 15), filled(MAX_OTHERS)).at());
    assert.equal(said(word, ...sixteen().slice(0, 15), filled(MAX_OTHERS - 1)).at(), undefined);
  });

  test('is bounded over all nodes too', () => {
    const all = Array.from({ length: MAX_OPEN }, (_, index) =>
      entryOf(reported(wordOf(index + 1, { node: `node-${index}` }))),
    );
    const own = wordOf(900, { node: 'node-7' });
    assert.equal(said(own, ...all).at(), undefined);
    assert.equal(said(own, ...all).at(placeOf(wordOf(8)))?.report?.word?.top, '900');
    assert.ok(said(own, ...all.slice(1)).at());
    assert.ok(said({ ...own, node: 'new' }, ...all).at(), 'a node without a report gets one');
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

describe('a word may be answered', () => {
  const durable = (change: Partial<Entry>, report = reported(WORD)) =>
    isDurable(entryOf(report, change), reported(WORD));

  test('once the own disk has it', () => {
    for (const busy of [false, true])
      for (const kept of [false, true]) assert.equal(durable({ kept, busy }), kept);
    assert.equal(durable({ unkept: [reported(wordOf(9))] }), true);
    assert.equal(isDurable(entryOf(null), reported(WORD)), true, 'a word on the disk that cannot be read');
    assert.equal(durable({ unkept: [reported(wordOf(9)), reported(WORD)] }), false);
  });

  test('or once it was released, and is not in doubt again', () => {
    const gone = reported(WORD, released('explained'));
    assert.equal(durable({ kept: false }, gone), true);
    assert.equal(durable({ kept: false, saidAgain: true }, gone), false);
    assert.equal(durable({ kept: false, claimed: gone }, gone), false);
    assert.equal(durable({ kept: false, claimed: gone }), false);
  });
});

test('the disk gets each word under its own id, and the first one as its claimant sent it', () => {
  const further = reported(wordOf(9));
  const report = wordIn(reported(WORD, { freed: [{ chain: CHAIN, key: KEY, adoption: 'x' }] }), {
    top: '9',
    others: [idOf(further)],
  });
  const words = wordsToKeep(entryOf(report, { kept: false, unkept: [further] }));
  assert.deepEqual(
    words.map(({ id }) => id),
    [idOf(reported(WORD)), idOf(further)],
  );
  const kept = words.map(({ id, text }) => decodeReport(reportKey(SERVICE, id), text));
  assert.deepEqual(kept, [reported(WORD), further]);
  const more = wordsToKeep(entryOf(report, { kept: true, unkept: [further] }));
  assert.deepEqual(
    more.map(({ id }) => id),
    [idOf(further)],
  );
  assert.deepEqual(wordsToKeep(entryOf(null, { kept: false })), []);
});

test('the higher of two units is by their numbers, and null is below every unit', () => {
  assert.equal(higher('9', '10'), '10');
  assert.equal(higher('10', '9'), '10');
  assert.equal(higher('1/2', '1/2'), '1/2');
  assert.equal(higher(null, '0'), '0');
  assert.equal(higher('0', null), '0');
  assert.equal(higher(null, null), null);
});
