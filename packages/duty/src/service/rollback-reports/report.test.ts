import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordError } from '../../rule/index.ts';
import {
  decodeReport,
  encodeReport,
  joined,
  keyOf,
  pointOf,
  type Report,
  reportId,
  reportOf,
  viewOf,
} from './report.ts';
import { CHAIN, EPOCH, KEY, OTHER, placeOf, pointAt, SERVICE, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const HASH = '5'.padStart(64, '0');
const RELEASED = { how: 'operator', by: 'ada', reason: 'a copy', atMs: 1 } as const;
const FREED = [{ chain: CHAIN, key: OTHER, adoption: 'x' }];

function reportWith(change: Partial<Report> = {}): Report {
  return { ...reportOf(SERVICE, WORD), ...change };
}

test('a report begins held, with the word and the reason that the claimant sent', () => {
  const { why } = WORD;
  const point = { epoch: EPOCH, seq: '5', hash: HASH, unit: '5', part: 'seal', nonce: 'nonce-5', top: '5' };
  assert.deepEqual(reportOf(SERVICE, WORD), {
    ...{ v: 2, service: SERVICE, node: 'a', incarnation: '11'.repeat(16), why },
    ...{ chain: CHAIN, key: KEY, duty: 'babe', point, top: '5', others: [], freed: [], released: null },
  });
  const cut = reportOf(SERVICE, wordOf(5, { why: 'x'.repeat(501) }));
  assert.equal(cut.why, 'x'.repeat(500), 'a record stays small');
});

/** A point of every part, and of units with several fields, at its own place. */
function pointed(change: object): Report {
  return reportWith({ point: { ...reportWith().point, ...change } });
}

function isRead(report: Report): boolean {
  try {
    decodeReport(keyOf(report), encodeReport(report));
    return true;
  } catch (error) {
    assert.ok(error instanceof RecordError);
    return false;
  }
}

test('the texts of a point have one spelling', () => {
  for (const part of ['enter', 'seal', 'propose', 'prevote', 'precommit', 'vote', 'heartbeat', null])
    assert.equal(isRead(pointed({ part })), true, `${part}`);
  assert.equal(isRead(pointed({ part: '' })), false);
  const most = '18446744073709551615';
  for (const unit of ['0', '10', `${most}/${most}`, '1/0/3/4', null]) {
    assert.equal(isRead(pointed({ unit })), true, `${unit}`);
    assert.equal(isRead(pointed({ top: unit })), true, `${unit}`);
    assert.equal(isRead(reportWith({ top: unit })), true, `${unit}`);
  }
  for (const unit of ['', '01', '1/', '/1', '1/02', 'x1', '1x', '1/2/3/4/5', `1${most}0`, `1/1${most}0`]) {
    assert.equal(isRead(pointed({ unit })), false, unit);
    assert.equal(isRead(pointed({ top: unit })), false, unit);
  }
  for (const seq of ['0', '10', most]) assert.equal(isRead(pointed({ seq })), true, seq);
  for (const seq of ['', '01', 'x1', '1x', `1${most}0`, null])
    assert.equal(isRead(pointed({ seq })), false, `${seq}`);
  for (const hash of ['', 'a'.repeat(63), 'a'.repeat(65), 'g'.repeat(64), 'A'.repeat(64)])
    assert.equal(isRead(pointed({ hash })), false, hash);
});

test('an empty name has no place either', () => {
  for (const member of ['chain', 'key', 'duty', 'service', 'node'] as const)
    assert.equal(isRead(reportWith({ [member]: '' })), false, member);
});

test('a record of another version, or at another place is refused', () => {
  const refused = (text: string, why: RegExp, place = PLACE) =>
    assert.throws(
      () => decodeReport(place, text),
      (error) => error instanceof RecordError && error.message.includes(place) && why.test(error.message),
    );
  refused('{', /it is not JSON/);
  refused('{"v":3}', /it has version 3, this release reads version 2/);
  refused('null', /it has version undefined/);
  refused(encodeReport(reportWith()), /it belongs to another place/, placeOf(wordOf(6)));
  refused(encodeReport(reportWith()), /it belongs to another place/, placeOf(WORD, 'service-2'));
});

test('a point is written as text and read back, with the highest unit of the whole report', () => {
  assert.deepEqual(pointOf(reportWith()), pointAt(5));
  assert.deepEqual(pointOf(reportWith({ top: '7' })).top, [7n]);
  assert.deepEqual(pointOf(pointed({ unit: '1/2' })).unit, [1n, 2n]);
  const blank = pointOf({ ...pointed({ unit: null }), top: null });
  assert.deepEqual(blank, { ...pointAt(5), unit: null, top: null });
});

test('a report with the words of another one has the higher top, by its numbers, and holds every key', () => {
  const report = reportWith({ top: '1/9', others: ['x'], freed: FREED, released: RELEASED });
  assert.equal(joined(report, { top: '1/9', others: ['x'] }), report, 'it has all of them');
  for (const [top, highest] of [
    ['1/10', '1/10'],
    ['1/8', '1/9'],
    ['1/9', '1/9'],
    [null, '1/9'],
  ] as const) {
    const more = { top: highest, others: ['x', 'y'], freed: [], released: null };
    assert.deepEqual(joined(report, { top, others: ['y', 'x'] }), { ...report, ...more });
  }
  assert.equal(joined({ ...report, top: null }, { top: '0/0', others: ['y'] }).top, '0/0');
});

test('people see the word with its highest unit, the freed keys and the release', () => {
  const { point, why, incarnation } = reportWith();
  const report = reportWith({ top: '9', others: ['x'], freed: FREED });
  const view = {
    ...{
      id: reportId(PLACE),
      service: SERVICE,
      node: 'a',
      incarnation,
      chain: CHAIN,
      key: KEY,
      duty: 'babe',
    },
    ...{ point: { ...point, top: '9' }, why, state: 'held', freed: [`${CHAIN} ${OTHER}`], released: null },
  };
  assert.deepEqual(viewOf(PLACE, report), view);
  const { atMs: _atMs, ...released } = RELEASED;
  assert.deepEqual(viewOf(PLACE, { ...report, released: RELEASED }), {
    ...view,
    state: 'released',
    released,
  });
});
