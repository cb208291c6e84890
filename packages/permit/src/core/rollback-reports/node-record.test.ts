import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordError } from '@watchbill/duty';
import { decodeRecord, encodeRecord } from '../records.ts';
import { decodeNodeRecord, encodeNodeRecord, mirroredId, mirrorOf } from './node-record.ts';
import { type Report, reportOf } from './report.ts';
import { CHAIN, KEY, OTHER, SERVICE, wordOf } from './testing/steps.ts';

const FIXED = { service: 'old', node: 'a', incarnation: '1', why: 'babe', missing: 'no witness' };
const HELD: Report = {
  ...FIXED,
  word: null,
  state: 'held',
  freed: [{ chain: CHAIN, key: KEY, adoption: 'last-release' }],
  released: null,
};
const RECORD = { ...FIXED, state: 'held', freed: [`${CHAIN} ${KEY}`] } as const;

test('a held record of the last release has no word, and the keys that it freed', () => {
  const text = encodeRecord('doubt', { ...RECORD, freed: [...RECORD.freed] });
  assert.deepEqual(decodeNodeRecord(text), HELD);
  assert.equal(encodeNodeRecord(HELD), text);
  const bare = decodeNodeRecord(encodeRecord('doubt', { ...RECORD, freed: ['x'] }));
  assert.deepEqual(bare.freed, [{ chain: 'x', key: '', adoption: 'last-release' }]);
  assert.throws(() => decodeNodeRecord('{"v":1}'), RecordError);
});

test('a released record of the last release was released by an operator of it', () => {
  const text = encodeRecord('doubt', { ...RECORD, state: 'vouched', freed: [] });
  const released = { how: 'operator', by: 'last-release', reason: 'no witness', atMs: 0 } as const;
  assert.deepEqual(decodeNodeRecord(text), { ...HELD, state: 'released', freed: [], released });
});

test('a release is written with who released it, and without keys', () => {
  const released = { how: 'adopted', by: 'ada', reason: 'r', atMs: 7 } as const;
  const text = encodeNodeRecord({ ...HELD, state: 'released', released });
  const missing = 'released (adopted) by ada';
  assert.deepEqual(decodeRecord('doubt', text), { ...RECORD, missing, state: 'vouched', freed: [] });
});

test('a mirror holds for the node of a report, and names the report', () => {
  const report = { ...reportOf(SERVICE, wordOf(5)), state: 'released' as const };
  const freed = [{ chain: CHAIN, key: OTHER, adoption: 'ada' }];
  const mirror = mirrorOf(report, 'the-id', freed);
  const { service, node, incarnation, why } = report;
  assert.deepEqual(mirror, {
    ...{ service, node, incarnation, why, word: null, missing: 'rollback report the-id' },
    ...{ state: 'held', freed, released: null },
  });
  assert.equal(mirroredId(mirror), 'the-id');
  assert.equal(mirroredId(HELD), null, 'a service of the last release wrote it');
  assert.equal(mirroredId({ ...report, missing: mirror.missing }), null, 'it has its own word');
});
