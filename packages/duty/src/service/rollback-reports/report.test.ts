import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordError } from '../../rule/index.ts';
import {
  decodeReport,
  encodeReport,
  pointOfWord,
  type Report,
  reportId,
  reportKey,
  reportOf,
  viewOf,
  wordId,
} from './report.ts';
import { CHAIN, EPOCH, KEY, OTHER, placeOf, pointAt, SERVICE, wordOf } from './testing/steps.ts';

const WORD = wordOf(5);
const PLACE = placeOf(WORD);
const HASH = '5'.padStart(64, '0');
const RELEASED = { how: 'operator', by: 'ada', reason: 'a copy', atMs: 1 } as const;
const FREED = [{ chain: CHAIN, key: OTHER, adoption: 'x' }];

function reportWith(change: Partial<Report> = {}): Report & { readonly word: NonNullable<Report['word']> } {
  const report = { ...reportOf(SERVICE, WORD), ...change };
  assert.ok(report.word !== null);
  return { ...report, word: report.word };
}

test('a report begins held, with the word and the reason that the claimant sent', () => {
  const { why } = WORD;
  const point = { epoch: EPOCH, seq: '5', hash: HASH, unit: '5', part: 'seal', nonce: 'nonce-5', top: '5' };
  assert.deepEqual(reportOf(SERVICE, WORD), {
    ...{ service: SERVICE, node: 'a', incarnation: '11'.repeat(16), why },
    word: { chain: CHAIN, key: KEY, duty: 'babe', point, top: '5', others: [] },
    ...{ state: 'held', freed: [], released: null },
  });
  const cut = reportOf(SERVICE, wordOf(5, { why: 'x'.repeat(501) }));
  assert.equal(cut.why, 'x'.repeat(500), 'a record stays small');
});

/** A point of every part, and of units with several fields, at its own place. */
function pointed(change: object): Report {
  const { word } = reportWith();
  return reportWith({ word: { ...word, point: { ...word.point, ...change } } });
}

function isRead(report: Report): boolean {
  const { word } = report;
  assert.ok(word !== null);
  const place = reportKey(report.service, wordId(report.service, word));
  try {
    decodeReport(place, encodeReport(report));
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
    assert.equal(isRead(reportWith({ word: { ...reportWith().word, top: unit } })), true, `${unit}`);
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
  for (const member of ['chain', 'key', 'duty'] as const)
    assert.equal(isRead(reportWith({ word: { ...reportWith().word, [member]: '' } })), false, member);
  for (const member of ['service', 'node'] as const)
    assert.equal(isRead(reportWith({ [member]: '' })), false, member);
});

test('a record of another version, with a state that contradicts it, or at another place is refused', () => {
  const refused = (text: string, why: RegExp, place = PLACE) =>
    assert.throws(
      () => decodeReport(place, text),
      (error) => error instanceof RecordError && error.message.includes(place) && why.test(error.message),
    );
  refused('{', /it is not JSON/);
  refused('{"v":3}', /it has version 3, this release reads version 2/);
  refused('null', /it has version undefined/);
  const contradiction = /state and released contradict each other/;
  refused(encodeReport(reportWith({ state: 'released' })), contradiction);
  refused(encodeReport(reportWith({ released: RELEASED })), contradiction);
  refused(encodeReport(reportWith()), /it belongs to another place/, placeOf(wordOf(6)));
  refused(encodeReport(reportWith()), /it belongs to another place/, placeOf(WORD, 'service-2'));
});

test('a point is written as text and read back, with the highest unit of the whole report', () => {
  const { word } = reportWith();
  assert.deepEqual(pointOfWord(word), pointAt(5));
  assert.deepEqual(pointOfWord({ ...word, top: '7' }).top, [7n]);
  assert.deepEqual(pointOfWord({ ...word, point: { ...word.point, unit: '1/2' } }).unit, [1n, 2n]);
  const blank = pointOfWord({ ...word, point: { ...word.point, unit: null }, top: null });
  assert.deepEqual(blank, { ...pointAt(5), unit: null, top: null });
});

test('people see the word with its highest unit, the freed keys and the release', () => {
  const { word, why, incarnation } = reportWith();
  const report = reportWith({ word: { ...word, top: '9' }, freed: FREED });
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
    ...{
      point: { ...word.point, top: '9' },
      why,
      state: 'held',
      freed: [`${CHAIN} ${OTHER}`],
      released: null,
    },
  };
  assert.deepEqual(viewOf(PLACE, report), view);
  const { atMs: _atMs, ...released } = RELEASED;
  assert.deepEqual(viewOf(PLACE, { ...report, state: 'released', released: RELEASED }), {
    ...view,
    state: 'released',
    released,
  });
});
