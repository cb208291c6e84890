import assert from 'node:assert/strict';
import test from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { KEY, policyOf } from '../testing/facts.ts';
import { httpSource } from './http-source.ts';

const UNIT = { key: KEY, duty: 'babe', unit: { slot: '1' }, at: 1, outcome: 'signed', say: 'said' };

test('units are asked for each duty, and at most every ten seconds', async () => {
  const clock = createVirtualClock();
  const asked: unknown[] = [];
  const source = httpSource(async (path, query) => {
    asked.push([path, query?.duty, query?.limit]);
    return { units: query?.duty === 'babe' ? [UNIT] : [] };
  }, clock);
  assert.deepEqual(await source.readUnits(policyOf(), 64), [UNIT]);
  assert.deepEqual(asked, [
    ['/v1/units', 'babe', '64'],
    ['/v1/units', 'grandpa', '64'],
  ]);
  await clock.advance(9_999);
  assert.deepEqual(await source.readUnits(policyOf(), 64), [UNIT]);
  assert.equal(asked.length, 2);
  await clock.advance(1);
  await source.readUnits(policyOf(), 64);
  assert.equal(asked.length, 4);
});
