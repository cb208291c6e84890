import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClaimEffect } from './claim-events.ts';
import {
  AMBIGUOUS,
  APPLIED,
  appended,
  basisOf,
  conflict,
  type FakeClaim,
  FREE,
  fakeClaim,
  grantedIn,
  kinds,
  OWN,
  only,
  POINTER,
  read,
  recalled,
  SEAL,
  short,
  transacted,
  transacting,
  turn,
} from './testing/claim.ts';

describe('the transaction', () => {
  test('an entry that this service does not remember is learned before it is replaced', () => {
    const claim = fakeClaim();
    const basis = basisOf(FREE, { remembered: { point: null, grants: [] } });
    const effects = claim.send(turn(1), recalled(basis));
    assert.deepEqual(kinds(effects), ['learn', 'transact']);
    assert.equal(only(effects, 'learn').hash, FREE.mark.lastHash);
  });

  test('a repeat compares too, and writes nothing', () => {
    const claim = fakeClaim();
    const { transaction } = only(claim.send(turn(1), recalled(basisOf(OWN))), 'transact');
    assert.equal(transaction.compares.length, 4);
    assert.deepEqual(transaction.writes, []);
    assert.equal(claim.state().attempts.size, 0);
  });

  test('is not begun under a session that was lost, that is not certain, or for a claim that ended', () => {
    const lost = fakeClaim();
    lost.send(turn(1), recalled(basisOf(FREE), 2, { holds: false }));
    assert.deepEqual(lost.told.map(short), ['unknown:session-checking']);
    const uncertain = fakeClaim();
    assert.deepEqual(kinds(uncertain.send(turn(1), recalled(basisOf(FREE), 2, { sessionText: null }))), [
      'wait',
    ]);
    const ended = fakeClaim();
    assert.deepEqual(kinds(ended.send(turn(1), { kind: 'gone' }, recalled(basisOf(FREE)))), ['tell']);
    assert.deepEqual(ended.told.map(short), ['unknown:deadline']);
  });
});

describe('a conflict', () => {
  test('64 of them are the end', () => {
    const claim = fakeClaim();
    for (let count = 0; count < 64; count++) {
      assert.deepEqual(claim.told, [], String(count));
      claim.send(turn(1), recalled(basisOf(FREE)), transacted(3, conflict({})));
    }
    assert.deepEqual(claim.told.map(short), ['unknown:contention']);
  });
});

describe('an ambiguous transaction', () => {
  /** The claim has read the store after it, and the store holds its entry. */
  function found(policy = basisOf(FREE).policy): { claim: FakeClaim; effects: readonly ClaimEffect[] } {
    const claim = transacting();
    assert.deepEqual(kinds(claim.send(transacted(3, AMBIGUOUS))), ['queue']);
    assert.deepEqual(kinds(claim.send({ ...turn(4), report: 'a word is held' })), ['read']);
    const applied = grantedIn(FREE, SEAL, 'nonce-1');
    return { claim, effects: claim.send(read(basisOf(applied, { policy, nonce: 'nonce-2' }))) };
  }

  test('is looked up by its nonce on a linearizable read, compared once more, and made durable', () => {
    const { claim, effects } = found();
    const { transaction } = only(effects, 'transact');
    assert.deepEqual(transaction.writes, []);
    assert.ok(transaction.compares.some(({ key }) => key === POINTER));
    const append = only(claim.send(transacted(6, APPLIED)), 'append');
    assert.equal(append.entry.nonce, 'nonce-1');
    claim.send(appended(7));
    assert.deepEqual(claim.told.map(short), ['granted:new']);
  });
});
