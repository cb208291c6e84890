import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CeilingPolicy, DUTIES, windowProblem } from './index.ts';
import { dutyNamed, samplePolicy } from './testing/samples.ts';

const ceilings: CeilingPolicy = { ...samplePolicy().ceilings, roundStep: 16 };

describe('W must hold what the ceiling admits and what is still open', () => {
  const grandpa = dutyNamed('grandpa');

  test('64 is enough for the step of the samples and not for a step that is too wide', () => {
    assert.equal(windowProblem(grandpa, 64, ceilings, 8), null);
    assert.match(windowProblem(grandpa, 64, { ...ceilings, roundStep: 28 }, 8) ?? '', /28 needs at least 66/);
  });

  test('exactly: two steps, round 0 of the next set, the open ones and the one itself', () => {
    assert.equal(windowProblem(grandpa, 1 + 8 + 33, ceilings, 8), null);
    assert.match(windowProblem(grandpa, 8 + 33, ceilings, 8) ?? '', /at least 42/);
  });

  test('a duty with one part per unit needs no more than one', () => {
    for (const duty of DUTIES.filter(({ name }) => name !== 'grandpa'))
      assert.equal(windowProblem(duty, 1, ceilings, 8), null, duty.name);
  });

  test('no window at all is refused for every duty', () => {
    for (const duty of DUTIES)
      for (const window of [0, -1, 1.5, Number.NaN])
        assert.match(
          windowProblem(duty, window, ceilings, 0) ?? '',
          /whole number/,
          `${duty.name} ${window}`,
        );
  });
});
