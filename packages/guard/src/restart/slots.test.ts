import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_SLOT_RULE, type SlotFacts, slotStep } from './slots.ts';

const step = (facts: Partial<SlotFacts>) =>
  slotStep({ now: 100n, mark: 120n, own: true, began: 90n, ...facts }, DEFAULT_SLOT_RULE);

describe('the slot mark', () => {
  it('keeps a key away until the clock is above the mark of the last run', () => {
    assert.deepEqual(step({ own: false }), { step: 'wait', until: 120n });
    assert.deepEqual(step({ own: false, now: 120n }), { step: 'wait', until: 120n });
    assert.deepEqual(step({ own: false, now: 121n }), { step: 'write-mark', mark: 141n });
  });

  it('waits for the next slot if there was no run before, or a mark long past', () => {
    assert.deepEqual(step({ own: false, mark: null, now: 90n }), { step: 'wait', until: 90n });
    assert.deepEqual(step({ own: false, mark: 3n, now: 90n }), { step: 'wait', until: 90n });
    assert.deepEqual(step({ own: false, mark: 3n, now: 91n }), { step: 'write-mark', mark: 111n });
  });

  it('moves the mark on before the clock reaches it, and withdraws the key if it could not', () => {
    assert.deepEqual(step({ now: 109n }), { step: 'open' });
    assert.deepEqual(step({ now: 110n }), { step: 'write-mark', mark: 130n });
    assert.deepEqual(step({ now: 120n }), { step: 'withdraw', mark: 120n });
  });

  it('withdraws the key if the clock stepped back', () => {
    assert.deepEqual(step({ now: 99n }), { step: 'withdraw', mark: 120n });
  });

  it('never places the key for a slot that an earlier run may have signed, with any clock and any crashes', () => {
    const by = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }) },
      { weight: 1, arbitrary: fc.integer({ min: -40, max: 40 }) },
    );
    const rarely = fc.integer({ min: 0, max: 5 }).map((drawn) => drawn === 0);
    const moves = fc.array(fc.record({ by, crash: rarely, lost: rarely }), { minLength: 1, maxLength: 60 });
    let opened = 0;
    fc.assert(
      fc.property(moves, (story) => {
        let now = 1_000n;
        let run = { mark: null as bigint | null, own: false, began: now };
        /** The highest slot that an earlier placement of the key may have signed. */
        let signed = -1n;
        let highest = -1n;
        for (const { by, crash, lost } of story) {
          now += BigInt(by);
          if (crash) {
            signed = highest;
            run = { ...run, own: false, began: now };
          }
          const next = slotStep({ now, ...run }, DEFAULT_SLOT_RULE);
          if (next.step === 'write-mark' && !lost) run = { ...run, mark: next.mark, own: true };
          if (next.step === 'withdraw') {
            signed = highest;
            run = { ...run, own: false, began: now };
          }
          if (next.step !== 'open') continue;
          opened++;
          assert.ok(now > signed, `slot ${now} after ${signed}`);
          if (now > highest) highest = now;
        }
      }),
    );
    assert.ok(opened > 20, `only ${opened} slots had the key`);
  });
});
