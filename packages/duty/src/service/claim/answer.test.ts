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
import { attempted, type FakeClaim, fakeClaim, kinds, only, transacting } from './testing/fake-claim.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const PREVOTE = { ...ENTER, parts: ['prevote'] as const, digest: '01'.repeat(40), term: null };
const watchOf = (holder: string, term: string, relief: string | null = null) => ({
  record: { holder, term, relief },
  text: `${holder} ${term}`,
});
const watchRead = (watch = ON_WATCH, standing: Partial<Standing> = {}, ms = 3) =>
  ({ kind: 'watch-read', now: now(ms), watch, standing: { ...STANDING, ...standing } }) as const;
const taken = (done: boolean) => ({ kind: 'watch-taken', at: at(4), taken: done }) as const;

/** An `enter` that has asked for the watch. */
async function entering(held = ROUND, asked: Partial<Asked> = {}, claim = ENTER) {
  const fake = fakeClaim(claim, asked);
  assert.deepEqual(kinds(await fake.send(turn(1), recalled(null), read(basisOf(held)))), ['read-watch']);
  return fake;
}

describe('a denial that an outdated record can cause', () => {
  test('is final after a linearizable read: another key, or a vote', async () => {
    const unlisted = fakeClaim({ ...SEAL, owner: { node: 'c', incarnation: 'x' } });
    assert.deepEqual(kinds(await unlisted.send(turn(1), recalled(basisOf(FREE)))), ['read']);
    const other = { ...PREVOTE, owner: { node: 'b', incarnation: OTHER_INCARNATION } };
    const vote = fakeClaim(other);
    const entered = grantedIn(ROUND, ENTER, 'entered');
    assert.deepEqual(kinds(await vote.send(turn(1), recalled(basisOf(entered)))), ['read']);
    await vote.send(read(basisOf(entered)));
    assert.deepEqual(vote.told.map(short), ['denied:unit-taken']);
  });

  test('a taken slot stays taken, so it is denied at once', async () => {
    const claim = fakeClaim();
    await claim.send(turn(1), recalled(basisOf(TAKEN)));
    assert.deepEqual(claim.told.map(short), ['denied:unit-taken']);
  });

  test('a vote without a known ceiling is read again before it is unknown', async () => {
    const base = { openedMs: null, adopted: new Set<string>() };
    const claim = fakeClaim(PREVOTE);
    const basis = basisOf(ROUND, {
      heard: { base, fresh: [], first: [], former: [], known: [], arrivals: [] },
    });
    assert.deepEqual(kinds(await claim.send(turn(1), recalled(basis))), ['read']);
    await claim.send(read(basis));
    assert.deepEqual(claim.told.map(short), ['unknown:ceiling-unknown']);
  });
});

describe('preference for a part', () => {
  const standby = { ...SEAL, owner: { node: 'b', incarnation: OTHER_INCARNATION }, unit: [3_600n] };
  const delayed = { policy: policyOf({ standbyDelayMs: 400 }), pointerText: 'pointer 1' };

  test('a standby waits for its delay since the slot began, or for the mark or the watch', async () => {
    const claim = fakeClaim(standby);
    const wait = only(await claim.send(turn(1), recalled(basisOf(FREE, { policy: delayed }), 2)), 'wait');
    assert.deepEqual(wait, { kind: 'wait', untilMs: 400, wakes: 'mark-or-watch' });
    assert.deepEqual(kinds(await claim.send({ kind: 'woken', at: at(400) })), ['queue']);
    const effects = await claim.send(turn(400), recalled(basisOf(FREE, { policy: delayed }), 400));
    assert.deepEqual(kinds(effects), ['transact']);
  });

  test('a hold ends a moment before the deadline, with an answer', async () => {
    const late = { policy: { ...delayed, policy: policyOf({ standbyDelayMs: 60_000 }) } };
    const claim = fakeClaim(standby);
    const wait = only(await claim.send(turn(1), recalled(basisOf(FREE, late), 2)), 'wait');
    assert.equal(wait.untilMs, DEADLINE_MS - 10);
    await claim.send({ kind: 'woken', at: at(DEADLINE_MS - 10) });
    assert.deepEqual(claim.told.map(short), ['unknown:deadline']);
    assert.match(claim.told[0]?.detail ?? '', /held/);
  });
});

