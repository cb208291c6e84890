import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costBetween, numberIn, parentIn, withDescendants } from './cost.ts';

const cost = (processorUs: number, writtenBytes: number) => ({ processorUs, writtenBytes });

test('a cost is the difference of each process; one that began in between counts whole', () => {
  const before = new Map([
    [1, cost(10, 100)],
    [2, cost(5, 50)],
    [3, cost(7, 70)],
  ]);
  const after = new Map([
    [1, cost(15, 130)],
    [2, cost(5, 50)],
    [4, cost(2, 20)],
  ]);
  assert.deepEqual(costBetween(before, after), cost(7, 50));
});

test('descendants are found over several generations, others are not', () => {
  const parentOf = new Map([
    [2, 1],
    [10, 2],
    [11, 10],
    [12, 11],
    [13, 10],
    [20, 2],
  ]);
  assert.deepEqual(withDescendants(10, parentOf), [10, 11, 13, 12]);
  assert.deepEqual(withDescendants(20, parentOf), [20]);
});

test('the parent is read behind a name with brackets and spaces', () => {
  assert.equal(parentIn('77 (postgres: a) (b) S 42 77 77 0'), 42);
});

test('a missing line of /proc is an error that names the file', () => {
  const io = 'rchar: 5\nwchar: 12\nwrite_bytes: 4096\n';
  assert.equal(numberIn(io, 'wchar', '/proc/1/io'), 12);
  assert.equal(numberIn('VmRSS:\t  1024 kB\n', 'VmRSS', 'status'), 1_024);
  assert.throws(() => numberIn(io, 'Pss', '/proc/1/io'), /\/proc\/1\/io has no line Pss/);
});
