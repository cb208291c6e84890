import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abortRotation } from './abort.ts';
import { isOver, STAGES } from './record.ts';
import { BEGUN, SIGNED, SUBMITTED } from './testing/rotation.ts';

test('free before keys are given out, refused while the outcome is unknown, with both nodes running afterwards', () => {
  assert.equal(abortRotation(BEGUN).kind, 'free');
  const shown = { ...BEGUN, submission: { ...SIGNED, extrinsic: null, hash: null } };
  assert.throws(() => abortRotation(shown), { code: 'too-early' });
  assert.throws(() => abortRotation(SUBMITTED), { code: 'too-early' });
  for (const stage of ['included', 'onTheWay'] as const)
    assert.throws(() => abortRotation({ ...SUBMITTED, stage }), { code: 'too-early' }, stage);
  const late = { ...SUBMITTED, stage: 'onTheWay' as const, isLate: true };
  for (const rotation of [
    late,
    { ...SUBMITTED, stage: 'queued' as const },
    { ...BEGUN, stage: 'active' as const },
  ]) {
    const { kind, rotation: ended } = abortRotation(rotation);
    assert.deepEqual([kind, ended.stage], ['registered', 'aborted']);
  }
  for (const stage of STAGES.filter((one) => isOver({ ...BEGUN, stage: one })))
    assert.throws(() => abortRotation({ ...BEGUN, stage }), { code: 'too-early' }, stage);
});
