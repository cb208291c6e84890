import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KUSAMA_LIST } from '../candidates/candidate.ts';
import { loadList } from '../candidates/list.ts';
import { realList } from '../candidates/testing/lists.ts';
import { blankRecord } from '../snapshot/blank.ts';
import { snapshotOf } from '../testing/index.ts';
import { KUSAMA_2026 } from './chain-rules.ts';
import { CHECKS } from './registry.ts';
import { judgeAll, prepareChecks } from './verdict.ts';

test('defect 25: with the real Kusama list and no facts, no candidate is invalid and none is eligible', () => {
  const loaded = loadList(realList('kusama'), KUSAMA_LIST);
  const prepared = prepareChecks(KUSAMA_2026, CHECKS);
  assert.ok(loaded.ok && prepared.ok);
  const verdicts = judgeAll(prepared.prepared, snapshotOf(loaded.candidates.map((one) => blankRecord(one))));
  assert.equal(verdicts.length, 1_126);
  assert.ok(verdicts.every(({ verdict, eligible }) => verdict === 'undecided' && !eligible));
});
