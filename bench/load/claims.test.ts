import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimSeries } from './claims.ts';

const parse = (request: Uint8Array) => {
  const [head = '', body = ''] = Buffer.from(request).toString().split('\r\n\r\n');
  assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}$`, 'i'));
  return JSON.parse(body) as Record<string, unknown>;
};

test('units rise by one, and no claim id is used twice', () => {
  const series = claimSeries({ chain: '0xc', key: '0xk', secret: 's' });
  const first = parse(series.next());
  const second = parse(series.next());
  assert.equal(Number(second.unit), Number(first.unit) + 1);
  assert.notEqual(second.claimId, first.claimId);
});

test('only a grant of the unit that was asked passes', () => {
  const series = claimSeries({ chain: '0xc', key: '0xk', secret: 's' });
  const { unit } = parse(series.next());
  const reply = (outcome: string, of: unknown) => Buffer.from(JSON.stringify({ outcome, unit: of }));
  series.check(reply('granted', unit));
  assert.throws(() => series.check(reply('denied', unit)), /not granted/);
  assert.throws(() => series.check(reply('unknown', unit)), /not granted/);
  assert.throws(() => series.check(reply('granted', '7')), /not granted/);
});
