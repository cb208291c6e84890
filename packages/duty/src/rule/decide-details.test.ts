import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim, Decision, Duty, DutyPolicy, Mark } from './index.ts';
import {
  adopted,
  ask,
  digestOf,
  dutyNamed,
  sampleAttempt,
  sampleClaim,
  samplePolicy,
  take,
} from './testing/samples.ts';

const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
/** A duty that is granted once, although it binds a digest. */
const once: Duty = { ...babe, repeat: dutyNamed('im-online').repeat };
const bob = { node: 'bob', incarnation: 'bob-1' };
const eve = { node: 'eve', incarnation: 'eve-1' };
const restarted = { node: 'ann', incarnation: 'ann-2' };
const enter = { parts: ['enter'] as const };
const fifth = (change: Partial<Claim> = {}) => sampleClaim(grandpa, [1n, 5n], change);

const none = adopted(babe);
const sealed = take(none, sampleClaim(babe, [5n]));
const claim = sampleClaim(babe, [5n]);
const round = take(adopted(grandpa), fifth());
const entered = take(adopted(grandpa), fifth(enter));
/** Holds rounds 5 and 6 under a window of two, so that a window of one has no place for round 5. */
const two = take(round, sampleClaim(grandpa, [1n, 6n]));
const under = (duties: Partial<DutyPolicy>) => ({ policy: samplePolicy({}, duties) });
const narrow = under({ window: 1 });
const upTo = (...unit: bigint[]) => ({ ceiling: { kind: 'at', highest: [unit] } }) as const;
/** An earlier session of the service may have granted round 5. */
const covering = { base: { kind: 'at', highest: [[1n, 5n]] } } as const;
/** Both slots are of the future, so one window of two is full of them. */
const wide = under({ window: 2 });
const ahead = take(take(none, sampleClaim(babe, [600n]), wide), sampleClaim(babe, [601n]), wide);

/** Round 5, entered sixteen times by two starts of `ann`. */
function enteredOften(): Mark {
  let mark = entered;
  for (let start = 2; start <= 16; start++) {
    const owner = { node: 'ann', incarnation: start % 2 === 0 ? 'ann-2' : 'ann-1' };
    const again = ask(mark, fifth({ ...enter, owner }));
    assert.ok(again.outcome === 'grant' && again.next !== null);
    mark = again.next;
  }
  return mark;
}

/** An operator reads the detail in the log: it names the cause, and the node or duty that it is about. */
const details: readonly [string, Decision, string | RegExp][] = [
  ['a duty that is off', ask(none, claim, under({ enabled: false })), 'babe is off for this key'],
  ['a key that was never adopted', ask(null, claim), 'the key was never adopted'],
  [
    'a number that does not increase',
    ask(sealed, { ...claim, strictlyIncreasing: true }),
    'the number is not above every unit of the mark',
  ],
  ['a unit at the floor', ask(adopted(babe, [5n]), claim), 'the unit is at or below the floor'],
  ['another chain', ask(none, { ...claim, chain: 'x' }), 'the policy is of another chain or key'],
  ['another ledger', ask(none, { ...claim, ledger: 'x' }), 'the claim names another ledger'],
  ['another epoch', ask(none, { ...claim, epoch: 'x' }), 'the claim names another epoch'],
  ['a node outside the roster', ask(none, { ...claim, owner: eve }), 'eve is not in the roster'],
  [
    'a digest that is required',
    ask(none, { ...claim, digest: null }, under({ digestRequired: true })),
    'babe needs a digest of 32 bytes',
  ],
  [
    'a mark of another ledger',
    ask(none, claim, { attempt: sampleAttempt({ ledger: 'x' }) }),
    'the mark was written for another ledger, chain, key or duty',
  ],
  [
    'a mark of an older epoch',
    ask(none, claim, { attempt: sampleAttempt({ epoch: 'x' }) }),
    'the mark is of an older epoch; adopt the key again',
  ],
  ['a unit above the ceiling', ask(none, claim, upTo(4n)), 'the unit lies above the ceiling'],
  [
    'a part of another node',
    ask(round, fifth({ parts: ['prevote'], owner: bob })),
    'the unit belongs to ann',
  ],
  ['enter after a vote', ask(round, fifth(enter)), 'a part of the unit is granted already'],
  [
    'enter under the same term',
    ask(entered, fifth({ ...enter, owner: bob })),
    'ann entered the unit and no later watch term is claimed',
  ],
  [
    'enter of another start, of a unit from before the session',
    ask(entered, fifth({ ...enter, owner: restarted }), covering),
    'ann entered the unit, which dates from before the session of this service',
  ],
  [
    'a vote of another start, in a unit from before the session',
    ask(entered, fifth({ parts: ['prevote'], owner: restarted }), covering),
    'another start of ann entered the unit, which dates from before the session of this service',
  ],
  ['enter once too often', ask(enteredOften(), fifth(enter)), 'the unit was entered 16 times already'],
  ['a repeat without a digest', ask(sealed, { ...claim, digest: null }), /^a claim without a digest is /],
  ['a repeat of a duty granted once', ask(sealed, { ...claim, duty: once }), 'this duty is never repeated'],
  ['a repeat by another node', ask(sealed, { ...claim, owner: bob }), 'the unit belongs to ann'],
  [
    'a repeat by another start',
    ask(sealed, { ...claim, owner: restarted }),
    /belongs to another start of ann$/,
  ],
  ['another digest', ask(sealed, { ...claim, digest: digestOf(babe, 'B') }), 'another payload was granted'],
  [
    'a unit that would leave at once',
    ask(two, fifth({ parts: ['prevote'] }), narrow),
    'the unit would leave the mark at once',
  ],
  [
    'a round of an earlier set',
    ask(two, sampleClaim(grandpa, [0n, 5n]), { ...narrow, ...upTo(0n, 9n) }),
    'the unit would leave the mark at once',
  ],
  [
    'a slot below a window of the future',
    ask(ahead, claim, { ...wide, ...upTo(5n) }),
    /every slot up to 600 is denied until/,
  ],
];

for (const [what, decision, detail] of details) {
  test(`a denial says why: ${what}`, () => {
    assert.equal(decision.outcome, 'deny');
    const said = decision.outcome === 'deny' ? decision.detail : '';
    if (typeof detail === 'string') assert.equal(said, detail);
    else assert.match(said, detail);
  });
}
