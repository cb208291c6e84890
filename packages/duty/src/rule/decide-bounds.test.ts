import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { adoptMark, type Base, type Claim, DUTIES, findRecent, type Mark, type Unit } from './index.ts';
import { always, reasonOf } from './testing/always.ts';
import { unitNumber } from './testing/grown-marks.ts';
import {
  adopted,
  ask,
  dutyNamed,
  sampleAttempt,
  sampleClaim,
  samplePolicy,
  take,
} from './testing/samples.ts';

/** The table of bounds: what a session may not grant, because an earlier one may have granted it. */
const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
const beefy = dutyNamed('beefy');
const ann = { node: 'ann', incarnation: 'ann-1' };
const annAgain = { node: 'ann', incarnation: 'ann-2' };
const bob = { node: 'bob', incarnation: 'bob-1' };
const UNIT: Unit = [3n, 20n];
const covering: Base = { kind: 'at', highest: [[3n, 20n]] };
const below: Base = { kind: 'at', highest: [[3n, 19n]] };
const unknown: Base = { kind: 'unknown', why: 'no report since the opening' };

const enter = (owner: Claim['owner'], term = 4n) =>
  sampleClaim(grandpa, UNIT, { parts: ['enter'], owner, term });
const vote = (owner: Claim['owner'], part: 'prevote' | 'precommit' = 'prevote') =>
  sampleClaim(grandpa, UNIT, { parts: [part], owner });
const entered = take(adopted(grandpa), enter(ann));
const voted = take(entered, vote(ann));

describe('rule 2: a new unit', () => {
  test('the denial names the bound', () => {
    const claim = sampleClaim(grandpa, [5n, 7n]);
    const detailOf = (change: Parameters<typeof ask>[2]) => {
      const decision = ask(adopted(grandpa), claim, change);
      return decision.outcome === 'deny' ? decision.detail : decision.outcome;
    };
    assert.equal(detailOf({ lowest: [5n, 8n] }), 'the unit lies below 5/8, the lowest that is still due');
    const base: Base = { kind: 'at', highest: [[5n, 7n]] };
    assert.equal(detailOf({ base }), 'the unit dates from before the session of this service');
  });

  test('one slot of the future was granted: the denial of each slot up to it says until when', () => {
    const detailOf = (mark: Mark, slot: bigint, highest: bigint, policy = samplePolicy()) => {
      const ceiling = { kind: 'at', highest: [[highest]] } as const;
      const decision = ask(mark, sampleClaim(babe, [slot]), { ceiling, policy });
      return decision.outcome === 'deny' ? `${decision.reason} ${decision.detail}` : decision.outcome;
    };
    const until =
      'a slot of the future was granted, so every slot up to 600 is denied until 1970-01-01T01:00:06Z';
    const once = take(adopted(babe, [4n]), sampleClaim(babe, [600n]));
    assert.equal(detailOf(once, 50n, 50n), `unit-ahead-granted ${until}`);
    assert.match(detailOf(once, 600n, 599n), /^grant/);
    // Again in the future: now the floor itself lies ahead.
    const twice = take(take(adopted(babe), sampleClaim(babe, [600n])), sampleClaim(babe, [601n]));
    assert.match(detailOf(twice, 50n, 50n), /^unit-ahead-granted .* up to 601 /);
    // Reached: an old slot is only old. A floor of an adoption is none of a grant. A wide window has room.
    assert.match(detailOf(once, 599n, 600n), /^below-window/);
    assert.match(detailOf(adopted(babe, [600n]), 50n, 50n), /^below-floor/);
    assert.equal(detailOf(once, 50n, 50n, samplePolicy({}, { window: 2 })), 'grant');
  });

  always('below the lowest is denied unit-past; one at it is not', ({ mark, policy }, claim, duty) => {
    const asked = { ...claim, unit: unitNumber(duty, 41) };
    assert.equal(reasonOf(mark, asked, { policy, lowest: unitNumber(duty, 42) }), 'unit-past');
    assert.equal(reasonOf(mark, asked, { policy, lowest: unitNumber(duty, 41) }), 'new');
  });

  always('at or below the base is denied unit-past; one above it is not', ({ mark, policy }, claim, duty) => {
    const asked = { ...claim, unit: unitNumber(duty, 41) };
    const at = (place: number): Base => ({ kind: 'at', highest: [unitNumber(duty, place)] });
    assert.equal(reasonOf(mark, asked, { policy, base: at(42) }), 'unit-past');
    assert.equal(reasonOf(mark, asked, { policy, base: at(41) }), 'unit-past');
    assert.equal(reasonOf(mark, asked, { policy, base: at(40) }), 'new');
  });

  always('is unknown while the base is unknown, whatever the ceiling', ({ mark, policy }, claim, duty) => {
    const asked = { ...claim, unit: unitNumber(duty, 41) };
    assert.deepEqual(ask(mark, asked, { policy, base: unknown }), {
      outcome: 'unknown',
      reason: 'ceiling-unknown',
      detail: 'no report since the opening',
    });
    const low = { kind: 'at', highest: [unitNumber(duty, 40)] } as const;
    assert.equal(reasonOf(mark, asked, { policy, base: unknown, ceiling: low }), 'unit-ahead');
  });

  test('inside the next set the base holds as far as the ceiling did, so that nothing above it is refused', () => {
    const base: Base = {
      kind: 'at',
      highest: [
        [3n, 36n],
        [4n, 16n],
      ],
    };
    const asked = (unit: Unit) => reasonOf(adopted(grandpa), sampleClaim(grandpa, unit), { base });
    assert.deepEqual(
      [
        asked([2n, 900n]),
        asked([3n, 36n]),
        asked([3n, 37n]),
        asked([4n, 16n]),
        asked([4n, 17n]),
        asked([5n, 0n]),
      ],
      ['unit-past', 'unit-past', 'new', 'unit-past', 'new', 'new'],
    );
  });

  test('of another session may never be granted: a bound only denies', () => {
    for (const duty of DUTIES) {
      const claim = sampleClaim(duty, unitNumber(duty, 20));
      const bounds = {
        lowest: unitNumber(duty, 19),
        base: { kind: 'at', highest: [unitNumber(duty, 19)] },
      } as const;
      assert.deepEqual(ask(adopted(duty), claim, bounds), ask(adopted(duty), claim));
    }
  });
});

