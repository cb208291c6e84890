import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, quantityOf } from '../../../file/graph/index.ts';
import { decideGrowth, type VolumeUse } from './decide.ts';

const GIB = 2 ** 30;

function use(change: Partial<VolumeUse> = {}): VolumeUse {
  const size = 100 * GIB;
  return {
    claim: 'data-a-0',
    requestBytes: size,
    sizeBytes: size,
    capacityBytes: size,
    usedBytes: 0.9 * size,
    ...change,
  };
}

const GROW = { atUsedPercent: 80, byPercent: 25, maxGiB: 500 } as const;

test('a volume grows at its used share, by a share or by so much, up to its limit', () => {
  assert.deepEqual(decideGrowth(use(), GROW).toBytes, 125 * GIB);
  assert.equal(decideGrowth(use(), { atUsedPercent: 80, byGiB: 7, maxGiB: 500 }).toBytes, 107 * GIB);
  assert.equal(decideGrowth(use(), { ...GROW, maxGiB: 110 }).toBytes, 110 * GIB);
  assert.equal(decideGrowth(use(), { ...GROW, maxGiB: 100 }).kind, 'at-limit');
  assert.equal(decideGrowth(use(), { ...GROW, maxGiB: 50 }).toBytes, 100 * GIB);
  assert.equal(decideGrowth(use({ usedBytes: 79 * GIB }), GROW).kind, 'enough');
  assert.equal(decideGrowth(use({ usedBytes: 80 * GIB }), GROW).kind, 'grow');
});

test('what is not known grows nothing', () => {
  for (const change of [
    { usedBytes: null },
    { capacityBytes: null },
    { sizeBytes: null },
    { capacityBytes: 0 },
    { usedBytes: Number.NaN },
    { usedBytes: 101 * GIB },
    { usedBytes: -1 },
  ])
    assert.equal(decideGrowth(use(change), GROW).kind, 'unknown', JSON.stringify(change));
});

test('one that was asked to grow and has not yet is not asked again', () => {
  assert.equal(decideGrowth(use({ requestBytes: 125 * GIB }), GROW).kind, 'growing');
});

test('no volume ever shrinks, nor grows past its limit', () => {
  const bytes = fc.option(fc.double({ min: -1, max: 1e15 }));
  fc.assert(
    fc.property(
      fc.nat(1e15),
      bytes,
      bytes,
      bytes,
      fc.record({
        atUsedPercent: fc.integer({ min: 50, max: 95 }),
        byPercent: fc.integer({ min: 5, max: 200 }),
        maxGiB: fc.integer({ min: 1, max: 65536 }),
      }),
      (requestBytes, sizeBytes, capacityBytes, usedBytes, grow) => {
        const { toBytes, kind } = decideGrowth(
          { claim: 'a', requestBytes, sizeBytes, capacityBytes, usedBytes },
          grow,
        );
        assert.ok(toBytes >= requestBytes);
        assert.equal(kind === 'grow', toBytes > requestBytes);
        if (kind === 'grow') assert.ok(toBytes <= grow.maxGiB * GIB);
      },
    ),
  );
});

test('quantities are read as servers write them', () => {
  assert.equal(bytesOf('300Gi'), 300 * GIB);
  assert.equal(bytesOf('1.5Ti'), 1.5 * 2 ** 40);
  assert.equal(bytesOf('1000'), 1000);
  assert.equal(bytesOf('2G'), 2e9);
  assert.equal(bytesOf('many'), null);
  assert.equal(quantityOf(300 * GIB), '300Gi');
  assert.equal(quantityOf(5), '5');
});
