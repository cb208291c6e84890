import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { belowFloor, findRecent, type RecentUnit, withUnit } from './index.ts';
import { adopted, dutyNamed, sampleClaim, take } from './testing/samples.ts';

function record(place: number): RecentUnit {
  const owner = { node: 'ann', incarnation: 'ann-1' };
  return { unit: [BigInt(place)], owner, term: null, parts: [], enters: [] };
}

const places = fc.uniqueArray(fc.integer({ min: 11, max: 60 }), { maxLength: 12 });

describe('putting a unit into recent', () => {
  test('keeps the W highest, ascending, and the floor becomes the highest that left', () => {
    const window = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(
        places,
        fc.integer({ min: 11, max: 60 }),
        window,
        fc.boolean(),
        (before, place, W, floored) => {
          const floor = floored ? [10n] : null;
          const recent = before.toSorted((a, b) => a - b).map(record);
          const all = [...new Set([...before, place])].toSorted((a, b) => a - b);
          const left = all.slice(0, Math.max(0, all.length - W));
          const after = withUnit(floor, recent, record(place), W);
          assert.deepEqual(
            after.recent.map((entry) => Number(entry.unit[0])),
            all.slice(left.length),
          );
          const highestLeft = left.at(-1);
          assert.deepEqual(after.floor, highestLeft === undefined ? floor : [BigInt(highestLeft)]);
        },
      ),
    );
  });

  test('a floor never sinks, even below units that should not be there', () => {
    const after = withUnit([50n], [record(11)], record(60), 1);
    assert.deepEqual(after, { floor: [50n], recent: [record(60)] });
  });

  test('replaces the record of the same unit', () => {
    const changed = { ...record(12), term: 7n };
    assert.deepEqual(withUnit(null, [record(11), record(12), record(13)], changed, 3).recent, [
      record(11),
      changed,
      record(13),
    ]);
  });
});

test('a unit at the floor is below it, one above is not, and without a floor none is', () => {
  assert.deepEqual(
    [belowFloor([5n], [4n]), belowFloor([5n], [5n]), belowFloor([5n], [6n]), belowFloor(null, [0n])],
    [true, true, false, false],
  );
});

test('a unit is found by its value', () => {
  const grandpa = dutyNamed('grandpa');
  const mark = take(take(adopted(grandpa), sampleClaim(grandpa, [1n, 2n])), sampleClaim(grandpa, [1n, 3n]));
  assert.deepEqual(findRecent(mark, [1n, 2n])?.unit, [1n, 2n]);
  assert.equal(findRecent(mark, [2n, 2n]), undefined);
});
