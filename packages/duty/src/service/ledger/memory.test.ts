import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LedgerPoint } from '../../rule/index.ts';
import { grantMemory } from './memory.ts';
import { advance, type EntryFields, linesOf } from './points.ts';
import { fieldsAt } from './testing/entries.ts';
import { newestEntries } from './testing/newest-entries.ts';

const MARK = 'chain/key/grandpa';

/** Marks on a disk, with a memory in front of it that a test may replace, as a restart does. */
function setUp(total?: number) {
  const disk = new Map<string, EntryFields[]>();
  const points = new Map<string, LedgerPoint>();
  const loads: string[] = [];
  const open = () =>
    grantMemory((mark, epoch, upTo) => {
      loads.push(mark);
      return newestEntries(disk.get(mark) ?? [], epoch, upTo);
    }, total);
  let memory = open();
  return {
    disk,
    loads,
    size: () => memory.size(),
    restart: () => {
      memory = open();
    },
    append(entry: EntryFields, mark = MARK) {
      const kept = disk.get(mark) ?? [];
      const before = points.get(mark) ?? null;
      const epochKnown = kept.some(({ epoch }) => epoch === entry.epoch);
      const after = advance(before, entry, epochKnown);
      disk.set(mark, [...kept, entry]);
      points.set(mark, after);
      memory.take(mark, entry, before, after.epoch);
    },
    grantsOf(unit: readonly bigint[], mark = MARK) {
      const head = points.get(mark);
      return head === undefined ? [] : memory.grantsOf(mark, head, unit);
    },
    /** The result of a walk through the whole disk. */
    plain(unit: readonly bigint[], mark = MARK) {
      const head = points.get(mark);
      if (head === undefined) return [];
      const newest = newestEntries(disk.get(mark) ?? [], head.epoch, head.seq);
      return linesOf(newest.filter((entry) => entry.unit?.join() === unit.join()));
    },
  };
}

test('units granted since the start are answered without the disk, older ones after one read', () => {
  const world = setUp();
  world.append(fieldsAt({ seq: 1n, unit: [5n, 1n], parts: ['prevote'], digest: 'aa' }));
  world.restart();
  world.append(fieldsAt({ seq: 2n, unit: [5n, 2n], parts: ['enter'], digest: null }));
  world.append(fieldsAt({ seq: 3n, unit: [5n, 2n], parts: ['prevote'], digest: 'bb' }));
  const granted = (unit: readonly bigint[]) =>
    world.grantsOf(unit).map(({ part, digest }) => `${part} ${digest}`);
  assert.deepEqual(granted([5n, 2n]), ['enter null', 'prevote bb']);
  assert.deepEqual(granted([5n, 3n]), []);
  assert.deepEqual(world.loads, []);
  assert.deepEqual(granted([5n, 1n]), ['prevote aa']);
  assert.deepEqual(world.grantsOf([5n, 0n]), []);
  assert.deepEqual(world.loads, [MARK]);
});

test('a new epoch voids the memory of the old one, and its late entries stay out', () => {
  const world = setUp();
  world.append(fieldsAt({ seq: 9n, unit: [9n] }));
  world.append(fieldsAt({ seq: 5n, unit: [7n], epoch: 'second' }));
  world.append(fieldsAt({ seq: 10n, unit: [6n] }));
  assert.deepEqual([world.grantsOf([9n]), world.grantsOf([6n])], [[], []]);
  assert.equal(world.grantsOf([7n]).length, 1);
  assert.deepEqual(world.loads, []);
});

test('a mark keeps its newest 512 entries by seq, in whatever order they come', () => {
  const world = setUp();
  for (let seq = 600n; seq >= 1n; seq--) world.append(fieldsAt({ seq, unit: [seq] }));
  assert.equal(world.size(), 512);
  assert.equal(world.grantsOf([89n]).length, 1);
  assert.equal(world.grantsOf([88n]).length, 0);
});

test('all marks together keep a bound: the one used longest ago is read again', () => {
  const world = setUp(10);
  for (const mark of ['a', 'b', 'c'])
    for (let seq = 1n; seq <= 4n; seq++) world.append(fieldsAt({ seq, unit: [seq] }), mark);
  assert.equal(world.size(), 8);
  assert.equal(world.grantsOf([2n], 'b').length, 1);
  assert.deepEqual(world.loads, []);
  assert.equal(world.grantsOf([2n], 'a').length, 1);
  assert.deepEqual([world.loads, world.size()], [['a'], 8]);
  assert.equal(world.grantsOf([2n], 'b').length, 1, 'b was used after c');
  assert.deepEqual(world.loads, ['a']);
});

test('any order of appends, questions and restarts answers what the disk holds', () => {
  const entry = fc.record({
    seq: fc.bigInt(1n, 12n),
    unit: fc.bigInt(1n, 6n).map((field) => [5n, field]),
    parts: fc.constantFrom<EntryFields['parts'][]>(['enter'], ['prevote'], ['enter', 'precommit']),
    digest: fc.constantFrom('aa', 'bb'),
    epoch: fc.constantFrom('first', 'first', 'first', 'second'),
    mark: fc.constantFrom('a', 'b', 'c'),
  });
  const restart = fc.constant('restart' as const);
  const step = fc.oneof({ weight: 6, arbitrary: entry }, { weight: 1, arbitrary: restart });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 3, max: 30 }), (steps, total) => {
      const world = setUp(total);
      for (const next of steps) {
        if (next === 'restart') world.restart();
        else {
          const { mark, ...over } = next;
          world.append(fieldsAt(over), mark);
        }
        for (const mark of ['a', 'b', 'c'])
          for (const field of [1n, 3n, 6n])
            assert.deepEqual(world.grantsOf([5n, field], mark), world.plain([5n, field], mark));
      }
    }),
  );
});
