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
  DEADLINE_MS,
  FREE,
  grantedIn,
  MARK,
  now,
  ON_WATCH,
  OWN,
  OWN_SESSION,
  POINTER,
  read,
  recalled,
  SEAL,
  SESSION,
  STANDING,
  short,
  transacted,
  turn,
} from './testing/claim.ts';
import { fakeClaim, kinds, only, transacting } from './testing/fake-claim.ts';

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
    const down = await transacting();
    await down.send(transacted(3, { kind: 'entered' }, { holds: false, storeFault: 'no route' }));
    const told = [claim, late, lost, down].flatMap((one) => one.told.map(short));
    const unknown = ['deadline', 'session-checking', 'store-unavailable'].map((code) => `unknown:${code}`);
    assert.deepEqual(told, ['granted:new', ...unknown]);
    assert.equal(down.told[0]?.detail, 'no route');
  });

  test('an entry that was durable too late is not a grant', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, APPLIED), appended(DEADLINE_MS));
    assert.deepEqual(claim.told.map(short), ['unknown:deadline']);
  });
});

describe('a conflict', () => {
  test('another session record is for the session to understand', async () => {
    for (const found of [null, 'another']) {
      const claim = await transacting();
      const calls = await claim.send(transacted(3, conflict({ [OWN_SESSION]: found })));
      assert.deepEqual(calls, [{ kind: 'compare-failed', compared: SESSION, found }, { kind: 'queue' }]);
    }
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
  test('is looked up by its nonce on a linearizable read, compared once more, and made durable', async () => {
    const claim = await transacting();
    assert.deepEqual(kinds(await claim.send(transacted(3, AMBIGUOUS))), ['queue']);
    assert.deepEqual(kinds(await claim.send({ ...turn(4), report: 'a word is held' })), ['read']);
    const effects = await claim.send(read(basisOf(grantedIn(FREE, SEAL, 'nonce-1'), { nonce: 'nonce-2' })));
    const { transaction } = only(effects, 'transact');
    assert.deepEqual(transaction.writes, []);
    assert.ok(transaction.compares.some(({ key }) => key === POINTER));
    const append = only(await claim.send(transacted(6, APPLIED)), 'append');
    assert.equal(append.entry.nonce, 'nonce-1');
    await claim.send(appended(7));
    assert.deepEqual(claim.told.map(short), ['granted:new']);
  });

  test('that the store does not hold is decided again, and stays in mind', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, AMBIGUOUS), turn(4));
    const effects = await claim.send(read(basisOf(FREE, { nonce: 'nonce-2' })));
    assert.deepEqual(kinds(effects), ['transact']);
    assert.deepEqual([...claim.state.attempts.keys()], ['nonce-1', 'nonce-2']);
  });
});

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const THEIRS = { ...ENTER, owner: { node: 'b', incarnation: OTHER_INCARNATION } };
const watchRead = (watch = ON_WATCH) =>
  ({ kind: 'watch-read', now: now(3), watch, standing: STANDING }) as const;

/** An `enter` whose transaction had no certain answer. */
async function ambiguousEnter() {
  const claim = fakeClaim(ENTER);
  await claim.send(turn(1), recalled(null), read(basisOf(ROUND)), watchRead());
  await claim.send(transacted(4, AMBIGUOUS), turn(5));
  assert.equal(claim.phase(), 'read');
  return claim;
}

describe('an ambiguous enter', () => {
  test('that the store holds beside an earlier one is found by its nonce, with its watch', async () => {
    const entered = grantedIn(ROUND, ENTER, 'nonce-1');
    const twice = grantedIn(
      entered,
      { ...ENTER, owner: { ...ENTER.owner, incarnation: OTHER_INCARNATION } },
      'later',
    );
    const claim = await ambiguousEnter();
    const { transaction } = only(await claim.send(read(basisOf(twice, { nonce: 'nonce-2' }))), 'transact');
    assert.deepEqual(transaction.writes, []);
    const append = only(await claim.send(transacted(6, APPLIED)), 'append');
    assert.equal(append.entry.nonce, 'nonce-1', 'the entry of the claim, not the last one of the mark');
    assert.deepEqual(append.decision?.watch, { holder: 'a', term: '1' });
    await claim.send(appended(7));
    assert.deepEqual(claim.told.map(short), ['granted:new']);
  });

  test('is not mistaken for the enter of another node', async () => {
    const claim = await ambiguousEnter();
    const theirs = grantedIn(ROUND, THEIRS, 'theirs');
    assert.deepEqual(kinds(await claim.send(read(basisOf(theirs, { nonce: 'nonce-2' })))), ['read-watch']);
    await claim.send(watchRead());
    assert.deepEqual(claim.told.map(short), ['denied:unit-taken']);
  });
});

