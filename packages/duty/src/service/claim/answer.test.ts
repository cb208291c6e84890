import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Claim, type LedgerPoint, type Policy, pointOf } from '../../rule/index.ts';
import { keys } from '../ground/keys.ts';
import type { HeldMark } from '../ground/marks.ts';
import { OTHER_INCARNATION, policyDocument } from '../testing/services.ts';
import type { Asked, Basis, Standing } from './asked.ts';
import {
  APPLIED,
  adopted,
  at,
  basisOf,
  claimWith,
  DEADLINE_MS,
  FREE,
  failed,
  grantedIn,
  heldOf,
  now,
  ON_WATCH,
  onRead,
  onTurn,
  policyOf,
  read,
  recalled,
  SEAL,
  STANDING,
  short,
  standingUnder,
  TAKEN,
  transacted,
  turn,
} from './testing/claim.ts';
import { attempted, fakeClaim, only, transacting } from './testing/fake-claim.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const PREVOTE = { ...ENTER, parts: ['prevote'] as const, digest: '01'.repeat(40), term: null };
const OTHER = { node: 'b', incarnation: OTHER_INCARNATION };
const STRANGER = { node: 'c', incarnation: 'x' };
const THEIRS = grantedIn(ROUND, { ...ENTER, owner: OTHER }, 'theirs');
const VOTED = grantedIn(THEIRS, { ...PREVOTE, owner: OTHER }, 'vote');
const ORIGINAL = { ...ENTER, parts: ENTER.duty.parts, digest: null, term: 0n };

const watchOf = (holder: string, term: string, relief: string | null = null) => ({
  record: { holder, term, relief },
  text: `${holder} ${term}`,
});
const watchRead = (watch = ON_WATCH, standing: Partial<Standing> = {}) =>
  ({ kind: 'watch-read', now: now(3), watch, standing: { ...STANDING, ...standing } }) as const;
const AWAY = watchRead(watchOf('b', '1'));
const taken = (done: boolean) => ({ kind: 'watch-taken', at: at(4), taken: done }) as const;
const woken = (ms: number) => ({ kind: 'woken', at: at(ms) }) as const;

function under(change: Partial<Policy>): Pick<Basis, 'policy'> {
  return { policy: { policy: { ...policyOf(), ...change }, pointerText: 'pointer 1' } };
}
const dutyUnder = (name: string, change: Partial<Policy['duties'][string]>) => {
  const { duties } = policyOf();
  return under({
    duties: { ...duties, [name]: { enabled: true, digestRequired: true, window: 1, ...change } },
  });
};
const WITHOUT_DIGEST = dutyUnder('grandpa', { digestRequired: false, window: 64 });

/** An `enter` that has asked for the watch. */
async function entering(
  held = ROUND,
  change: Partial<Basis> = {},
  claim = ENTER,
  asked: Partial<Asked> = {},
) {
  const fake = fakeClaim(claim, asked);
  assert.deepEqual(await fake.calls(...onRead(basisOf(held, change))), ['read-watch']);
  return fake;
}

const altered = (held: HeldMark, change: Partial<HeldMark['mark']>) => ({
  held: heldOf(SEAL, { ...held.mark, ...change }),
  remembered: { point: null, grants: [] },
});
const NEXT_SEAL = { ...SEAL, unit: [2n] };
const NEXT = grantedIn(FREE, NEXT_SEAL, 'next');

/** A denial for each basis that is outdated, and a basis under which the claim is granted. */
const OUTDATED: readonly [string, Claim, Basis, Basis][] = [
  ['duty-off', SEAL, basisOf(FREE, dutyUnder('babe', { enabled: false })), basisOf(FREE)],
  ['wrong-ledger', SEAL, basisOf(null, altered(FREE, { epoch: 'e0'.repeat(16) })), basisOf(FREE)],
  ['not-adopted', SEAL, basisOf(null, altered(FREE, { meaning: 'other slots' })), basisOf(FREE)],
  ['key-frozen', SEAL, basisOf(FREE, under({ mode: 'frozen' })), basisOf(FREE)],
  [
    'digest-required',
    { ...SEAL, digest: null },
    basisOf(FREE),
    basisOf(FREE, dutyUnder('babe', { digestRequired: false })),
  ],
  ['unit-taken', ENTER, basisOf(VOTED), basisOf(ROUND)],
  ['below-window', SEAL, basisOf(NEXT), basisOf(NEXT, dutyUnder('babe', { window: 2 }))],
];

