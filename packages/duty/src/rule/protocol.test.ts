import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  adoptMark,
  type Claim,
  DUTIES,
  decodeHead,
  encodeHead,
  entryHash,
  findRecent,
  leastWindow,
  type Mark,
  OPEN_ROUNDS,
  observedCeiling,
  type Unit,
  windowProblem,
} from './index.ts';
import { unitNumber, windowed } from './testing/grown-marks.ts';
import {
  adopted,
  ask,
  dutyNamed,
  sampleAttempt,
  sampleClaim,
  samplePolicy,
  take,
} from './testing/samples.ts';

/**
 * Sentences of the claim protocol that a model forced upon it, and that no test of one function shows. Each
 * test is named by its sentence; the page of the protocol says which test shows each of the others.
 */
const grandpa = dutyNamed('grandpa');
const imOnline = dutyNamed('im-online');
const ann = { node: 'ann', incarnation: 'ann-1' };
const annAgain = { node: 'ann', incarnation: 'ann-2' };
const bob = { node: 'bob', incarnation: 'bob-1' };
const reasonOf = (...question: Parameters<typeof ask>): string => ask(...question).reason;

function enter(unit: Unit, owner: Claim['owner'], term: bigint): Claim {
  return sampleClaim(grandpa, unit, { parts: ['enter'], owner, term });
}