describe('an enter', () => {
  test('of the active node that is not ready goes through only if no other node is ready', async () => {
    const readiness = { ...policyDocument().readiness, required: true };
    const policy = { policy: policyOf({ readiness }), pointerText: 'pointer 1' };
    const unfit = 'it is syncing';
    const entered = async (change: Partial<Standing>, watch = ON_WATCH) => {
      const claim = fakeClaim(ENTER);
      await claim.send(turn(1), recalled(null), read(basisOf(ROUND, { policy })));
      const effects = await claim.send(watchRead(watch, { unfit, ...change }));
      return [...claim.told.map(short), ...kinds(effects)];
    };
    assert.deepEqual(await entered({ otherReady: false }), ['transact']);
    assert.deepEqual(await entered({ otherReady: true }), ['denied:not-ready', 'tell']);
    assert.deepEqual(await entered({ otherReady: false }, watchOf('b', '1')), ['denied:not-ready', 'tell']);
  });

  test('of the active node compares the watch', async () => {
    const claim = await entering();
    const { transaction } = only(await claim.send(watchRead()), 'transact');
    const compared = transaction.compares.find(({ key }) => key === keys.watch(ENTER.chain, ENTER.key));
    assert.equal(Buffer.from(compared?.value ?? []).toString(), 'watch 1');
  });

  test('under another term is denied', async () => {
    const claim = await entering();
    await claim.send(watchRead(watchOf('a', '2')));
    assert.deepEqual(claim.told.map(short), ['denied:watch-moved']);
  });

  test('of a new unit is denied while the watch is handed over', async () => {
    const claim = await entering();
    await claim.send(watchRead(watchOf('a', '1', 'b')));
    assert.deepEqual(claim.told.map(short), ['denied:off-watch']);
  });

  test('of a node that is not active waits for the watch, and is off watch in the end', async () => {
    const claim = await entering();
    assert.deepEqual(kinds(await claim.send(watchRead(watchOf('b', '1')))), ['take-watch']);
    assert.deepEqual(kinds(await claim.send(taken(false))), ['wait']);
    await claim.send({ kind: 'deadline' });
    assert.deepEqual(claim.told.map(short), ['denied:off-watch']);
    await claim.send({ kind: 'woken', at: at(DEADLINE_MS) });
    assert.equal(claim.told.length, 1);
  });

  test('that is held reads no more until the mirror shows another watch', async () => {
    const claim = await entering();
    await claim.send(watchRead(watchOf('b', '1')));
    const seen = async (standing: Standing) => {
      await claim.send(taken(false), { kind: 'woken', at: at(9) });
      return kinds(await claim.send(turn(9), recalled(basisOf(ROUND, { standing }))));
    };
    assert.deepEqual(await seen(standingUnder('b')), ['take-watch']);
    assert.deepEqual(await seen(standingUnder('b', { holderLive: false })), ['take-watch']);
    assert.deepEqual(await seen({ ...STANDING, record: watchOf('b', '2').record }), ['read-watch']);
    assert.deepEqual(claim.told, []);
  });

  test('looks whether its turn to take the watch has come while no node is active', async () => {
    const untilOf = async (holderLive: boolean) => {
      const claim = fakeClaim(ENTER);
      const standing = standingUnder('b', { holderLive });
      await claim.send(
        turn(1),
        recalled(null),
        read(basisOf(ROUND, { standing })),
        watchRead(watchOf('b', '1')),
      );
      return only(await claim.send(taken(false)), 'wait').untilMs;
    };
    assert.deepEqual(
      [await untilOf(true), await untilOf(false)],
      [DEADLINE_MS - 10, taken(false).at.monotonicMs + 50],
    );
  });

  test('that took the watch after its deadline goes no further', async () => {
    const claim = await entering();
    await claim.send(watchRead(watchOf('b', '1')), { kind: 'deadline' });
    assert.deepEqual(await claim.send(taken(true)), []);
    assert.equal(claim.phase(), 'over');
  });

  test('that took the watch while it was held goes in under the new term', async () => {
    const claim = await entering();
    await claim.send(watchRead(watchOf('b', '1')));
    assert.deepEqual(kinds(await claim.send(taken(true))), ['read-watch']);
    await claim.send(watchRead(watchOf('a', '2')));
    assert.equal(claim.state.wanted.term, 2n);
    assert.equal(attempted(claim).last.term, 2n);
  });

  test('by the original protocol names no term, and never takes the watch', async () => {
    const all = { ...ENTER, parts: ENTER.duty.parts, digest: null, term: 0n };
    const off = fakeClaim(all, { via: 'original' });
    const open = policyDocument().duties;
    const duties = { ...open, grandpa: { enabled: true, digestRequired: false, window: 64 } };
    const policy = { policy: policyOf({ duties }), pointerText: 'pointer 1' };
    const asks = await off.send(turn(1), recalled(null), read(basisOf(ROUND, { policy })));
    assert.deepEqual(asks, [{ kind: 'read-watch', alive: true }]);
    await off.send(watchRead(watchOf('b', '7')));
    assert.deepEqual(off.told.map(short), ['denied:off-watch']);
    const on = fakeClaim(all, { via: 'original' });
    await on.send(turn(1), recalled(null), read(basisOf(ROUND, { policy })));
    assert.deepEqual(kinds(await on.send(watchRead(watchOf('a', '7')))), ['transact']);
  });

  test('of a unit that another node entered and never voted in goes on under a later term only', async () => {
    const theirs = { ...ENTER, owner: { node: 'b', incarnation: OTHER_INCARNATION } };
    const entered = grantedIn(ROUND, theirs, 'theirs');
    const claim = await entering(entered);
    await claim.send(watchRead(watchOf('b', '1')), taken(true), watchRead(watchOf('a', '2')));
    assert.equal(claim.phase(), 'transact');
    const same = await entering(entered);
    await same.send(watchRead());
    assert.deepEqual(same.told.map(short), ['denied:unit-taken']);
    const voted = heldOf(theirs, grantedIn(entered, { ...PREVOTE, owner: theirs.owner }, 'vote').mark);
    const late = fakeClaim(ENTER);
    await late.send(turn(1), recalled(null), read(basisOf(voted)));
    assert.deepEqual(late.told.map(short), ['denied:unit-taken'], 'no watch is asked for');
  });
});
const OTHER = { node: 'b', incarnation: OTHER_INCARNATION };
const THEIRS = grantedIn(ROUND, { ...ENTER, owner: OTHER }, 'theirs');