describe('a denial that an outdated record can cause is not the answer before a linearizable read', () => {
  for (const [reason, claim, outdated, fresh] of OUTDATED)
    test(reason, async () => {
      const granted = fakeClaim(claim);
      assert.deepEqual(await granted.calls(...onTurn(outdated)), ['read']);
      assert.deepEqual(granted.told, []);
      const calls = await granted.calls(read(fresh));
      assert.equal(calls.at(-1), claim === ENTER ? 'read-watch' : 'transact');
      assert.equal(await fakeClaim(claim).answer(...onRead(outdated)), `denied:${reason}`);
    });

  test('another key, or a vote', async () => {
    const unlisted = fakeClaim({ ...SEAL, owner: STRANGER });
    assert.deepEqual(await unlisted.calls(...onTurn(basisOf(FREE))), ['read']);
    const vote = fakeClaim({ ...PREVOTE, owner: OTHER });
    const entered = basisOf(grantedIn(ROUND, ENTER, 'entered'));
    assert.deepEqual(await vote.calls(...onTurn(entered)), ['read']);
    assert.equal(await vote.answer(read(entered)), 'denied:unit-taken');
  });

  test('a vote without a known ceiling is read again before it is unknown', async () => {
    const base = { openedMs: null, adopted: new Set<string>() };
    const claim = fakeClaim(PREVOTE);
    const heard = { base, fresh: [], first: [], former: [], known: [], arrivals: [] };
    const basis = basisOf(ROUND, { heard });
    assert.deepEqual(await claim.calls(...onTurn(basis)), ['read']);
    assert.equal(await claim.answer(read(basis)), 'unknown:ceiling-unknown');
  });

  test('but one that no record takes back is the answer at once', async () => {
    const low = heldOf(SEAL, { ...FREE.mark, floor: [5n] });
    assert.equal(await fakeClaim().answer(...onTurn(basisOf(low))), 'denied:below-floor');
    assert.equal(await fakeClaim().answer(...onTurn(basisOf(TAKEN))), 'denied:unit-taken', 'a taken slot');
  });
});

describe('preference for a part', () => {
  const standby = { ...SEAL, owner: OTHER, unit: [3_600n] };
  const delayed = basisOf(FREE, under({ standbyDelayMs: 400 }));

  test('a standby waits for its delay since the slot began, or for the mark or the watch', async () => {
    const claim = fakeClaim(standby);
    const wait = only(await claim.send(...onTurn(delayed)), 'wait');
    assert.deepEqual(wait, { kind: 'wait', untilMs: 400, wakes: 'mark-or-watch' });
    assert.deepEqual(await claim.calls(woken(400)), ['queue']);
    assert.deepEqual(await claim.calls(turn(400), recalled(delayed, 400)), ['transact']);
  });

  test('a vote that a standby asks for waits for the standby delay since it came in', async () => {
    const vote = claimWith({ dutyName: 'beefy', parts: ['vote'], unit: [0n, 1n], owner: OTHER });
    const claim = fakeClaim(vote, { arrivedMs: 100 });
    const basis = basisOf(adopted(vote), under({ standbyDelayMs: 400 }));
    assert.ok(basis.policy);
    const known = basis.heard.known.map((each) => ({ ...each, beefySetId: 0n, finalizedBlock: 1n }));
    const heard = { ...basis.heard, fresh: known, known };
    const wait = only(await claim.send(turn(101), recalled({ ...basis, heard }, 102)), 'wait');
    assert.equal(wait.untilMs, 500);
  });

  test('a hold ends a moment before the deadline, with an answer', async () => {
    const claim = fakeClaim(standby);
    const late = basisOf(FREE, under({ standbyDelayMs: 60_000 }));
    const wait = only(await claim.send(...onTurn(late)), 'wait');
    assert.equal(wait.untilMs, DEADLINE_MS - 10);
    assert.equal(await claim.answer(woken(DEADLINE_MS - 10)), 'unknown:deadline');
    assert.match(claim.told[0]?.detail ?? '', /held/);
  });
});

