import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RFC12_WINDOWS } from './rfc12/windows.ts';
import { crossing, handledAtFirst } from './watcher.ts';

/** Which windows a stream opens, and which it passes, starting with nothing handled. */
function watch(
  heights: readonly bigint[],
  first = 0n,
): { readonly opened: bigint[]; readonly passed: bigint[] } {
  let handled = first;
  const opened: bigint[] = [];
  const passed: bigint[] = [];
  for (const height of heights) {
    const { open, passed: range } = crossing(RFC12_WINDOWS, handled, height);
    if (range !== null) for (let i = range.from; i <= range.to; i++) passed.push(i);
    if (open !== null) opened.push(open.index);
    handled = open?.index ?? range?.to ?? handled;
  }
  return { opened, passed };
}

const joining = { schedule: RFC12_WINDOWS, joinsUnremembered: true };

describe('windows by crossing', () => {
  test('at the very first height no window counts for one that must not join unremembered', () => {
    const careful = { schedule: RFC12_WINDOWS, joinsUnremembered: false };
    assert.equal(handledAtFirst(careful, 4_500n), 5n);
    assert.equal(handledAtFirst(careful, 5n), 0n);
  });

  test('at the very first height only an open window counts', () => {
    assert.equal(handledAtFirst(joining, 5n), 0n);
    assert.equal(handledAtFirst(joining, 4_500n), 4n);
    assert.equal(handledAtFirst(joining, 4_579n), 4n);
    assert.equal(handledAtFirst(joining, 4_580n), 5n);
  });

  test('any stream: each window once, opened exactly if its active phase was seen in time', () => {
    const height = fc.bigInt({ min: 1n, max: 9_000n });
    fc.assert(
      fc.property(fc.array(height, { minLength: 1, maxLength: 60 }), (heights) => {
        const { opened, passed } = watch(heights);
        const all = [...opened, ...passed];
        assert.equal(new Set(all).size, all.length);
        const begun = (heights.toSorted((a, b) => Number(b - a))[0] ?? 0n) / 900n;
        assert.deepEqual(
          all.toSorted((a, b) => Number(a - b)),
          Array.from({ length: Number(begun) }, (_, i) => BigInt(i + 1)),
        );
        let top = 0n;
        const inTime = new Set<bigint>();
        for (const seen of heights) {
          // A height below the top of the stream cannot open what lies behind that top.
          if (seen > top && seen >= 900n && seen % 900n < 80n) inTime.add(seen / 900n);
          top = seen > top ? seen : top;
        }
        assert.deepEqual(new Set(opened), inTime);
      }),
    );
  });
});
