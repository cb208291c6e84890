import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keys } from '../ground/keys.ts';
import {
  AMBIGUOUS,
  APPLIED,
  appended,
  basisOf,
  conflict,
  DEADLINE_MS,
  FREE,
  grantedIn,
  MARK,
  OWN,
  OWN_SESSION,
  POINTER,
  read,
  recalled,
  SEAL,
  SESSION,
  short,
  TAKEN,
  transacted,
  turn,
} from './testing/claim.ts';
import { type Call, type FakeClaim, fakeClaim, kinds, only, transacting } from './testing/fake-claim.ts';

describe('the transaction', () => {
  test('compares the mark, the policy, the epoch and the session', async () => {
    const claim = fakeClaim();
    const { transaction } = only(await claim.send(turn(1), recalled(basisOf(FREE))), 'transact');
    const compared = transaction.compares.map(({ key, value }) => [key, Buffer.from(value ?? []).toString()]);
    assert.deepEqual(compared, [
      [MARK, FREE.headText],
      [POINTER, 'pointer 1'],
      [keys.epoch, 'epoch'],
      [OWN_SESSION, SESSION],
    ]);
    assert.equal(transaction.writes[0]?.key, MARK);
  });

  test('an entry that this service does not remember is learned before it is replaced', async () => {
    const claim = fakeClaim();
    const basis = basisOf(FREE, { remembered: { point: null, grants: [] } });
    const effects = await claim.send(turn(1), recalled(basis));
    assert.deepEqual(kinds(effects), ['learn', 'transact']);
    assert.equal(only(effects, 'learn').hash, FREE.mark.lastHash);
  });

  test('a repeat compares too, and writes nothing', async () => {
    const claim = fakeClaim();
    const { transaction } = only(await claim.send(turn(1), recalled(basisOf(OWN))), 'transact');
    assert.equal(transaction.compares.length, 4);
    assert.deepEqual(transaction.writes, []);
    assert.equal(claim.state.attempts.size, 0);
  });

  test('is not begun under a session that was lost, that is not certain, or for a claim that ended', async () => {
    const lost = fakeClaim();
    await lost.send(turn(1), recalled(basisOf(FREE), 2, { holds: false }));
    assert.deepEqual(lost.told.map(short), ['unknown:session-checking']);
    const uncertain = fakeClaim();
    assert.deepEqual(
      kinds(await uncertain.send(turn(1), recalled(basisOf(FREE), 2, { sessionText: null }))),
      ['wait'],
    );
    const ended = fakeClaim();
    assert.deepEqual(kinds(await ended.send(turn(1), { kind: 'gone' }, read(basisOf(FREE)))), ['tell']);
    assert.deepEqual(ended.told.map(short), ['unknown:deadline']);
  });

  test('its entry is durable before the claim is answered', async () => {
    const claim = await transacting();
    const effects = await claim.send(transacted(3, APPLIED));
    assert.deepEqual(kinds(effects), ['remember', 'append']);
    assert.equal(only(effects, 'append').decision?.outcome, 'granted');
    assert.deepEqual(claim.told, []);
    await claim.send(appended(4));
    assert.deepEqual(claim.told.map(short), ['granted:new']);
  });

  test('a claim whose session was lost before the entry was durable, or after, gets no grant', async () => {
    const before = await transacting();
    const { decision } = only(await before.send(transacted(3, APPLIED, { holds: false })), 'append');
    assert.equal(decision, null);
    await before.send(appended(4, { holds: false }));
    assert.deepEqual(before.told.map(short), ['unknown:session-checking']);
    const after = await transacting();
    await after.send(transacted(3, APPLIED), appended(4, { holds: false }));
    assert.deepEqual(after.told.map(short), ['unknown:session-checking']);
  });

  test('an entry in the commit of the mark is not appended again', async () => {
    const claim = await transacting();
    const effects = await claim.send(transacted(3, { kind: 'entered' }));
    assert.deepEqual(kinds(effects), ['enter', 'remember', 'tell']);
    assert.equal(only(effects, 'enter').decision?.outcome, 'granted');
    const late = await transacting();
    await late.send(transacted(DEADLINE_MS, { kind: 'entered' }));
    const lost = await transacting();
    await lost.send(transacted(3, { kind: 'entered' }, { holds: false }));
    const told = [claim, late, lost].flatMap((one) => one.told.map(short));
    assert.deepEqual(told, ['granted:new', 'unknown:deadline', 'unknown:session-checking']);
  });

  test('an entry that was durable too late is not a grant', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, APPLIED), appended(DEADLINE_MS));
    assert.deepEqual(claim.told.map(short), ['unknown:deadline']);
  });
});

