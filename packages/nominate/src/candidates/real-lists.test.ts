import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KUSAMA_LIST, POLKADOT_LIST } from './candidate.ts';
import { lintList } from './list.ts';
import { realList } from './testing/lists.ts';

test('Kusama: 1,126 entries load, and their oddities are found', () => {
  const report = lintList(realList('kusama'), KUSAMA_LIST);
  assert.equal(report.entryCount, 1_126);
  assert.equal(report.candidates.length, 1_126);
  assert.deepEqual(report.counts, {
    'markup-in-name': 1,
    'operator-limit': 4,
    'several-handles': 9,
    'similar-name': 2,
    'slot-gap': 19,
    'stray-blanks': 4,
  });
  assert.equal(report.freeSlotCount, 31);
  assert.equal(report.candidates.filter(({ kyc }) => kyc).length, 351);
  assert.equal(report.candidates.filter(({ skipSelfStake }) => skipSelfStake).length, 3);
  assert.equal(Math.max(...report.candidates.map(({ slotId }) => slotId)), 1_156);
  assert.equal(new Set(report.candidates.flatMap(({ handles }) => handles)).size, 737);
  assert.equal(new Set(report.candidates.map(({ stashKey }) => stashKey)).size, 1_126);
});

test('Polkadot: 310 entries, one misspelt key, two Kusama stashes in another prefix', () => {
  const report = lintList(realList('polkadot'), POLKADOT_LIST);
  assert.equal(report.entryCount, 310);
  assert.deepEqual(report.counts, {
    'kusama-prefix': 2,
    'several-handles': 6,
    'slot-gap': 2,
    'unknown-key': 1,
  });
  const [misspelt] = report.findings.filter(({ severity }) => severity === 'error');
  assert.equal(misspelt?.line, 1_947);
  assert.equal(misspelt?.message, '"kusamsStash" is not a key of a candidate');
  assert.equal(misspelt?.remedy, 'write kusamaStash');
  const remedies = report.findings.filter(({ rule }) => rule === 'kusama-prefix').map(({ remedy }) => remedy);
  assert.deepEqual(remedies, [
    'write HtFk8Bguw7NpX6qnMYwbJWePJ9jDtTMPdQBkH3sJ3TTsMgW',
    'write DhK6qU2U5kDWeJKvPRtmnWRs8ETUGZ9S9QmNmQFuzrNoKm4',
  ]);
});

test('a list of another network is refused entry by entry, each with the address to write', () => {
  const report = lintList(realList('polkadot'), KUSAMA_LIST);
  assert.equal(report.counts['wrong-prefix'], 310);
  assert.equal(report.candidates.length, 0);
});
