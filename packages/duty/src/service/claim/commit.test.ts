import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Claim } from '../../rule/index.ts';
import { keys } from '../ground/keys.ts';
import type { HeldMark } from '../ground/marks.ts';
import { OTHER_INCARNATION } from '../testing/services.ts';
import type { Basis } from './asked.ts';
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
  onRead,
  onTurn,
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
import {
  type ClaimEvent,
  type FakeClaim,
  fakeClaim,
  kinds,
  only,
  transacting,
} from './testing/fake-claim.ts';

describe('the transaction', () => {
  test('compares the mark, the policy, the epoch and the session', async () => {
    const { transaction } = only(await fakeClaim().send(...onTurn(basisOf(FREE))), 'transact');
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
    const basis = basisOf(FREE, { remembered: { point: null, grants: [] } });
    const calls = await fakeClaim().send(...onTurn(basis));
    assert.deepEqual(kinds(calls), ['learn', 'transact']);
    assert.equal(only(calls, 'learn').hash, FREE.mark.lastHash);
  });

  test('is not begun under a session that was lost, that is not certain, or for a claim that ended', async () => {
    const lost = recalled(basisOf(FREE), 2, { holds: false });
    assert.equal(await fakeClaim().answer(turn(1), lost), 'unknown:session-checking');
    const uncertain = recalled(basisOf(FREE), 2, { sessionText: null });
    assert.deepEqual(await fakeClaim().calls(turn(1), uncertain), ['wait']);
    const ended = fakeClaim();
    assert.deepEqual(await ended.calls(turn(1), { kind: 'gone' }, read(basisOf(FREE))), ['tell']);
    assert.deepEqual(ended.told.map(short), ['unknown:deadline']);
  });

  test('its entry is durable before the claim is answered', async () => {
    const claim = await transacting();
    const calls = await claim.send(transacted(3, APPLIED));
    assert.deepEqual(kinds(calls), ['remember', 'append']);
    assert.equal(only(calls, 'append').decision?.outcome, 'granted');
    assert.deepEqual(claim.told, []);
    assert.equal(await claim.answer(appended(4)), 'granted:new');
  });

  test('a claim whose session was lost before the entry was durable, or after, gets no grant', async () => {
    const before = await transacting();
    const { decision } = only(await before.send(transacted(3, APPLIED, { holds: false })), 'append');
    assert.equal(decision, null);
    const lost = appended(4, { holds: false });
    assert.equal(await before.answer(lost), 'unknown:session-checking');
    const after = await transacting();
    assert.equal(await after.answer(transacted(3, APPLIED), lost), 'unknown:session-checking');
  });

  test('an entry in the commit of the mark is not appended again', async () => {
    const entered = { kind: 'entered' } as const;
    const claim = await transacting();
    const calls = await claim.send(transacted(3, entered));
    assert.deepEqual(kinds(calls), ['enter', 'remember', 'tell']);
    assert.equal(only(calls, 'enter').decision?.outcome, 'granted');
    assert.deepEqual(claim.told.map(short), ['granted:new']);
    const answer = async (ms: number, now: object) =>
      (await transacting()).answer(transacted(ms, entered, now));
    assert.equal(await answer(DEADLINE_MS, {}), 'unknown:deadline');
    assert.equal(await answer(3, { holds: false }), 'unknown:session-checking');
    const down = await transacting();
    await down.send(transacted(3, entered, { holds: false, storeFault: 'no route' }));
    assert.deepEqual(down.told.map(short), ['unknown:store-unavailable']);
    assert.equal(down.told[0]?.detail, 'no route');
  });

  test('an entry that was durable too late is not a grant', async () => {
    const claim = await transacting();
    assert.equal(await claim.answer(transacted(3, APPLIED), appended(DEADLINE_MS)), 'unknown:deadline');
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

  test('about mark and policy reads both again', async () => {
    const claim = await transacting();
    const calls = await claim.send(transacted(3, conflict({ [MARK]: null, [POINTER]: 'pointer 2' })));
    assert.deepEqual(calls, [{ kind: 'refresh', policy: true, mark: true }]);
  });

  test('about another epoch says so, and stays bounded', async () => {
    const claim = await transacting();
    const calls = await claim.send(transacted(3, conflict({ [MARK]: null, [keys.epoch]: 'another' })));
    assert.match(only(calls, 'store-behind').why, /epoch/);
    assert.equal(claim.state.conflicts, 1);
  });

  test('64 of them are the end', async () => {
    const claim = fakeClaim();
    for (let count = 0; count < 64; count++) {
      assert.deepEqual(claim.told, [], String(count));
      await claim.send(...onTurn(basisOf(FREE)), transacted(3, conflict({})));
    }
    assert.deepEqual(claim.told.map(short), ['unknown:contention']);
  });
});

/** The basis of the next look. */
const next = (held: HeldMark | null, change: Partial<Basis> = {}) =>
  basisOf(held, { nonce: 'nonce-2', ...change });
const FOUND = grantedIn(FREE, SEAL, 'nonce-1');

/** A claim whose transaction had no certain answer, and which then has its turn. */
async function ambiguous(claim = transacting()): Promise<FakeClaim> {
  const fake = await claim;
  await fake.send(transacted(3, AMBIGUOUS), turn(4));
  assert.equal(fake.phase(), 'read');
  return fake;
}

/** The entry that the claim appends after its look found it and compared once more. */
async function foundBy(claim: FakeClaim, held: HeldMark) {
  const { transaction } = only(await claim.send(read(next(held))), 'transact');
  assert.deepEqual(transaction.writes, []);
  assert.ok(transaction.compares.some(({ key }) => key === POINTER));
  const append = only(await claim.send(transacted(6, APPLIED)), 'append');
  assert.equal(append.entry.nonce, 'nonce-1', 'the entry of the claim, not the last one of the mark');
  assert.equal(await claim.answer(appended(7)), 'granted:new', 'a repeat would not be its own grant');
  return append;
}

describe('an ambiguous transaction', () => {
  test('is looked up by its nonce on a linearizable read, compared once more, and made durable', async () => {
    const claim = await transacting();
    assert.deepEqual(await claim.calls(transacted(3, AMBIGUOUS)), ['queue']);
    assert.deepEqual(await claim.calls({ ...turn(4), report: 'a word is held' }), ['read']);
    await foundBy(claim, FOUND);
  });

  test('that the store does not hold is decided again, and stays in mind', async () => {
    const claim = await ambiguous();
    assert.deepEqual(await claim.calls(read(next(FREE))), ['transact']);
    assert.deepEqual([...claim.state.attempts.keys()], ['nonce-1', 'nonce-2']);
  });

  test('of a mark that is gone is decided again', async () => {
    const gone = next(null, { remembered: { point: null, grants: [] } });
    assert.equal(await (await ambiguous()).answer(read(gone)), 'denied:not-adopted');
  });

  test('of a key whose policy is gone gets no grant', async () => {
    const claim = await ambiguous();
    assert.equal(await claim.answer(read(next(FOUND, { policy: null }))), 'denied:not-listed');
    assert.match(claim.told[0]?.detail ?? '', /have no policy/);
  });

  test('that is found waits for a certain session record', async () => {
    const claim = await ambiguous();
    assert.deepEqual(await claim.calls(read(next(FOUND), 5, { sessionText: null })), ['wait']);
    assert.deepEqual(claim.told, []);
  });

  test('whose compare fails was not written by that compare, and stays in mind', async () => {
    const claim = await ambiguous();
    const other = transacted(6, conflict({ [MARK]: 'another' }));
    assert.deepEqual(await claim.calls(read(next(FOUND)), other), ['refresh']);
    assert.deepEqual([...claim.state.attempts.keys()], ['nonce-1']);
  });
});

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const ENTERED = grantedIn(ROUND, ENTER, 'nonce-1');
const LATER = { node: 'a', incarnation: OTHER_INCARNATION };
const THEIRS = { ...ENTER, owner: { node: 'b', incarnation: OTHER_INCARNATION } };
const watchRead = (watch = ON_WATCH) =>
  ({ kind: 'watch-read', now: now(3), watch, standing: STANDING }) as const;

/** A claim for this part of the round, whose transaction is under way. */
async function inRound(claim: Claim, held: HeldMark, ...events: readonly ClaimEvent[]): Promise<FakeClaim> {
  const fake = fakeClaim(claim);
  assert.equal((await fake.calls(...onRead(basisOf(held)), ...events)).at(-1), 'transact');
  return fake;
}

describe('an ambiguous enter', () => {
  test('that the store holds beside an earlier one is found by its nonce, with its watch', async () => {
    const claim = await ambiguous(inRound(ENTER, ROUND, watchRead()));
    const { decision } = await foundBy(claim, grantedIn(ENTERED, { ...ENTER, owner: LATER }, 'later'));
    assert.deepEqual(decision?.watch, { holder: 'a', term: '1' });
  });

  test('is not mistaken for the enter of another node', async () => {
    const claim = await ambiguous(inRound(ENTER, ROUND, watchRead()));
    assert.deepEqual(await claim.calls(read(next(grantedIn(ROUND, THEIRS, 'theirs')))), ['read-watch']);
    assert.equal(await claim.answer(watchRead()), 'denied:unit-taken');
  });
});

test('an ambiguous vote that the store holds beside another vote of the unit is found', async () => {
  const vote = (part: 'prevote' | 'precommit') =>
    ({ ...ENTER, parts: [part], digest: '01'.repeat(40), term: null }) as const;
  const entered = grantedIn(ROUND, ENTER, 'entered');
  const both = grantedIn(grantedIn(entered, vote('prevote'), 'nonce-1'), vote('precommit'), 'later');
  await foundBy(await ambiguous(inRound(vote('prevote'), entered)), both);
});

test('the transaction of an enter compares that there is no watch yet, and answers with the watch', async () => {
  const never = { record: { holder: 'a', term: '1', relief: null }, text: null };
  const claim = fakeClaim(ENTER);
  const { transaction } = only(await claim.send(...onRead(basisOf(ROUND)), watchRead(never)), 'transact');
  const compared = transaction.compares.find(({ key }) => key === keys.watch(ENTER.chain, ENTER.key));
  assert.equal(compared?.value, null);
  await claim.send(transacted(4, APPLIED), appended(5));
  assert.deepEqual(claim.told[0]?.watch, { holder: 'a', term: '1' });
});

test('a repeat writes no mark, so none is remembered', async () => {
  const claim = fakeClaim();
  await claim.send(...onTurn(basisOf(OWN)));
  assert.deepEqual(await claim.calls(transacted(3, APPLIED)), ['append']);
});
