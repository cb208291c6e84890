import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { askFor, type PairGround, startPair } from '../testing/pair-ground.ts';
import { SILENCE_MS } from './checklist.ts';
import { taken } from './record.ts';

const LONG = process.env.WATCHBILL_LONG === '1';

type Machine = 'alpha' | 'bravo';
const machine = fc.constantFrom<Machine>('alpha', 'bravo');

/** Things that happen to a pair, in any order; `pass` of the ground fails when both machines hold a key. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 80_000 }) }),
  fc.record({ kind: fc.constantFrom('ask', 'take', 'cut', 'heal', 'crash', 'silence', 'sync'), at: machine }),
);

async function happens(
  ground: PairGround,
  event: { kind: string; at?: Machine; ms?: number },
): Promise<void> {
  const { kind, at = 'alpha', ms = 0 } = event;
  const guard = ground[at];
  switch (kind) {
    case 'pass':
      return await ground.pass(ms);
    case 'ask':
      return await ground.put((record) => (record.state === 'held' ? askFor(at)(record) : record));
    case 'take':
      return await takeOver(ground, at);
    case 'cut':
    case 'heal':
      return ground.cut(at, kind === 'cut');
    case 'crash':
      return guard.crash();
    case 'silence':
      return guard.own.silent(true);
    default:
      return guard.own.silent(false);
  }
}

/** As the command does it: after a silence of the active guard, or once that guard said that it is free. */
async function takeOver(ground: PairGround, to: Machine): Promise<void> {
  const before = await ground.record();
  await ground.pass(before.state === 'free' ? 1_000 : SILENCE_MS);
  const now = await ground.record();
  const isSilent = now.beat === before.beat && now.term === before.term;
  if (!isSilent || now.holder === to) return;
  const by = { how: 'person', by: 'ada', reason: 'a test', seenTerm: 0n } as const;
  await ground.put((record) => taken(record, { holder: to, ...by }));
}

test('in any order of hand-overs, take-overs, cuts and crashes, one machine holds keys', {
  timeout: LONG ? 0 : 120_000,
}, async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 3, maxLength: 12 }), async (events) => {
      const ground = await startPair(t);
      await ground.pass(70_000);
      for (const event of events) await happens(ground, event);
      // All faults end: the holder signs again.
      for (const each of ['alpha', 'bravo'] as const) {
        ground.cut(each, false);
        ground[each].own.silent(false);
      }
      await ground.pass(300_000);
      const { holder } = await ground.record();
      assert.deepEqual(ground[holder as Machine].kinds(), ['audi', 'aura', 'gran'], JSON.stringify(events));
    }),
    LONG ? { numRuns: 300 } : { seed: 7, numRuns: 4 },
  );
});
