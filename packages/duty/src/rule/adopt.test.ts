import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { adoptMark, belowFloor, compareUnits, DUTIES, entryHash, findRecent, type Mark } from './index.ts';
import { anyClaim, anyMark, unitNumber } from './testing/grown-marks.ts';
import {
  adopted,
  ask,
  dutyNamed,
  sampleAttempt,
  sampleClaim,
  samplePolicy,
  stored,
  take,
} from './testing/samples.ts';

const grandpa = dutyNamed('grandpa');
const beefy = dutyNamed('beefy');

describe('adoption', () => {
  test('of a key that never signed has no floor; of any other, the floor that was given', () => {
    assert.equal(adopted(grandpa).floor, null);
    assert.deepEqual(adopted(grandpa, [3n, 7n]).floor, [3n, 7n]);
    assert.equal(adopted(grandpa).epoch, 'epoch-1');
  });

  test('only ever raises a floor, and forgets nothing above it', () => {
    for (const duty of DUTIES) {
      const floors = fc.option(fc.integer({ min: 0, max: 40 }));
      fc.assert(
        fc.property(anyMark(duty), floors, ({ mark, policy }, place) => {
          const floor = place === null ? null : unitNumber(duty, place);
          const after = adoptMark(policy, duty, mark, floor, sampleAttempt(), 'again');
          assert.ok(mark.floor !== null && after.floor !== null);
          assert.ok(compareUnits(after.floor, mark.floor) >= 0);
          assert.ok(floor === null || compareUnits(after.floor, floor) >= 0);
          assert.ok(
            [mark.floor, floor].some((one) => one !== null && compareUnits(one, after.floor ?? []) === 0),
          );
          for (const entry of mark.recent)
            assert.deepEqual(
              findRecent(after, entry.unit),
              belowFloor(after.floor, entry.unit) ? undefined : entry,
            );
          assert.deepEqual(stored(after, duty), after);
        }),
        { numRuns: 40 },
      );
    }
  });

  test('frees nothing: what was denied before is denied or, with the same digest, repeated after', () => {
    for (const duty of DUTIES) {
      fc.assert(
        fc.property(
          anyMark(duty),
          anyClaim(duty),
          fc.integer({ min: 0, max: 40 }),
          ({ mark, policy }, claim, place) => {
            const after = adoptMark(policy, duty, mark, unitNumber(duty, place), sampleAttempt(), 'again');
            const [before, now] = [ask(mark, claim, { policy }), ask(after, claim, { policy })];
            if (now.outcome === 'grant') assert.equal(now.reason, before.reason);
          },
        ),
        { numRuns: 60 },
      );
    }
  });

  test('is a separate ledger entry: next seq, chained to the last one, with the floor, the window and the note', () => {
    const before: Mark = take(adopted(grandpa), sampleClaim(grandpa, [3n, 4n]));
    const policy = samplePolicy({ versionId: 'v-3' }, { window: 9 });
    const attempt = sampleAttempt({ epoch: 'epoch-2', nonce: 'n-2' });
    const after = adoptMark(policy, grandpa, before, [3n, 3n], attempt, 'after the fire');
    assert.deepEqual(after.last, {
      ...{ kind: 'adopt', ledger: 'ledger-1', epoch: 'epoch-2', chain: '0xc1', key: '0xk1', duty: 'grandpa' },
      ...{ seq: 3n, prev: before.lastHash, unit: [3n, 3n], parts: [], digest: null, owner: null, term: null },
      ...{
        nonce: 'n-2',
        service: 's1',
        policyVersion: 'v-3',
        window: 9,
        atMs: 1_000,
        note: 'after the fire',
      },
    });
    assert.deepEqual([after.seq, after.lastHash, after.epoch], [3n, entryHash(after.last), 'epoch-2']);
  });

  test('of a duty that the policy does not name records the window of the table', () => {
    const policy = samplePolicy({ duties: {} });
    assert.equal(adoptMark(policy, grandpa, null, null, sampleAttempt(), '').last.window, 64);
  });

  test('refuses a floor that is not a unit of the duty, which would make the mark unreadable', () => {
    for (const floor of [[1n], [1n, 2n, 3n], [1n, 1n << 32n], [-1n, 2n]]) {
      assert.throws(() => adoptMark(samplePolicy(), beefy, null, floor, sampleAttempt(), ''), {
        name: 'RangeError',
        message: /^floor of beefy: /,
      });
    }
  });
});
