import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@watchbill/base/testing';
import {
  type ClockLead,
  type ClockStep,
  DEFAULT_PIPE_RULE,
  lookAtClock,
  type OpeningFacts,
  refusalOf,
} from './openings.ts';

const SLOT_MS = 6_000n;
const START_SLOT = 1_700_000_000_000n / SLOT_MS;

/** Looks at a virtual clock, one sample after the other. */
function looking(clock: VirtualClock): () => ClockStep {
  let lead: ClockLead = null;
  return () => {
    const sample = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    const step = lookAtClock(lead, sample, SLOT_MS, DEFAULT_PIPE_RULE);
    lead = step.lead;
    return step;
  };
}

describe('the clock of a pipe', () => {
  it('that goes on, or steps ahead, shuts nothing', async () => {
    const clock = createVirtualClock({ flowing: false });
    const look = looking(clock);
    for (const ms of [0, 250, 0, 86_400_000, 1]) {
      assert.equal(look().shutUntil, null);
      await clock.advance(1_000);
      clock.step(ms);
    }
  });

  it('that steps back shuts until the slot that would be now, seen at the next look', async () => {
    const clock = createVirtualClock({ flowing: false });
    const look = looking(clock);
    look();
    await clock.advance(60_000);
    clock.step(-30_000);
    assert.equal(look().shutUntil, START_SLOT + 10n);
    assert.equal(look().shutUntil, null, 'a step is reported once');
  });

  it('that stepped ahead and back shuts until the slots of the clock that was ahead are over', async () => {
    const clock = createVirtualClock({ flowing: false });
    const look = looking(clock);
    look();
    clock.step(600_000);
    look();
    clock.step(-600_000);
    assert.equal(look().shutUntil, START_SLOT + 100n);
  });

  it('that steps back twice shuts for each of the steps', async () => {
    const clock = createVirtualClock({ flowing: false });
    const look = looking(clock);
    look();
    for (let step = 0; step < 2; step++) {
      clock.step(-6_000);
      assert.equal(look().shutUntil, START_SLOT - BigInt(step));
    }
  });

  it('that goes back in steps too small to be seen is found once they add up', () => {
    const clock = createVirtualClock({ flowing: false });
    const look = looking(clock);
    look();
    const seen = [1, 2, 3].map(() => {
      clock.step(-10);
      return look().shutUntil !== null;
    });
    assert.deepEqual(seen, [false, false, true]);
  });
});

describe('an opening', () => {
  const usual: OpeningFacts = { now: 100n, floor: 90n, mark: 104n, stoodStillMs: 200, leaseMs: 10_000 };
  const cases: readonly (readonly [string, Partial<OpeningFacts>, RegExp | null])[] = [
    ['above the floor and at most at the mark is allowed', {}, null],
    ['in the slot of the mark is allowed', { now: 104n }, null],
    ['in the first slot above the floor is allowed', { now: 91n }, null],
    ['without a process before it is allowed', { floor: null }, null],
    ['in the slot of the floor is refused', { now: 90n }, /slot 90 may be signed already: the mark was 90/],
    ['below the floor is refused', { now: 12n }, /slot 12 may be signed already/],
    ['above the mark is refused', { now: 105n }, /slot 105 is above the durable mark 104/],
    ['without a durable mark is refused', { mark: null }, /no mark of this process is durable/],
    ['of a guard that stood still is refused', { stoodStillMs: 10_001 }, /was paused for 10001 ms/],
  ];
  for (const [what, facts, expected] of cases)
    it(what, () => {
      const refusal = refusalOf({ ...usual, ...facts });
      if (expected === null) assert.equal(refusal, null);
      else assert.match(refusal ?? '', expected);
    });
});
