import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimSeries, SLOT_MS } from './claims.ts';

const NOW_MS = Date.UTC(2026, 0);

const parse = (request: Uint8Array) => {
  const [head = '', body = ''] = Buffer.from(request).toString().split('\r\n\r\n');
  assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}$`, 'i'));
  return JSON.parse(body) as Record<string, unknown>;
};

test('units rise by one, and no claim id is used twice', () => {
  const series = claimSeries({ chain: '0xc', key: '0xk', secret: 's' }, () => NOW_MS);
  const first = parse(series.next());
  const second = parse(series.next());
  assert.equal(Number(second.unit), Number(first.unit) + 1);
  assert.notEqual(second.claimId, first.claimId);
});

test('a unit is never behind the slot that is due now', () => {
  let nowMs = NOW_MS;
  const series = claimSeries({ chain: '0xc', key: '0xk', secret: 's' }, () => nowMs);
  const units = [0, 0, 60_000, 0].map((passedMs) => {
    nowMs += passedMs;
    return Number(parse(series.next()).unit);
  });
  const later = NOW_MS + 60_000;
  assert.deepEqual(
    units,
    [NOW_MS, NOW_MS + 1, later, later + 1].map((ms) => ms / SLOT_MS),
  );
});

test('only a grant of the unit that was asked passes', () => {
  const series = claimSeries({ chain: '0xc', key: '0xk', secret: 's' }, () => NOW_MS);
  const { unit } = parse(series.next());
  const reply = (outcome: string, of: unknown) => Buffer.from(JSON.stringify({ outcome, unit: of }));
  series.check(reply('granted', unit));
  assert.throws(() => series.check(reply('denied', unit)), /not granted/);
  assert.throws(() => series.check(reply('unknown', unit)), /not granted/);
  assert.throws(() => series.check(reply('granted', '7')), /not granted/);
});
