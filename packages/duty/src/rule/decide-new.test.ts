import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { belowFloor, compareUnits, DUTIES, type Duty, findRecent, signedParts } from './index.ts';
import { always, highestOf, reasonOf } from './testing/always.ts';
import { START, unitNumber, windowed } from './testing/grown-marks.ts';
import { adopted, ask, digestOf, dutyNamed, sampleClaim, samplePolicy, take } from './testing/samples.ts';

const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
const imOnline = dutyNamed('im-online');
const A = digestOf(grandpa, 'A');
const bob = { node: 'bob', incarnation: 'bob-1' };

describe('rule 5: otherwise a new entry', () => {
  always('a fresh unit above everything is granted to any listed node', ({ mark, policy }, claim, duty) => {
    const decision = ask(mark, { ...claim, unit: unitNumber(duty, 41) }, { policy });
    assert.ok(decision.outcome === 'grant' && decision.next !== null);
    const entry = findRecent(decision.next, unitNumber(duty, 41));
    assert.deepEqual(entry?.owner, claim.owner);
    assert.equal(entry?.term, claim.term);
    assert.deepEqual(
      entry?.parts.map(({ part, digest }) => ({ part, digest })),
      claim.parts.filter((part) => part !== 'enter').map((part) => ({ part, digest: claim.digest })),
    );
    const entered = [{ nonce: 'nonce-0', incarnation: claim.owner.incarnation }];
    assert.deepEqual(entry?.enters, claim.parts.includes('enter') ? entered : []);
  });

  test('enter and part in one step where no enter came first', () => {
    const mark = take(adopted(grandpa), sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'] }));
    assert.equal(reasonOf(mark, sampleClaim(grandpa, [3n, 20n], { parts: ['precommit'] })), 'new');
    assert.equal(
      reasonOf(mark, sampleClaim(grandpa, [3n, 20n], { parts: ['precommit'], owner: bob })),
      'unit-taken',
    );
  });

  always(
    'recent never exceeds W, stays ascending above the floor, and the floor never sinks',
    ({ mark, policy }, claim, duty) => {
      const decision = ask(mark, claim, { policy });
      if (decision.outcome !== 'grant' || decision.next === null) return;
      const { floor, recent } = decision.next;
      assert.ok(recent.length <= (policy.duties[duty.name]?.window ?? 0));
      for (const [index, entry] of recent.entries()) {
        assert.ok(!belowFloor(floor, entry.unit));
        const before = recent[index - 1];
        assert.ok(before === undefined || compareUnits(before.unit, entry.unit) < 0);
      }
      assert.ok(mark.floor === null || (floor !== null && compareUnits(floor, mark.floor) >= 0));
    },
  );

  always('one that would leave at once is denied, and the mark stays', ({ mark, policy }, claim, duty) => {
    const window = policy.duties[duty.name]?.window ?? 0;
    const lowest = mark.recent[0];
    if (mark.recent.length < window || lowest === undefined) return;
    for (let place = START; place < 31; place++) {
      const unit = unitNumber(duty, place);
      if (belowFloor(mark.floor, unit) || compareUnits(unit, lowest.unit) >= 0) continue;
      assert.equal(reasonOf(mark, { ...claim, unit }, { policy }), 'below-window');
    }
  });

  test('when W was made smaller, the lowest leave at the next grant and the floor becomes the highest that left', () => {
    const rounds = [11n, 12n, 13n, 14n];
    const mark = rounds.reduce(
      (before, round) => take(before, sampleClaim(grandpa, [3n, round])),
      adopted(grandpa),
    );
    const smaller = take(mark, sampleClaim(grandpa, [3n, 20n]), { policy: windowed(2) });
    assert.deepEqual(
      smaller.recent.map(({ unit }) => unit[1]),
      [14n, 20n],
    );
    assert.deepEqual(smaller.floor, [3n, 13n]);
    const part = sampleClaim(grandpa, [3n, 14n], { parts: ['precommit'] });
    const same = take(mark, part, { policy: windowed(2) });
    assert.deepEqual(
      [same.recent.map(({ unit }) => unit[1]), same.floor],
      [
        [13n, 14n],
        [3n, 12n],
      ],
    );
  });

  test('when W is made larger again, what left stays denied', () => {
    const mark = [11n, 12n, 13n].reduce(
      (before, round) => take(before, sampleClaim(grandpa, [3n, round]), { policy: windowed(1) }),
      adopted(grandpa),
    );
    for (const round of [11n, 12n])
      assert.equal(
        reasonOf(mark, sampleClaim(grandpa, [3n, round]), { policy: windowed(64) }),
        'below-floor',
      );
    assert.equal(take(mark, sampleClaim(grandpa, [3n, 14n]), { policy: windowed(64) }).recent.length, 2);
  });
});

describe('strictly increasing claims of the original wire protocol', () => {
  const original = (duty: Duty, place: number) =>
    sampleClaim(duty, unitNumber(duty, place), {
      parts: duty.parts,
      digest: null,
      term: null,
      strictlyIncreasing: true,
    });

  always(
    'a number not above every unit of the mark is denied, also to repeat',
    ({ mark, policy }, claim, duty) => {
      const top = highestOf(mark, duty);
      for (let place = 1; place < 33; place++) {
        const asked = { ...original(duty, place), owner: claim.owner };
        const above = compareUnits(asked.unit, top) > 0;
        assert.equal(reasonOf(mark, asked, { policy }), above ? 'new' : 'not-increasing');
      }
    },
  );

  test('the first number of a key adopted as never signed is granted, number 0 too', () => {
    for (const duty of DUTIES) {
      const mark = take(adopted(duty), original(duty, 0));
      assert.equal(reasonOf(mark, original(duty, 0)), 'not-increasing');
      assert.equal(reasonOf(mark, original(duty, 1)), 'new');
    }
  });

  test('a round takes every part at once, so that no other claim can take one', () => {
    const mark = take(adopted(grandpa), original(grandpa, 20));
    for (const part of signedParts(grandpa))
      for (const digest of [A, null])
        assert.equal(
          reasonOf(mark, sampleClaim(grandpa, [3n, 20n], { parts: [part], digest })),
          'unit-taken',
        );
    assert.equal(
      reasonOf(mark, sampleClaim(grandpa, [3n, 20n], { parts: ['enter'], term: 9n })),
      'unit-taken',
    );
  });

  test('where the policy requires a digest it is denied', () => {
    const policy = samplePolicy({}, { digestRequired: true });
    assert.equal(reasonOf(adopted(babe), original(babe, 20), { policy }), 'digest-required');
    assert.equal(reasonOf(adopted(imOnline), original(imOnline, 20), { policy }), 'new');
  });
});