describe('a conflict', () => {
  test('another mark or policy is read again, and the claim is decided again', async () => {
    const claim = await transacting();
    const effects = await claim.send(transacted(3, conflict({ [MARK]: TAKEN.headText })));
    assert.deepEqual(effects, [{ kind: 'refresh', policy: false, mark: true }]);
    assert.deepEqual(kinds(await claim.send({ kind: 'refreshed' })), ['queue']);
    assert.equal(claim.state.attempts.size, 0, 'no write was applied');
    const other = await transacting();
    const moved = await other.send(transacted(3, conflict({ [POINTER]: 'pointer 2' })));
    assert.deepEqual(moved, [{ kind: 'refresh', policy: true, mark: false }]);
  });

  test('another session record is for the session to understand', async () => {
    const claim = await transacting();
    const effects = await claim.send(transacted(3, conflict({ [OWN_SESSION]: null })));
    assert.deepEqual(effects, [
      { kind: 'compare-failed', compared: SESSION, found: null },
      { kind: 'queue' },
    ]);
  });

  test('another epoch ends the session', async () => {
    const claim = await transacting();
    assert.deepEqual(kinds(await claim.send(transacted(3, conflict({}, false)))), ['store-behind', 'queue']);
  });

  test('64 of them are the end', async () => {
    const claim = fakeClaim();
    for (let count = 0; count < 64; count++) {
      assert.deepEqual(claim.told, [], String(count));
      await claim.send(turn(1), recalled(basisOf(FREE)), transacted(3, conflict({})));
    }
    assert.deepEqual(claim.told.map(short), ['unknown:contention']);
  });
});

describe('an ambiguous transaction', () => {
  /** The claim has read the store after it, and the store holds its entry. */
  async function found(
    policy = basisOf(FREE).policy,
  ): Promise<{ claim: FakeClaim; effects: readonly Call[] }> {
    const claim = await transacting();
    assert.deepEqual(kinds(await claim.send(transacted(3, AMBIGUOUS))), ['queue']);
    assert.deepEqual(kinds(await claim.send({ ...turn(4), report: 'a word is held' })), ['read']);
    const applied = grantedIn(FREE, SEAL, 'nonce-1');
    return { claim, effects: await claim.send(read(basisOf(applied, { policy, nonce: 'nonce-2' }))) };
  }

  test('is looked up by its nonce on a linearizable read, compared once more, and made durable', async () => {
    const { claim, effects } = await found();
    const { transaction } = only(effects, 'transact');
    assert.deepEqual(transaction.writes, []);
    assert.ok(transaction.compares.some(({ key }) => key === POINTER));
    const append = only(await claim.send(transacted(6, APPLIED)), 'append');
    assert.equal(append.entry.nonce, 'nonce-1');
    await claim.send(appended(7));
    assert.deepEqual(claim.told.map(short), ['granted:new']);
  });

  test('gets no grant if the node was removed', async () => {
    const { policy } = basisOf(FREE);
    assert.ok(policy);
    const removed = { ...policy, policy: { ...policy.policy, roster: [{ name: 'b', rank: 0 }] } };
    assert.deepEqual((await found(removed)).claim.told.map(short), ['denied:not-listed']);
  });

  test('that the store does not hold is decided again, and stays in mind', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, AMBIGUOUS), turn(4));
    const effects = await claim.send(read(basisOf(FREE, { nonce: 'nonce-2' })));
    assert.deepEqual(kinds(effects), ['transact']);
    assert.deepEqual([...claim.state.attempts.keys()], ['nonce-1', 'nonce-2']);
  });
});
