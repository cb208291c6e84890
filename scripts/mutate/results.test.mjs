import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeResults, resultOf } from './results.mjs';

const mutant = (status) => ({ line: 7, status, mutator: 'M', from: 'a < b', to: 'a <= b', killedBy: 't' });
const SURVIVOR = { line: 7, mutator: 'M', from: 'a < b', to: 'a <= b' };

test('a result has the counts of all mutants, and the survivors alone', () => {
  const mutants = ['Killed', 'Survived', 'NoCoverage', 'Timeout', 'CompileError'].map(mutant);
  assert.deepEqual(resultOf('a.ts', mutants), {
    file: 'a.ts',
    all: 4,
    killed: 1,
    survived: 2,
    timeouts: 1,
    survivors: [SURVIVOR, SURVIVOR],
  });
  assert.equal(resultOf('types.ts', []).all, 0);
});

test('a new result replaces that of its file, others stay, and those of a removed file go', () => {
  const kept = [resultOf('a.ts', []), resultOf('b.ts', []), resultOf('removed.ts', [])];
  const fresh = [resultOf('b.ts', [mutant('Killed')])];
  const merged = mergeResults(kept, fresh, ['a.ts', 'b.ts', 'not-run.ts']);
  assert.deepEqual(
    merged.map(({ file, all }) => [file, all]),
    [
      ['a.ts', 0],
      ['b.ts', 1],
    ],
  );
});
