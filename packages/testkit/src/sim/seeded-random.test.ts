import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from './seeded-random.ts';

test('a seed repeats, and another seed or fork does not', () => {
  const draw = (seed: number | string) => Buffer.from(createSeededRandom(seed).bytes(16)).toString('hex');
  assert.equal(draw(7), draw(7));
  assert.equal(new Set([1, 2, 3, 'a', 'b', '1/x'].map(draw)).size, 6);
  const parent = createSeededRandom(7);
  const child = parent.fork('x');
  parent.bytes(100);
  assert.deepEqual(parent.fork('x').bytes(16), child.bytes(16), 'draws of the parent do not move a fork');
  assert.notDeepEqual(parent.fork('y').bytes(16), parent.fork('x').bytes(16));
});

test('numbers fall where they should and spread evenly', () => {
  const random = createSeededRandom(1);
  const counts = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 20_000; draw++) {
    const value = random.int(0, 9);
    assert.ok(Number.isInteger(value) && value >= 0 && value <= 9);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 2_000) < 250, `counts are ${counts}`);
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
  assert.ok(Math.abs(hits - 3_000) < 250, `${hits} of 10,000 at 0.3`);
  assert.equal(random.int(5, 5), 5);
  assert.equal(random.chance(0), false);
  assert.equal(random.chance(1), true);
  assert.throws(() => random.pick([]), RangeError);
});