describe('section 2, what is kept', () => {
  test('owner: for grandpa the node, so that it can go on after a restart; for slots and sessions one start', () => {
    const entered = take(adopted(grandpa), enter([3n, 20n], ann, 1n));
    const voted = take(entered, sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'] }));
    const again = ask(entered, enter([3n, 20n], annAgain, 1n));
    assert.ok(again.outcome === 'grant' && again.reason === 'repeat' && again.next !== null);
    assert.deepEqual(findRecent(again.next, [3n, 20n])?.owner, annAgain);
    assert.equal(
      reasonOf(voted, sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'], owner: annAgain })),
      'repeat',
    );
    assert.equal(
      reasonOf(voted, sampleClaim(grandpa, [3n, 20n], { parts: ['precommit'], owner: annAgain })),
      'new',
    );
    for (const duty of DUTIES.filter(({ owner }) => owner === 'incarnation')) {
      const claim = sampleClaim(duty, unitNumber(duty, 20));
      assert.equal(
        reasonOf(take(adopted(duty), claim), { ...claim, owner: annAgain }),
        'unit-taken',
        duty.name,
      );
    }
  });

  test('the mark holds the whole last ledger entry with its hash', () => {
    for (const duty of DUTIES) {
      let mark: Mark = adopted(duty);
      for (const place of [20, 21, 22]) {
        mark = take(mark, sampleClaim(duty, unitNumber(duty, place)), {
          attempt: sampleAttempt({ nonce: `n${place}` }),
        });
        const read = decodeHead(encodeHead(mark, duty), duty);
        assert.deepEqual([read.last.nonce, read.last.unit], [`n${place}`, unitNumber(duty, place)]);
        assert.equal(read.lastHash, entryHash(read.last));
      }
      const forged = encodeHead(mark, duty).replace('"nonce":"n22","note"', '"nonce":"n99","note"');
      assert.notEqual(forged, encodeHead(mark, duty));
      assert.throws(() => decodeHead(forged, duty), /hash/);
    }
  });

  test("W must exceed the ceiling's step plus the deepest round still open", () => {
    const { ceilings } = samplePolicy();
    const [openRounds, best] = [OPEN_ROUNDS, 100];
    const enough = leastWindow(grandpa, ceilings);
    assert.equal(windowProblem(grandpa, enough, ceilings), null);
    assert.notEqual(windowProblem(grandpa, enough - 1, ceilings), null);
    for (const window of [enough, enough - 1]) {
      const policy = windowed(window);
      let mark = adopted(grandpa);
      for (let round = best - openRounds; round <= best; round++)
        mark = take(mark, enter([5n, BigInt(round)], ann, 1n), { policy });
      // Another claimant, out of its mind, enters every unit that the ceiling admits, in the order that hurts
      // most.
      const seen = [
        {
          observer: 'cat',
          finalizedBlock: null,
          session: null,
          setId: 5n,
          beefySetId: null,
          round: BigInt(best),
        },
      ];
      const ceiling = observedCeiling(grandpa, ceilings, seen, 'bob');
      for (const set of [5n, 6n]) {
        for (let round = 0n; round < 300n; round++) {
          if (findRecent(mark, [set, round]) !== undefined) continue;
          const decision = ask(mark, enter([set, round], bob, 1n), { policy, ceiling });
          if (decision.outcome === 'grant' && decision.next !== null) mark = decision.next;
        }
      }
      const vote = sampleClaim(grandpa, [5n, BigInt(best - openRounds)], { parts: ['precommit'] });
      assert.equal(
        reasonOf(mark, vote, { policy }),
        window === enough ? 'new' : 'below-floor',
        `W ${window}`,
      );
    }
  });
});

test('section 3, the original wire protocol claims the same marks: what one protocol was granted, the other is denied', () => {
  for (const duty of DUTIES) {
    const unit = unitNumber(duty, 20);
    const original = sampleClaim(duty, unit, {
      parts: duty.parts,
      digest: null,
      term: null,
      strictlyIncreasing: true,
    });
    const afterOriginal = take(adopted(duty), original);
    for (const part of duty.parts) {
      const native = sampleClaim(duty, unit, { parts: [part], term: part === 'enter' ? 9n : null });
      assert.equal(reasonOf(afterOriginal, native), 'unit-taken', `${duty.name} ${part} after the original`);
      const afterNative = take(adopted(duty), native);
      assert.equal(
        reasonOf(afterNative, original),
        'not-increasing',
        `the original after ${duty.name} ${part}`,
      );
    }
  }
});

describe('section 4, the rule', () => {
  test('the step is counted from the reports of nodes other than the claimant; grants never raise it', () => {
    const { ceilings } = samplePolicy();
    const bobSaw = {
      observer: 'bob',
      finalizedBlock: 100n,
      setId: 5n,
      beefySetId: 5n,
      round: 100n,
      session: 100n,
    };
    const annSays = { ...bobSaw, observer: 'ann', finalizedBlock: 900n, round: 900n, session: 900n };
    for (const duty of DUTIES.filter((each) => each.ceiling === 'observed')) {
      const step =
        { grandpa: ceilings.roundStep, beefy: ceilings.blockStep }[duty.name] ?? ceilings.sessionStep;
      const unit = (place: number): Unit => (duty === imOnline ? [BigInt(place)] : [5n, BigInt(place)]);
      const ceiling = observedCeiling(duty, ceilings, [annSays, bobSaw], 'ann');
      let mark: Mark = adopted(duty);
      for (let place = 100; place <= 100 + step; place++) {
        const decision = ask(mark, sampleClaim(duty, unit(place)), { ceiling });
        assert.ok(decision.outcome === 'grant' && decision.next !== null, `${duty.name} ${place}`);
        mark = decision.next;
      }
      assert.equal(reasonOf(mark, sampleClaim(duty, unit(101 + step)), { ceiling }), 'unit-ahead', duty.name);
    }
  });

  test("the mark's value differs between any two states: no grant or adoption leaves or brings back a value", () => {
    for (const duty of DUTIES) {
      const values = new Set<string>();
      let mark: Mark = adopted(duty);
      const floor = unitNumber(duty, 1);
      for (let step = 0; step < 20; step++) {
        values.add(encodeHead(mark, duty));
        mark =
          step % 2 === 0
            ? adoptMark(samplePolicy(), duty, mark, floor, sampleAttempt(), '')
            : take(mark, sampleClaim(duty, unitNumber(duty, 20 + step)));
      }
      assert.equal(values.size, 20, duty.name);
    }
  });
});