describe('an enter', () => {
  test('of the active node that is not ready goes through only if no other node is ready', async () => {
    const readiness = { ...policyDocument().readiness, required: true };
    const entered = async (otherReady: boolean, watch = ON_WATCH) => {
      const claim = await entering(ROUND, under({ readiness }));
      const calls = await claim.calls(watchRead(watch, { unfit: 'it is syncing', otherReady }));
      return [...claim.told.map(short), ...calls];
    };
    assert.deepEqual(await entered(false), ['transact']);
    assert.deepEqual(await entered(true), ['denied:not-ready', 'tell']);
    assert.deepEqual(await entered(false, watchOf('b', '1')), ['denied:not-ready', 'tell']);
  });

  test('of the active node compares the watch', async () => {
    const claim = await entering();
    const { transaction } = only(await claim.send(watchRead()), 'transact');
    const compared = transaction.compares.find(({ key }) => key === keys.watch(ENTER.chain, ENTER.key));
    assert.equal(Buffer.from(compared?.value ?? []).toString(), 'watch 1');
  });

  test('is denied under another term, and while the watch is handed over', async () => {
    assert.equal(await (await entering()).answer(watchRead(watchOf('a', '2'))), 'denied:watch-moved');
    assert.equal(await (await entering()).answer(watchRead(watchOf('a', '1', 'b'))), 'denied:off-watch');
  });

  test('of a node that is not active waits for the watch, and is off watch in the end', async () => {
    const claim = await entering();
    assert.deepEqual(await claim.calls(AWAY), ['take-watch']);
    assert.deepEqual(await claim.calls(taken(false)), ['wait']);
    assert.equal(await claim.answer({ kind: 'deadline' }), 'denied:off-watch');
    await claim.send(woken(DEADLINE_MS));
    assert.equal(claim.told.length, 1);
  });

  test('that is held reads no more until the mirror shows another watch', async () => {
    const claim = await entering();
    await claim.send(AWAY);
    const seen = async (standing: Standing) => {
      await claim.send(taken(false), woken(9));
      return claim.calls(turn(9), recalled(basisOf(ROUND, { standing })));
    };
    assert.deepEqual(await seen(standingUnder('b')), ['take-watch']);
    assert.deepEqual(await seen(standingUnder('b', { holderLive: false })), ['take-watch']);
    assert.deepEqual(await seen({ ...STANDING, record: watchOf('b', '2').record }), ['read-watch']);
    assert.deepEqual(claim.told, []);
  });

  test('looks whether its turn to take the watch has come while no node is active', async () => {
    const untilOf = async (holderLive: boolean) => {
      const claim = await entering(ROUND, { standing: standingUnder('b', { holderLive }) });
      await claim.send(AWAY);
      return only(await claim.send(taken(false)), 'wait').untilMs;
    };
    const soonMs = taken(false).at.monotonicMs + 50;
    assert.deepEqual([await untilOf(true), await untilOf(false)], [DEADLINE_MS - 10, soonMs]);
  });

  test('that took the watch after its deadline goes no further', async () => {
    const claim = await entering();
    await claim.send(AWAY, { kind: 'deadline' });
    assert.deepEqual(await claim.send(taken(true)), []);
    assert.equal(claim.phase(), 'over');
  });

  test('that took the watch while it was held goes in under the new term', async () => {
    const claim = await entering();
    assert.deepEqual(await claim.calls(AWAY, taken(true)), ['read-watch']);
    await claim.send(watchRead(watchOf('a', '2')));
    assert.equal(claim.state.wanted.term, 2n);
    assert.equal(attempted(claim).last.term, 2n);
  });

  test('by the original protocol names no term, and never takes the watch', async () => {
    const off = fakeClaim(ORIGINAL, { via: 'original' });
    const asks = await off.send(...onRead(basisOf(ROUND, WITHOUT_DIGEST)));
    assert.deepEqual(asks, [{ kind: 'read-watch', alive: true }]);
    assert.equal(await off.answer(watchRead(watchOf('b', '7'))), 'denied:off-watch');
    const on = await entering(ROUND, WITHOUT_DIGEST, ORIGINAL, { via: 'original' });
    assert.deepEqual(await on.calls(watchRead(watchOf('a', '7'))), ['transact']);
  });

  test('of a unit that another node entered and never voted in goes on under a later term only', async () => {
    const claim = await entering(THEIRS);
    await claim.send(AWAY, taken(true), watchRead(watchOf('a', '2')));
    assert.equal(claim.phase(), 'transact');
    assert.equal(await (await entering(THEIRS)).answer(watchRead()), 'denied:unit-taken');
    const voted = fakeClaim(ENTER);
    const answer = await voted.answer(...onRead(basisOf(VOTED)));
    assert.equal(answer, 'denied:unit-taken', 'no watch is asked for');
  });

  test('of a unit of another node says that the unit is taken, if the watch never comes', async () => {
    const never = await entering(THEIRS);
    assert.equal(await never.answer(AWAY, taken(false), { kind: 'deadline' }), 'denied:unit-taken');
    const lost = await entering(THEIRS);
    const answer = await lost.answer(AWAY, taken(true), watchRead(watchOf('b', '2')));
    assert.equal(answer, 'denied:unit-taken', 'the refusal outlives a watch that was taken');
  });

  test('does not ask for the watch if the rule refuses it whatever its term is', async () => {
    const stranger = fakeClaim({ ...ENTER, owner: STRANGER });
    assert.equal(await stranger.answer(...onRead(basisOf(THEIRS))), 'denied:not-listed');
    const ahead = fakeClaim({ ...ENTER, unit: [0n, 99n] });
    assert.equal(await ahead.answer(...onRead(basisOf(ROUND))), 'denied:unit-ahead');
    const original = fakeClaim({ ...ORIGINAL, term: ENTER.term }, { via: 'original' });
    const answer = await original.answer(...onRead(basisOf(THEIRS, WITHOUT_DIGEST)));
    assert.equal(answer, 'denied:unit-taken');
  });

  test('names a watch without a holder as such', async () => {
    const claim = await entering();
    await claim.send({ ...AWAY, watch: { record: { holder: null, term: '1', relief: null }, text: null } });
    await claim.send(taken(false), { kind: 'deadline' });
    assert.match(claim.told[0]?.detail ?? '', /^no node is active/);
  });
});