function under(change: Partial<Policy>): Pick<Basis, 'policy'> {
  return { policy: { policy: { ...policyOf(), ...change }, pointerText: 'pointer 1' } };
}
const babe = (change: Partial<Policy['duties'][string]>) => {
  const { duties } = policyOf();
  return under({
    duties: { ...duties, babe: { enabled: true, digestRequired: true, window: 1, ...change } },
  });
};
const altered = (held: HeldMark, change: Partial<HeldMark['mark']>) => ({
  held: heldOf(SEAL, { ...held.mark, ...change }),
  remembered: { point: null, grants: [] },
});
const NEXT_SEAL = { ...SEAL, unit: [2n] };

/** A denial for each basis that is outdated, and a basis under which the claim is granted. */
const OUTDATED: readonly [string, Claim, Basis, Basis][] = [
  ['duty-off', SEAL, basisOf(FREE, babe({ enabled: false })), basisOf(FREE)],
  ['wrong-ledger', SEAL, basisOf(null, altered(FREE, { epoch: 'e0'.repeat(16) })), basisOf(FREE)],
  ['not-adopted', SEAL, basisOf(null, altered(FREE, { meaning: 'other slots' })), basisOf(FREE)],
  ['key-frozen', SEAL, basisOf(FREE, under({ mode: 'frozen' })), basisOf(FREE)],
  [
    'digest-required',
    { ...SEAL, digest: null },
    basisOf(FREE),
    basisOf(FREE, babe({ digestRequired: false })),
  ],
  ['unit-taken', ENTER, basisOf(grantedIn(THEIRS, { ...PREVOTE, owner: OTHER }, 'vote')), basisOf(ROUND)],
  [
    'below-window',
    SEAL,
    basisOf(grantedIn(FREE, NEXT_SEAL, 'next')),
    basisOf(grantedIn(FREE, NEXT_SEAL, 'next'), babe({ window: 2 })),
  ],
];

