import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adoptMark, explains, pointOf } from './index.ts';
import { adopted, dutyNamed, sampleAttempt, sampleClaim, samplePolicy, take } from './testing/samples.ts';

/** A recovery ends the epoch of a ledger: protocol section 2. Here `epoch-1` was ended, `epoch-2` is next. */
const babe = dutyNamed('babe');
const VOIDED: ReadonlySet<string> = new Set(['epoch-1']);
const before = take(adopted(babe), sampleClaim(babe, [7n]));
const point = pointOf(before);
const recovered = (floor: bigint) =>
  adoptMark(samplePolicy(), babe, null, [floor], sampleAttempt({ epoch: 'epoch-2' }), 'a recovery');

describe('a point of an epoch that was ended', () => {
  test('is explained by a floor of the present epoch at or above its top, and by nothing less', () => {
    const by = (floor: bigint) => explains(recovered(floor), 'epoch-2', point, VOIDED);
    assert.deepEqual([by(6n), by(7n), by(8n)], ['none', 'floor', 'floor']);
    const same = { ...recovered(6n), lastHash: point.hash, adoption: point.hash, recent: before.recent };
    assert.equal(explains(same, 'epoch-2', point, VOIDED), 'none', 'the same entry in another epoch');
  });

  test('is explained by a mark of the same epoch as ever, until the key is adopted again', () => {
    assert.equal(explains(before, 'epoch-2', point, VOIDED), 'lineage');
    assert.equal(explains(before, 'epoch-2', point), 'none', 'no recovery ended that epoch');
    const other = { ...before, epoch: 'epoch-0' };
    assert.equal(explains(other, 'epoch-2', point, new Set(['epoch-0', 'epoch-1'])), 'none');
  });

  test('of the present epoch a point is judged as ever, whatever epochs were ended', () => {
    const mark = take(recovered(3n), sampleClaim(babe, [7n]), {
      attempt: sampleAttempt({ epoch: 'epoch-2', nonce: 'n-1' }),
    });
    assert.equal(explains(mark, 'epoch-2', pointOf(mark), VOIDED), 'lineage');
    assert.equal(explains(mark, 'epoch-2', pointOf(mark), new Set(['epoch-2'])), 'lineage');
    assert.equal(explains(mark, 'epoch-2', { ...point, epoch: 'epoch-9' }, VOIDED), 'none');
  });
});