test('the own ledger forbids a unit that the store would grant, and an enter after it was voted in', async () => {
  const line = { part: 'seal', digest: SEAL.digest, nonce: 'lost', service: 'x' } as const;
  const { point } = basisOf(TAKEN).remembered;
  const claim = fakeClaim(NEXT_SEAL);
  const basis = basisOf(TAKEN, { remembered: { point, grants: [line] } });
  assert.deepEqual(await claim.calls(...onTurn(basis)), ['read'], 'an outdated mark proves nothing');
  assert.deepEqual(await claim.calls(read(basis)), ['store-behind', 'tell']);
  assert.match(claim.told[0]?.detail ?? '', /attempt lost; the store does not hold it/);
});

test('a fault is tried again after a pause', async () => {
  const silent = failed(3, { of: 'store', silent: true, why: 'no answer' });
  const wait = only(await (await transacting()).send(silent), 'wait');
  assert.deepEqual(wait, { kind: 'wait', untilMs: 53, wakes: 'moment' });
});

describe('a claim that gets its turn', () => {
  test('after its deadline says so, whatever the state of the service is', async () => {
    assert.equal(await fakeClaim().answer(turn(DEADLINE_MS, { state: 'checking' })), 'unknown:deadline');
  });

  test('while the session record is not certain is not judged yet', async () => {
    const stranger = fakeClaim({ ...SEAL, owner: STRANGER });
    assert.deepEqual(await stranger.calls(turn(1, { text: null }), recalled(basisOf(FREE))), ['wait']);
  });
});

test('a disk that refuses an entry is named as the cause', async () => {
  const claim = await transacting();
  const full = failed(4, { of: 'ledger', silent: false, why: 'full' });
  assert.equal(await claim.answer(transacted(3, APPLIED), full), 'unknown:ledger-unavailable');
  assert.equal(claim.told[0]?.detail, 'full');
});

test('the answer at the deadline names the time that the claim had', async () => {
  const claim = fakeClaim(SEAL, { arrivedMs: 400 });
  await claim.send({ kind: 'deadline' });
  assert.match(claim.told[0]?.detail ?? '', /within 600 ms/);
  assert.equal(claim.state.ending.signal.aborted, true);
});

test('a vote whose word became a report is unknown, and says which report, or why', async () => {
  const unit = { unit: [0n, 1n], top: [0n, 1n], part: 'prevote', nonce: 'x' } as const;
  const point: LedgerPoint = { ...pointOf(ROUND.mark), ...unit, seq: 9n, hash: '9'.repeat(64) };
  for (const [report, detail] of [
    ['a report holds it', /^a report holds it$/],
    [null, /grandpa: entry 9/],
  ] as const) {
    const claim = fakeClaim(PREVOTE, { said: { kind: 'word', point } });
    const answer = await claim.answer(...onRead(basisOf(ROUND)), { kind: 'reported', report });
    assert.equal(answer, 'unknown:session-checking');
    assert.match(claim.told[0]?.detail ?? '', detail);
  }
});
