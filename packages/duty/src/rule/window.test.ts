import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CeilingPolicy, DUTIES, leastWindow, windowProblem } from './index.ts';
import { dutyNamed, samplePolicy } from './testing/samples.ts';

const ceilings: CeilingPolicy = { ...samplePolicy().ceilings, roundStep: 16 };

describe('W must hold the units that the ceiling admits and those that are still open', () => {
  const grandpa = dutyNamed('grandpa');

  test('64 is enough for the largest step, and not for many rounds back: those may still be entered', () => {
    assert.equal(windowProblem(grandpa, 64, { ...ceilings, roundStep: 256 }), null);
    assert.equal(windowProblem(grandpa, 64, { ...ceilings, roundsBack: 30 }), null);
    assert.match(windowProblem(grandpa, 64, { ...ceilings, roundsBack: 31 }) ?? '', /at least 65/);
  });

  test('a duty with one part per unit needs no more than one', () => {
    for (const duty of DUTIES.filter(({ name }) => name !== 'grandpa')) {
      assert.equal(leastWindow(duty, ceilings), 1, duty.name);
      assert.equal(windowProblem(duty, 1, ceilings), null, duty.name);
    }
  });

  test('no window at all is refused for every duty', () => {
    for (const duty of DUTIES)
      for (const window of [0, -1, 1.5, Number.NaN])
        assert.match(windowProblem(duty, window, ceilings) ?? '', /whole number/, `${duty.name} ${window}`);
  });
});
