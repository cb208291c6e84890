import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type RecentUnit, withUnit } from './index.ts';

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
});