describe('a denial that an outdated record can cause is not the answer before a linearizable read', () => {
  for (const [reason, claim, outdated, fresh] of OUTDATED)
    test(reason, async () => {
      const granted = fakeClaim(claim);
      assert.deepEqual(kinds(await granted.send(turn(1), recalled(outdated))), ['read']);
      assert.deepEqual(granted.told, []);
      const effects = kinds(await granted.send(read(fresh)));
      assert.equal(effects.at(-1), claim === ENTER ? 'read-watch' : 'transact');
      const denied = fakeClaim(claim);
      await denied.send(turn(1), recalled(null), read(outdated));
      assert.deepEqual(denied.told.map(short), [`denied:${reason}`]);
    });

  test('a denial that no record takes back is the answer at once', async () => {
    const low = heldOf(SEAL, { ...FREE.mark, floor: [5n] });
    const claim = fakeClaim();
    await claim.send(turn(1), recalled(basisOf(low)));
    assert.deepEqual(claim.told.map(short), ['denied:below-floor']);
  });
});

test('a vote that a standby asks for waits for the standby delay since it came in', async () => {
  const claim = claimWith({ dutyName: 'beefy', parts: ['vote'], unit: [0n, 1n], owner: OTHER });
  const standby = fakeClaim(claim, { arrivedMs: 100 });
  const policy = under({ standbyDelayMs: 400 });
  const basis = basisOf(adopted(claim), policy);
  assert.ok(basis.policy);
  const known = basis.heard.known.map((each) => ({ ...each, beefySetId: 0n, finalizedBlock: 1n }));
  const heard = { ...basis.heard, fresh: known, known };
  const wait = only(await standby.send(turn(101), recalled({ ...basis, heard }, 102)), 'wait');
  assert.equal(wait.untilMs, 500);
});

describe('an enter', () => {
  /** The claim after a linearizable read of this mark. */
  async function enteringAs(
    held: HeldMark,
    claim = ENTER,
    change: Partial<Basis> = {},
    asked: Partial<Asked> = {},
  ) {
    const fake = fakeClaim(claim, asked);
    return { fake, effects: await fake.send(turn(1), recalled(null), read(basisOf(held, change))) };
  }

  test('does not ask for the watch if the rule refuses it whatever its term is', async () => {
    const stranger = await enteringAs(THEIRS, { ...ENTER, owner: { node: 'c', incarnation: 'x' } });
    assert.deepEqual(stranger.fake.told.map(short), ['denied:not-listed']);
    const ahead = await enteringAs(ROUND, { ...ENTER, unit: [0n, 99n] });
    assert.deepEqual(ahead.fake.told.map(short), ['denied:unit-ahead']);
    const original = await enteringAs(
      THEIRS,
      { ...ENTER, parts: ENTER.duty.parts, digest: null },
      withoutDigest(),
      { via: 'original' },
    );
    assert.deepEqual(original.fake.told.map(short), ['denied:unit-taken']);
  });

  function withoutDigest() {
    const { duties } = policyOf();
    return under({ duties: { ...duties, grandpa: { enabled: true, digestRequired: false, window: 64 } } });
  }

  test('of a unit of another node says that the unit is taken, if the watch never comes', async () => {
    const { fake } = await enteringAs(THEIRS);
    await fake.send(watchRead(watchOf('b', '1')), taken(false), { kind: 'deadline' });
    assert.deepEqual(fake.told.map(short), ['denied:unit-taken']);
    const other = (await enteringAs(THEIRS)).fake;
    await other.send(watchRead(watchOf('b', '1')), taken(true), watchRead(watchOf('b', '2')));
    assert.deepEqual(
      other.told.map(short),
      ['denied:unit-taken'],
      'the refusal outlives a watch that was taken',
    );
  });
});