describe('a unit that was entered, at or below the base', () => {
  test('the next part goes to the same incarnation only: a restore may have lost the vote of another', () => {
    assert.equal(reasonOf(voted, vote(ann, 'precommit'), { base: covering }), 'new');
    assert.equal(reasonOf(voted, vote(annAgain, 'precommit'), { base: covering }), 'unit-taken');
    assert.equal(reasonOf(voted, vote(bob, 'precommit'), { base: covering }), 'unit-taken');
    assert.equal(reasonOf(voted, vote(annAgain, 'precommit'), { base: below }), 'new');
  });

  test('an enter of another incarnation or node is denied, under a later term too', () => {
    for (const mark of [entered, voted])
      for (const claim of [enter(annAgain), enter(annAgain, 9n), enter(bob), enter(bob, 9n)])
        assert.equal(reasonOf(mark, claim, { base: covering }), 'unit-past');
    assert.equal(reasonOf(entered, enter(ann), { base: covering }), 'repeat');
    assert.equal(reasonOf(entered, enter(annAgain), { base: below }), 'repeat');
    assert.equal(reasonOf(entered, enter(bob, 9n), { base: below }), 'new');
  });

  test('what was granted is repeated as before, and the lower bound stops no voter', () => {
    const lowest = [9n, 0n];
    for (const owner of [ann, annAgain, bob])
      assert.equal(reasonOf(voted, vote(owner), { base: covering, lowest }), 'repeat');
    assert.equal(reasonOf(voted, vote(ann, 'precommit'), { base: covering, lowest }), 'new');
    assert.equal(reasonOf(entered, enter(ann), { base: covering, lowest }), 'repeat');
  });

  test('while the base is unknown the same incarnation goes on, and another gets unknown', () => {
    assert.equal(reasonOf(voted, vote(ann, 'precommit'), { base: unknown }), 'new');
    assert.equal(reasonOf(entered, enter(ann), { base: unknown }), 'repeat');
    for (const claim of [enter(annAgain), enter(bob, 9n)])
      assert.equal(reasonOf(entered, claim, { base: unknown }), 'ceiling-unknown');
    const other = ask(voted, vote(annAgain, 'precommit'), { base: unknown });
    assert.equal(other.outcome, 'unknown', 'a denied vote would stop the node');
    assert.equal(reasonOf(voted, vote(bob, 'precommit'), { base: unknown }), 'unit-taken');
    assert.equal(reasonOf(entered, enter(bob, 4n), { base: unknown }), 'unit-taken');
  });
});

