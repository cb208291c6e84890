import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keys } from '../ground/keys.ts';
import { OTHER_INCARNATION } from '../testing/services.ts';
import {
  AMBIGUOUS,
  APPLIED,
  adopted,
  appended,
  basisOf,
  claimWith,
  conflict,
  FREE,
  fakeClaim,
  grantedIn,
  heldOf,
  kinds,
  MARK,
  now,
  ON_WATCH,
  OWN,
  OWN_SESSION,
  only,
  read,
  recalled,
  SEAL,
  SESSION,
  STANDING,
  short,
  transacted,
  transacting,
  turn,
} from './testing/claim.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const THEIRS = { ...ENTER, owner: { node: 'b', incarnation: OTHER_INCARNATION } };
const watchRead = (watch = ON_WATCH) =>
  ({ kind: 'watch-read', now: now(3), watch, standing: STANDING }) as const;

/** An `enter` whose transaction had no certain answer. */
function ambiguousEnter() {
  const claim = fakeClaim(ENTER);
  claim.send(turn(1), recalled(null), read(basisOf(ROUND)), watchRead());
  claim.send(transacted(4, AMBIGUOUS), turn(5));
  assert.equal(claim.state().phase.kind, 'reading');
  return claim;
}

describe('an ambiguous enter', () => {
  test('that the store holds beside an earlier one is found by its nonce, with its watch', () => {
    const entered = grantedIn(ROUND, ENTER, 'nonce-1');
    const twice = grantedIn(
      entered,
      { ...ENTER, owner: { ...ENTER.owner, incarnation: OTHER_INCARNATION } },
      'later',
    );
    const claim = ambiguousEnter();
    const { transaction } = only(claim.send(read(basisOf(twice, { nonce: 'nonce-2' }))), 'transact');
    assert.deepEqual(transaction.writes, []);
    const append = only(claim.send(transacted(6, APPLIED)), 'append');
    assert.equal(append.entry.nonce, 'nonce-1', 'the entry of the claim, not the last one of the mark');
    assert.deepEqual(append.decision?.watch, { holder: 'a', term: '1' });
    claim.send(appended(7));
    assert.deepEqual(claim.told.map(short), ['granted:new']);
  });

  test('is not mistaken for the enter of another node', () => {
    const claim = ambiguousEnter();
    const theirs = grantedIn(ROUND, THEIRS, 'theirs');
    assert.deepEqual(kinds(claim.send(read(basisOf(theirs, { nonce: 'nonce-2' })))), ['read-watch']);
    claim.send(watchRead());
    assert.deepEqual(claim.told.map(short), ['denied:unit-taken']);
  });
});

describe('an ambiguous transaction', () => {
  test('of a mark that is gone is decided again', () => {
    const claim = transacting();
    claim.send(transacted(3, AMBIGUOUS), turn(4));
    const gone = basisOf(null, { remembered: { point: null, grants: [] } });
    claim.send(read(gone));
    assert.deepEqual(claim.told.map(short), ['denied:not-adopted']);
  });

  test('of a key whose policy is gone gets no grant', () => {
    const claim = transacting();
    claim.send(transacted(3, AMBIGUOUS), turn(4));
    claim.send(read(basisOf(grantedIn(FREE, SEAL, 'nonce-1'), { policy: null })));
    assert.deepEqual(claim.told.map(short), ['denied:not-listed']);
    assert.match(claim.told[0]?.detail ?? '', /^a was removed/);
  });

  test('that is found waits for a certain session record', () => {
    const claim = transacting();
    claim.send(transacted(3, AMBIGUOUS), turn(4));
    const found = basisOf(grantedIn(FREE, SEAL, 'nonce-1'));
    assert.deepEqual(kinds(claim.send(read(found, 5, { sessionText: null }))), ['wait']);
    assert.deepEqual(claim.told, []);
  });

  test('whose compare fails was not written by that compare, and stays in mind', () => {
    const claim = transacting();
    claim.send(transacted(3, AMBIGUOUS), turn(4), read(basisOf(grantedIn(FREE, SEAL, 'nonce-1'))));
    const effects = claim.send(transacted(6, conflict({ [MARK]: 'another' })));
    assert.deepEqual(kinds(effects), ['refresh']);
    assert.deepEqual([...claim.state().attempts.keys()], ['nonce-1']);
  });
});

describe('the transaction of an enter', () => {
  test('compares that there is no watch yet, and answers with the watch', () => {
    const claim = fakeClaim(ENTER);
    const never = { record: { holder: 'a', term: '1', relief: null }, text: null };
    const effects = claim.send(turn(1), recalled(null), read(basisOf(ROUND)), watchRead(never));
    const compared = only(effects, 'transact').transaction.compares.find(
      ({ key }) => key === keys.watch(ENTER.chain, ENTER.key),
    );
    assert.equal(compared?.value, null);
    claim.send(transacted(4, APPLIED), appended(5));
    assert.deepEqual(claim.told[0]?.watch, { holder: 'a', term: '1' });
  });
});

describe('a conflict', () => {
  test('about the session hands on the record that was found', () => {
    const claim = transacting();
    const [failed] = claim.send(transacted(3, conflict({ [OWN_SESSION]: 'another' })));
    assert.deepEqual(failed, { kind: 'compare-failed', compared: SESSION, found: 'another' });
  });

  test('about another epoch says so, and stays bounded', () => {
    const claim = transacting();
    const effects = claim.send(transacted(3, conflict({ [MARK]: null }, false)));
    assert.match(only(effects, 'store-behind').why, /epoch/);
    assert.equal(claim.state().conflicts, 1);
  });
});

test('a repeat writes no mark, so none is remembered', () => {
  const claim = fakeClaim();
  claim.send(turn(1), recalled(basisOf(OWN)));
  assert.deepEqual(kinds(claim.send(transacted(3, APPLIED))), ['append']);
});

test('a grant is remembered with the head that the store holds now', () => {
  const claim = fakeClaim();
  const { writes } = only(claim.send(turn(1), recalled(basisOf(FREE))), 'transact').transaction;
  const { held } = only(claim.send(transacted(3, APPLIED)), 'remember');
  assert.equal(held.headText, Buffer.from(writes[0]?.value ?? []).toString());
  assert.deepEqual(held, heldOf(SEAL, held.mark));
});
