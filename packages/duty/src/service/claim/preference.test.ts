import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim, Policy } from '../../rule/index.ts';
import type { HeldMark } from '../ground/marks.ts';
import { OTHER_INCARNATION, policyDocument } from '../testing/services.ts';
import type { Asked, Standing } from './asked.ts';
import { partPreference } from './preference.ts';
import {
  adopted,
  at,
  claimWith,
  FREE,
  grantedIn,
  policyOf,
  SEAL,
  STANDING,
  short,
  standingUnder,
  startedClaim,
} from './testing/claim.ts';

/** Protocol section 5: which node goes first, for a part that enters nothing. Slot 3,600 begins at 0 ms. */

const OTHER = { node: 'b', incarnation: OTHER_INCARNATION };
const SLOT = { ...SEAL, unit: [3_600n] };
const OF_OTHER = { ...SLOT, owner: OTHER };
const readiness = { ...policyDocument().readiness, required: true };
const DELAYED = policyOf({ standbyDelayMs: 400 });
const ASKS_READINESS = policyOf({ standbyDelayMs: 400, readiness });
const RANKED = policyOf({
  standbyDelayMs: 400,
  roster: [
    { name: 'b', rank: 1 },
    { name: 'a', rank: 0 },
  ],
});
const UNFIT = { ...STANDING, unfit: 'it is syncing' };
/** The standby held the watch last. */
const LAPSED = standingUnder('b', { holderLive: false });

const withDuty = (dutyName: string, window: number): Policy => ({
  ...DELAYED,
  duties: { [dutyName]: { enabled: true, digestRequired: true, window } },
});
const PARACHAIN = withDuty('aura-parachain', 64);
const forked = claimWith({ dutyName: 'aura-parachain', unit: [3_598n, 7n, 2n], owner: OTHER });
const onRelay = adopted(forked, PARACHAIN);
const firstOfSlot = claimWith({ dutyName: 'aura-parachain', unit: [3_598n, 7n, 1n] });
const slotTaken = grantedIn(onRelay, firstOfSlot, 'first', PARACHAIN);
const BLOCKS = { ...withDuty('aura-blocks', 2), standbyDelayMs: 0 };
const block = claimWith({ dutyName: 'aura-blocks', unit: [3_600n, 1n] });

interface Case {
  readonly policy?: Policy;
  readonly held?: HeldMark;
  readonly standing?: Standing;
  readonly asked?: Partial<Asked>;
  readonly ms?: number;
}

/** `go`, the moment until which the claim waits, or the denial. */
function prefer(claim: Claim, change: Case): string | number {
  const { policy = DELAYED, held = FREE, standing = STANDING, asked = {}, ms = 2 } = change;
  const found = partPreference(startedClaim(claim, asked).asked, policy, held.mark, standing, at(ms));
  if (found.kind === 'wait') return found.untilMs;
  return found.kind === 'go' ? 'go' : `${short(found.verdict)}: ${found.verdict.detail}`;
}

const NEXT_OF_OTHER = { ...OF_OTHER, unit: [3_601n] };
const SINGLE = policyOf({ standbyDelayMs: 400, roster: [{ name: 'a', rank: 0 }] });
const KNOWN = grantedIn(FREE, SLOT, 'own');
const UNFIT_STANDBY = standingUnder('b', { unfit: 'x' });
const TAKEN_SLOT = { policy: PARACHAIN, held: slotTaken };
const SECOND_BLOCK = { ...block, unit: [3_600n, 2n], owner: OTHER };
const FIRST_BLOCK = grantedIn(adopted(block, BLOCKS), block, 'first', BLOCKS);

const CASES: readonly [string, Claim, Case, string | number][] = [
  ['the active node does not wait for its slot to begin', { ...SEAL, unit: [3_601n] }, {}, 'go'],
  ['a standby waits for its delay since the slot began', OF_OTHER, {}, 400],
  ['a standby goes once its delay is over', OF_OTHER, { ms: 400 }, 'go'],
  ['a standby that asks before the slot waits for its beginning too', NEXT_OF_OTHER, {}, 1_400],
  ['the holder of the watch goes, whatever its rank', OF_OTHER, { standing: standingUnder('b') }, 'go'],
  ['without a live holder the best rank goes', SLOT, { policy: RANKED, standing: LAPSED }, 'go'],
  ['without a live holder ranks decide, not the roster', OF_OTHER, { policy: RANKED, standing: LAPSED }, 400],
  ['the only node of a key waits for none', SLOT, { policy: SINGLE, standing: standingUnder('x') }, 'go'],
  [
    'a unit that is known waits for no delay, and asks for no readiness',
    SLOT,
    { policy: ASKS_READINESS, held: KNOWN, standing: UNFIT_STANDBY },
    'go',
  ],
  [
    'a node that is not ready is denied',
    SLOT,
    { policy: ASKS_READINESS, standing: UNFIT },
    'denied:not-ready: a: it is syncing',
  ],
  ['a node that is ready goes', SLOT, { policy: ASKS_READINESS }, 'go'],
  ['a policy may not ask for readiness', SLOT, { standing: UNFIT }, 'go'],
  [
    'the original protocol has no readiness',
    SLOT,
    { policy: ASKS_READINESS, standing: UNFIT, asked: { via: 'original' } },
    'go',
  ],
  [
    'a delay of a slot of a relay parent counts from the claim',
    forked,
    { ...TAKEN_SLOT, held: onRelay },
    400,
  ],
  [
    'a slot of a relay parent has one machine',
    forked,
    { ...TAKEN_SLOT, ms: 20 },
    'denied:unit-taken: slot 3598 belongs to a',
  ],
  ['it is that of the first unit', { ...forked, owner: firstOfSlot.owner }, TAKEN_SLOT, 'go'],
  ['the next slot is free', { ...forked, unit: [3_599n, 7n, 2n] }, TAKEN_SLOT, 400],
  [
    'each block of a slot may be of another node',
    SECOND_BLOCK,
    { policy: BLOCKS, held: FIRST_BLOCK, ms: 7 },
    'go',
  ],
];

for (const [name, claim, change, expected] of CASES)
  test(name, () => assert.equal(prefer(claim, change), expected));
