import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Claim, type Duty, signedParts } from './index.ts';
import { always, reasonOf } from './testing/always.ts';
import { adopted, ask, digestOf, dutyNamed, sampleAttempt, sampleClaim, take } from './testing/samples.ts';

const babe = dutyNamed('babe');
const grandpa = dutyNamed('grandpa');
const A = digestOf(grandpa, 'A');
const B = digestOf(grandpa, 'B');
const ann2 = { node: 'ann', incarnation: 'ann-2' };
const bob = { node: 'bob', incarnation: 'bob-1' };

describe('rule 4, enter', () => {
  const enter = (owner: Claim['owner'], term: bigint) =>
    sampleClaim(grandpa, [3n, 20n], { parts: ['enter'], owner, term });
  const ann = { node: 'ann', incarnation: 'ann-1' };
  const entered = take(adopted(grandpa), enter(ann, 4n));

  test('is repeated to the owner node, also after a restart, while no part is granted', () => {
    assert.deepEqual(ask(entered, enter(ann, 4n)), { outcome: 'grant', reason: 'repeat', next: null });
    const again = ask(entered, enter(ann2, 4n), { attempt: sampleAttempt({ nonce: 'n-again' }) });
    assert.ok(again.outcome === 'grant' && again.reason === 'repeat' && again.next !== null);
    const enters = [
      { nonce: 'nonce-0', incarnation: 'ann-1' },
      { nonce: 'n-again', incarnation: 'ann-2' },
    ];
    assert.deepEqual(again.next.recent, [{ unit: [3n, 20n], owner: ann2, term: 4n, parts: [], enters }]);
    assert.deepEqual([again.next.seq, again.next.last.owner], [entered.seq + 1n, ann2]);
  });

  test('of another node under a later term moves the ownership', () => {
    const moved = take(entered, enter(bob, 5n), { attempt: sampleAttempt({ nonce: 'n-move' }) });
    const enters = [
      { nonce: 'nonce-0', incarnation: 'ann-1' },
      { nonce: 'n-move', incarnation: 'bob-1' },
    ];
    assert.deepEqual(moved.recent, [{ unit: [3n, 20n], owner: bob, term: 5n, parts: [], enters }]);
    assert.equal(
      reasonOf(moved, sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'], owner: ann })),
      'unit-taken',
    );
    assert.equal(reasonOf(moved, sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'], owner: bob })), 'new');
    assert.equal(reasonOf(moved, enter(ann, 5n)), 'unit-taken');
    assert.equal(reasonOf(moved, enter(ann, 6n)), 'new');
  });

  test('of another node under the same or an earlier term is denied', () => {
    for (const term of [0n, 3n, 4n]) assert.equal(reasonOf(entered, enter(bob, term)), 'unit-taken');
  });

  test('is denied to all nodes once a part is granted, whatever the term', () => {
    const voted = take(entered, sampleClaim(grandpa, [3n, 20n], { parts: ['propose'] }));
    for (const owner of [ann, ann2, bob])
      for (const term of [4n, 5n, 900n]) assert.equal(reasonOf(voted, enter(owner, term)), 'unit-taken');
  });
});

describe('rule 4, a part already granted', () => {
  always('is never granted for another digest', ({ mark, policy }, claim, duty) => {
    for (const { unit, parts, owner } of mark.recent) {
      for (const { part, digest } of parts) {
        const other = digest === digestOf(duty, 'A') ? digestOf(duty, 'B') : digestOf(duty, 'A');
        const again = { ...claim, unit, parts: [part], digest: other, term: null };
        assert.equal(ask(mark, again, { policy }).outcome, 'deny');
        if (digest !== null) assert.equal(reasonOf(mark, { ...again, owner }, { policy }), 'digest-differs');
      }
    }
  });

  always('is never granted without a digest, nor where none was bound', ({ mark, policy }, _claim, duty) => {
    for (const { unit, parts, owner } of mark.recent) {
      for (const { part, digest } of parts) {
        const again = sampleClaim(duty, unit, { parts: [part], owner });
        assert.equal(reasonOf(mark, { ...again, digest: null }, { policy }), 'unit-taken');
        if (digest === null) assert.equal(reasonOf(mark, again, { policy }), 'unit-taken');
      }
    }
  });

  test('together with one that is not: denied, so that no claim is half new', () => {
    const mark = take(adopted(grandpa), sampleClaim(grandpa, [3n, 20n], { parts: ['prevote'], digest: A }));
    const both = sampleClaim(grandpa, [3n, 20n], { parts: ['prevote', 'precommit'], digest: A });
    assert.equal(reasonOf(mark, both), 'unit-taken');
    const whole = take(mark, { ...both, parts: ['precommit'] });
    assert.equal(reasonOf(whole, both), 'repeat');
    assert.equal(reasonOf(whole, { ...both, digest: B }), 'digest-differs');
    assert.equal(reasonOf(whole, { ...both, parts: ['enter', 'prevote', 'precommit'] }), 'unit-taken');
    const mixed = take(mark, { ...both, parts: ['precommit'], digest: B });
    assert.equal(reasonOf(mixed, both), 'digest-differs');
  });

  test('a duty that is never repeated is not repeated even where it binds a digest', () => {
    const once: Duty = { ...babe, repeat: 'never' };
    const claim = sampleClaim(once, [20n]);
    assert.equal(reasonOf(take(adopted(once), claim), claim), 'unit-taken');
  });
});

describe('rule 4, a part not yet granted', () => {
  always('to the owner, granted; to others, denied unit-taken', ({ mark, policy }, _claim, duty) => {
    for (const { unit, parts, owner } of mark.recent) {
      for (const part of signedParts(duty).filter((name) => parts.every((grant) => grant.part !== name))) {
        const claim = sampleClaim(duty, unit, { parts: [part], owner });
        assert.equal(reasonOf(mark, claim, { policy }), 'new');
        const stranger = owner.node === 'bob' ? 'cat' : 'bob';
        const other = { ...claim, owner: { node: stranger, incarnation: owner.incarnation } };
        assert.equal(reasonOf(mark, other, { policy }), 'unit-taken');
        const restarted = { ...claim, owner: { ...owner, incarnation: 'later' } };
        assert.equal(reasonOf(mark, restarted, { policy }), duty.owner === 'node' ? 'new' : 'unit-taken');
      }
    }
  });

  test('a unit owned by one start belongs to it, node and start together', () => {
    const two: Duty = { ...babe, parts: ['seal', 'vote'] };
    const mark = take(adopted(two), sampleClaim(two, [20n], { parts: ['seal'] }));
    const vote = (owner: Claim['owner']) =>
      reasonOf(mark, sampleClaim(two, [20n], { parts: ['vote'], owner }));
    assert.deepEqual(
      [vote({ node: 'ann', incarnation: 'ann-1' }), vote(ann2), vote({ node: 'bob', incarnation: 'ann-1' })],
      ['new', 'unit-taken', 'unit-taken'],
    );
  });
});