const vote = (part: 'prevote' | 'precommit') =>
  ({ ...ENTER, parts: [part], digest: '01'.repeat(40), term: null }) as const;

test('an ambiguous vote that the store holds beside another vote of the unit is found', async () => {
  const entered = grantedIn(ROUND, ENTER, 'entered');
  const claim = fakeClaim(vote('prevote'));
  await claim.send(turn(1), recalled(basisOf(entered)), transacted(3, AMBIGUOUS), turn(4));
  const both = grantedIn(grantedIn(entered, vote('prevote'), 'nonce-1'), vote('precommit'), 'later');
  const effects = await claim.send(read(basisOf(both, { nonce: 'nonce-2' })));
  await claim.send(transacted(6, APPLIED), appended(7));
  assert.deepEqual(only(effects, 'transact').transaction.writes, []);
  assert.deepEqual(claim.told.map(short), ['granted:new'], 'a repeat would not be its own grant');
});

describe('an ambiguous transaction', () => {
  test('of a mark that is gone is decided again', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, AMBIGUOUS), turn(4));
    const gone = basisOf(null, { remembered: { point: null, grants: [] } });
    await claim.send(read(gone));
    assert.deepEqual(claim.told.map(short), ['denied:not-adopted']);
  });

  test('of a key whose policy is gone gets no grant', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, AMBIGUOUS), turn(4));
    await claim.send(read(basisOf(grantedIn(FREE, SEAL, 'nonce-1'), { policy: null })));
    assert.deepEqual(claim.told.map(short), ['denied:not-listed']);
    assert.match(claim.told[0]?.detail ?? '', /have no policy/);
  });

  test('that is found waits for a certain session record', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, AMBIGUOUS), turn(4));
    const found = basisOf(grantedIn(FREE, SEAL, 'nonce-1'));
    assert.deepEqual(kinds(await claim.send(read(found, 5, { sessionText: null }))), ['wait']);
    assert.deepEqual(claim.told, []);
  });

  test('whose compare fails was not written by that compare, and stays in mind', async () => {
    const claim = await transacting();
    await claim.send(transacted(3, AMBIGUOUS), turn(4), read(basisOf(grantedIn(FREE, SEAL, 'nonce-1'))));
    const effects = await claim.send(transacted(6, conflict({ [MARK]: 'another' })));
    assert.deepEqual(kinds(effects), ['refresh']);
    assert.deepEqual([...claim.state.attempts.keys()], ['nonce-1']);
  });
});

test('the transaction of an enter compares that there is no watch yet, and answers with the watch', async () => {
  const claim = fakeClaim(ENTER);
  const never = { record: { holder: 'a', term: '1', relief: null }, text: null };
  const effects = await claim.send(turn(1), recalled(null), read(basisOf(ROUND)), watchRead(never));
  const compared = only(effects, 'transact').transaction.compares.find(
    ({ key }) => key === keys.watch(ENTER.chain, ENTER.key),
  );
  assert.equal(compared?.value, null);
  await claim.send(transacted(4, APPLIED), appended(5));
  assert.deepEqual(claim.told[0]?.watch, { holder: 'a', term: '1' });
});

describe('a conflict', () => {
  test('about mark and policy reads both again', async () => {
    const claim = await transacting();
    const effects = await claim.send(transacted(3, conflict({ [MARK]: null, [POINTER]: 'pointer 2' })));
    assert.deepEqual(effects, [{ kind: 'refresh', policy: true, mark: true }]);
  });

  test('about another epoch says so, and stays bounded', async () => {
    const claim = await transacting();
    const effects = await claim.send(transacted(3, conflict({ [MARK]: null, [keys.epoch]: 'another' })));
    assert.match(only(effects, 'store-behind').why, /epoch/);
    assert.equal(claim.state.conflicts, 1);
  });
});

test('a repeat writes no mark, so none is remembered', async () => {
  const claim = fakeClaim();
  await claim.send(turn(1), recalled(basisOf(OWN)));
  assert.deepEqual(kinds(await claim.send(transacted(3, APPLIED))), ['append']);
});
