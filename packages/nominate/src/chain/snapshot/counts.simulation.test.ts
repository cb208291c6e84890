import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeChains, NOW_MS } from '../testing/fake-chains.ts';
import { readChains } from './read-chains.ts';

test('defect 26: 1,200 candidates and 22,000 nominators in at most 30 batched calls per role, no call for one of them', async (context) => {
  const chains = fakeChains({ candidates: 1_200, nominators: 22_000, eras: 84 });
  const { candidates, nominators } = chains;
  const { roles, staking } = await readChains(
    chains.roles,
    { candidates, nominators: nominators.slice(0, 2), mostNominators: 50_000 },
    { nowMs: NOW_MS },
  );
  for (const [role, { counts, failure }] of Object.entries(roles)) {
    assert.equal(failure, null);
    assert.ok((counts?.batched ?? 99) <= 30, `${role}: ${counts?.batched}`);
    context.diagnostic(
      `${role}: ${counts?.batched} batched calls for ${counts?.keys} keys, ${counts?.keyPages} pages of keys, ${counts?.all} calls in all`,
    );
  }
  const { election } = staking;
  assert.equal(election.known && election.value?.voters.length, 23_200);
  const eras = staking.candidates.get(candidates[1_199] ?? '')?.erasWithPoints;
  assert.equal(eras?.known && eras.value.length, 84);
  // One page of keys per thousand accounts; no other count grows with the number of accounts.
  assert.ok((roles.staking.counts?.keyPages ?? 99) <= 22 + 2 + 2 + 2);
  assert.ok((roles.staking.counts?.all ?? 999) <= 60);
});