describe('entering a unit again', () => {
  test('sixteen times at most, by whichever node, so that a record cannot grow without end', () => {
    let mark = entered;
    for (let start = 2; start <= 16; start++) {
      const owner = start % 2 === 0 ? annAgain : ann;
      const again = ask(mark, enter(owner), { attempt: sampleAttempt({ nonce: `n-${start}` }) });
      assert.ok(again.outcome === 'grant' && again.next !== null, `start ${start}`);
      mark = again.next;
    }
    assert.equal(findRecent(mark, UNIT)?.enters.length, 16);
    assert.equal(reasonOf(mark, enter(ann)), 'unit-taken');
    assert.equal(reasonOf(mark, enter(bob, 9n)), 'unit-taken');
    assert.equal(
      reasonOf(mark, enter(annAgain)),
      'repeat',
      'the start that entered last may still lose a reply',
    );
    assert.equal(reasonOf(mark, vote(annAgain)), 'new');
  });

  test('never lowers the term, which would let a node take over under one that has passed', () => {
    const term = (claimed: bigint) => {
      const again = ask(entered, enter(annAgain, claimed));
      assert.ok(again.outcome === 'grant' && again.next !== null);
      return findRecent(again.next, UNIT)?.term;
    };
    assert.deepEqual([term(3n), term(4n), term(7n)], [4n, 4n, 7n]);
  });
});

describe('rule 2a: the meaning of a unit', () => {
  const unscoped = samplePolicy({
    originalWire: { enabled: true, slotDuty: 'babe', roundScope: 'unscoped' },
  });

  always('a mark that was written under another meaning denies everything', ({ mark }, claim) => {
    assert.equal(reasonOf(mark, claim, { policy: unscoped }), 'not-adopted');
  });

  test('a last unit that is no unit of the duty ends it at once', () => {
    const policy = samplePolicy({}, { lastUnit: '7' });
    assert.equal(reasonOf(adopted(grandpa), sampleClaim(grandpa, [0n, 1n]), { policy }), 'after-last-unit');
  });

  test('unscoped: rounds are of set 0 only, whether the mark holds them or not', () => {
    const mark = adopted(grandpa, null, unscoped);
    const reasons = [0n, 1n, 2n, 5n].map((set) => {
      return reasonOf(mark, sampleClaim(grandpa, [set, 7n]), { policy: unscoped });
    });
    assert.deepEqual(reasons, ['new', 'unit-ahead', 'unit-ahead', 'unit-ahead']);
    const denied = ask(mark, sampleClaim(grandpa, [1n, 7n]), { policy: unscoped });
    assert.match(JSON.stringify(denied), /counts every round as one of set 0/);
    const held = take(adopted(grandpa), sampleClaim(grandpa, [1n, 7n]));
    const again = adoptMark(unscoped, grandpa, held, [0n, 7n], sampleAttempt(), 'unscoped from now on');
    assert.equal(reasonOf(again, sampleClaim(grandpa, [1n, 7n]), { policy: unscoped }), 'unit-ahead');
    assert.equal(
      reasonOf(adopted(grandpa, [5n, 0n], unscoped), sampleClaim(grandpa, [1n, 7n]), { policy: unscoped }),
      'below-floor',
    );
    assert.equal(
      reasonOf(adopted(beefy, null, unscoped), sampleClaim(beefy, [1n, 7n]), { policy: unscoped }),
      'new',
    );
  });

  test('the detail names both meanings', () => {
    const decision = ask(adopted(babe), sampleClaim(babe, [20n]), { policy: unscoped });
    assert.ok(decision.outcome === 'deny');
    assert.match(decision.detail, /rounds=scoped".*rounds=unscoped"/);
  });
});
