import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advanceHistory, type News } from './advance.ts';
import { reportedFault } from './faults.ts';
import { rankOf } from './rank.ts';
import { KUSAMA_RANK_RULES } from './rank-rules.ts';

const EMPTY = { periods: [], faults: [], lastNominatedEra: null, nominationCount: 0 };

function news(first: number, last: number, change: Partial<News> = {}): News {
  const eras = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return {
    readEras: eras,
    erasWithPoints: eras,
    nominatedEras: [],
    faults: [],
    newNominations: [],
    ...change,
  };
}

test('defect 9: read bit by bit or all at once, the rank is the same', () => {
  const fault = reportedFault('offence', 21, 0, 'x', 'relay');
  const whole = advanceHistory(EMPTY, news(0, 39, { faults: [fault] }), KUSAMA_RANK_RULES);
  let bits = EMPTY as typeof whole;
  // Windows that overlap, as when a service reads the last eras again after each restart.
  for (const first of [0, 6, 12, 18, 24, 28])
    bits = advanceHistory(
      bits,
      news(first, first + 11, { faults: first === 18 ? [fault] : [] }),
      KUSAMA_RANK_RULES,
    );
  assert.deepEqual(bits, whole);
  assert.equal(rankOf(whole, KUSAMA_RANK_RULES).rank, rankOf(bits, KUSAMA_RANK_RULES).rank);
});

test('nominations are counted and the last is kept', () => {
  const once = advanceHistory(EMPTY, news(0, 3, { newNominations: [2] }), KUSAMA_RANK_RULES);
  const twice = advanceHistory(once, news(4, 7, { newNominations: [6] }), KUSAMA_RANK_RULES);
  assert.deepEqual([once.lastNominatedEra, twice.lastNominatedEra, twice.nominationCount], [2, 6, 2]);
  assert.equal(advanceHistory(EMPTY, news(0, 3), KUSAMA_RANK_RULES).lastNominatedEra, null);
});
