import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blankEntry, type Entry } from './book.ts';
import { encodeReport, type Report } from './report.ts';
import { onCommitted, onSeen } from './rules.ts';
import { bookOf, freedOf, HELD, OTHER, PLACE, RELEASED, releasedBy, SERVICE } from './testing/steps.ts';

const CALL = Symbol();
const UNREADABLE = '{"v":3}';

interface Seen {
  /** Of the entry before. */
  readonly report: Report | null;
  readonly entry?: Partial<Entry>;
  /** The record in the store now. */
  readonly now: Report | string | null;
  readonly id?: string;
  readonly committed?: boolean;
}

/** The entry after this record was read, and the effects. */
function seen({ report, entry = {}, now, id = SERVICE, committed = false }: Seen) {
  const before: Entry = { ...blankEntry(PLACE), report, stored: 'as it was', kept: true, ...entry };
  const { book, logs, lines } = bookOf(before);
  const text = now === null || typeof now === 'string' ? now : encodeReport(now);
  if (committed) onCommitted({ ...book, service: id }, new Map([[PLACE, text ?? '']]));
  else onSeen({ ...book, service: id }, before, text);
  const after = book.entries.get(PLACE);
  if (after?.judging === 'due') logs.push('judge');
  return { after, logs, lines, text };
}

describe('a record that was read', () => {
  test('and is new to this service is taken over; a held one is said in the log', () => {
    const held = seen({ report: null, now: HELD });
    assert.deepEqual([held.after?.report, held.logs], [HELD, ['rollback-report-held']]);
    const gone = seen({ report: null, entry: { unsaved: true }, now: RELEASED });
    assert.deepEqual([gone.after?.report, gone.after?.unsaved], [RELEASED, false]);
    assert.deepEqual(gone.logs, []);
  });

  test('but cannot be read, holds every key, and is said once', () => {
    const first = seen({ report: HELD, now: UNREADABLE });
    assert.deepEqual([first.after?.unreadable, first.logs], [true, ['record-unreadable']]);
    assert.match(JSON.stringify(first.lines), /"level":"error"/);
    const again = seen({ report: HELD, entry: { unreadable: true }, now: UNREADABLE });
    assert.deepEqual([again.after?.unreadable, again.logs], [true, []]);
    const read = seen({ report: HELD, entry: { unreadable: true }, now: HELD });
    assert.equal(read.after?.unreadable, false);
  });
});

test('a text that a transaction wrote is read again, and so is one that was being read', () => {
  const { after, text } = seen({ report: HELD, entry: { stale: false }, now: HELD, committed: true });
  assert.deepEqual([after?.stale, after?.stored], [true, text]);
  const now = { ...HELD, freed: freedOf(OTHER) };
  assert.deepEqual(seen({ report: HELD, now, committed: true }).after?.report, now);
});

describe('a record that is gone', () => {
  test('is forgotten if it was empty here, but for one not readable', () => {
    assert.equal(seen({ report: null, now: null }).after, undefined);
    assert.ok(seen({ report: null, entry: { unreadable: true }, now: null }).after);
  });

  test('holds again if it was released here by the store, and not if an operator released it', () => {
    for (const how of ['explained', 'adopted'] as const) {
      const { after, logs } = seen({ report: releasedBy(how), now: null });
      assert.deepEqual([after?.report, after?.unsaved], [HELD, true], how);
      assert.deepEqual(logs, ['rollback-report-held']);
    }
    const { after, logs } = seen({ report: RELEASED, now: null });
    assert.deepEqual([after?.report, after?.unsaved, logs], [RELEASED, false, []]);
  });

  test('is forgotten if another service had released its own', () => {
    const theirs = { report: releasedBy('explained'), now: null, id: 'service-2' };
    assert.equal(seen(theirs).after, undefined);
    assert.ok(seen({ ...theirs, report: HELD }).after, 'a held one is not');
    const { after } = seen({ ...theirs, entry: { unsaved: true } });
    assert.deepEqual([after?.report, after?.unsaved], [HELD, true], 'before its release was written');
  });
});

describe('a record that is held in the store', () => {
  test('holds here again, whatever this service had released', () => {
    const doubt = { saidAgain: true, claimed: releasedBy('explained') };
    const back = seen({ report: releasedBy('explained'), entry: doubt, now: HELD });
    const { report, unsaved, saidAgain, claimed } = back.after ?? {};
    assert.deepEqual([report, unsaved, saidAgain, claimed], [HELD, false, false, null]);
    assert.deepEqual(back.logs, ['rollback-report-held'], 'the store went back');
    const changed = seen({ report: releasedBy('explained'), entry: { unsaved: true }, now: HELD });
    assert.deepEqual(changed.logs, [], 'it changed before the release was written');
  });

  test('without a further word that this service holds gets it, and frees no key of it', () => {
    const local = { ...HELD, others: ['x'], top: '9' };
    const now = { ...HELD, others: ['y'], top: '7', freed: freedOf(OTHER) };
    for (const report of [local, { ...local, released: releasedBy('adopted').released }]) {
      const { after, logs } = seen({ report, now });
      assert.deepEqual(after?.report, { ...HELD, others: ['y', 'x'], top: '9' });
      assert.deepEqual([after?.unsaved, logs], [true, ['rollback-report-held']]);
    }
    const same = seen({ report: { ...HELD, others: ['y'], top: '7' }, now });
    assert.deepEqual([same.after?.report?.freed, same.after?.unsaved], [freedOf(OTHER), false]);
  });

  test('with a word that this service did not know counts as not looked at', () => {
    const entry = { floorAbove: true, judging: CALL };
    for (const local of [HELD, releasedBy('adopted'), { ...HELD, others: ['y'] }]) {
      const { after } = seen({ report: local, entry, now: { ...HELD, others: ['x', 'y'], top: '9' } });
      assert.deepEqual([after?.report?.top, after?.floorAbove, after?.judging], ['9', false, null]);
    }
    const { after } = seen({ report: HELD, entry, now: { ...HELD, freed: freedOf(OTHER) } });
    assert.deepEqual([after?.floorAbove, after?.judging], [true, CALL], 'no new word');
  });
});

describe('a record that is released in the store', () => {
  test('by an operator is released here', () => {
    const now = RELEASED;
    const { after, logs } = seen({ report: HELD, entry: { unsaved: true, unkept: [HELD] }, now });
    assert.deepEqual([after?.report, after?.unsaved, after?.unkept], [now, false, []]);
    assert.deepEqual(logs, ['rollback-report-released']);
  });

  test('by anything else holds until the mark was looked at', () => {
    for (const how of ['explained', 'adopted'] as const) {
      const { after, logs } = seen({ report: HELD, entry: { unsaved: true }, now: releasedBy(how) });
      assert.deepEqual([after?.report, after?.claimed, after?.unsaved], [HELD, releasedBy(how), false], how);
      assert.deepEqual(logs, ['judge']);
    }
  });

  test('without a further word that this service holds is held again, with that word', () => {
    const report = { ...HELD, others: ['x'], top: '9' };
    for (const how of ['operator', 'adopted'] as const) {
      const { after, logs } = seen({ report, entry: { unkept: [HELD] }, now: releasedBy(how) });
      assert.deepEqual([after?.report, after?.unsaved, after?.claimed], [report, true, null]);
      assert.deepEqual([after?.unkept, logs], [[HELD], ['rollback-report-held']]);
    }
    const now = { ...RELEASED, others: ['x'] };
    assert.deepEqual(seen({ report, now }).after?.report, now);
  });
});