test('the own ledger forbids a unit that the store would grant, and an enter after it was voted in', async () => {
  const line = { part: 'seal', digest: SEAL.digest, nonce: 'lost', service: 'x' } as const;
  const { point } = basisOf(TAKEN).remembered;
  const claim = fakeClaim(NEXT_SEAL);
  const basis = basisOf(TAKEN, { remembered: { point, grants: [line] } });
  assert.deepEqual(
    kinds(await claim.send(turn(1), recalled(basis))),
    ['read'],
    'an outdated mark proves nothing',
  );
  assert.deepEqual(kinds(await claim.send(read(basis))), ['store-behind', 'tell']);
  assert.match(claim.told[0]?.detail ?? '', /attempt lost; the store does not hold it/);
});

const AWAY = watchRead(watchOf('b', '1'));
const SILENT = { of: 'store', silent: true, why: 'no answer' } as const;

async function heldBy(): Promise<FakeClaim> {
  const claim = fakeClaim(ENTER);
  await claim.send(turn(1), recalled(null), read(basisOf(ROUND)));
  return claim;
}

test('a fault is tried again after a pause', async () => {
  const wait = only(await (await transacting()).send(failed(3, SILENT)), 'wait');
  assert.deepEqual(wait, { kind: 'wait', untilMs: 53, wakes: 'moment' });
});

describe('a claim that gets its turn', () => {
  test('after its deadline says so, whatever the state of the service is', async () => {
    const claim = fakeClaim();
    await claim.send(turn(DEADLINE_MS, { state: 'checking' }));
    assert.deepEqual(claim.told.map(short), ['unknown:deadline']);
  });

  test('while the session record is not certain is not judged yet', async () => {
    const stranger = fakeClaim({ ...SEAL, owner: { node: 'c', incarnation: 'x' } });
    assert.deepEqual(kinds(await stranger.send(turn(1, { text: null }), recalled(basisOf(FREE)))), ['wait']);
  });
});

test('a disk that refuses an entry is named as the cause', async () => {
  const claim = await transacting();
  await claim.send(transacted(3, APPLIED), failed(4, { of: 'ledger', silent: false, why: 'full' }));
  assert.deepEqual(claim.told.map(short), ['unknown:ledger-unavailable']);
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
    await claim.send(turn(1), recalled(null), read(basisOf(ROUND)));
    await claim.send({ kind: 'reported', report });
    assert.deepEqual(claim.told.map(short), ['unknown:session-checking']);
    assert.match(claim.told[0]?.detail ?? '', detail);
  }
});

test('a watch without a holder is named as such', async () => {
  const claim = await heldBy();
  await claim.send({ ...AWAY, watch: { record: { holder: null, term: '1', relief: null }, text: null } });
  await claim.send({ kind: 'watch-taken', at: at(4), taken: false }, { kind: 'deadline' });
  assert.match(claim.told[0]?.detail ?? '', /^no node is active/);
});
