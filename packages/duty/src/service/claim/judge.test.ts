import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keys } from '../ground/keys.ts';
import { OTHER_INCARNATION, policyDocument } from '../testing/services.ts';
import type { Asked, Standing } from './state.ts';
import {
  adopted,
  at,
  basisOf,
  claimWith,
  DEADLINE_MS,
  FREE,
  fakeClaim,
  grantedIn,
  heldOf,
  kinds,
  now,
  ON_WATCH,
  only,
  policyOf,
  read,
  recalled,
  SEAL,
  STANDING,
  short,
  standingUnder,
  TAKEN,
  turn,
} from './testing/claim.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const PARACHAIN = { enabled: true, digestRequired: true, window: 64 };
const PREVOTE = { ...ENTER, parts: ['prevote'] as const, digest: '01'.repeat(40), term: null };
const watchOf = (holder: string, term: string, relief: string | null = null) => ({
  record: { holder, term, relief },
  text: `${holder} ${term}`,
});
const watchRead = (watch = ON_WATCH, standing: Partial<Standing> = {}, ms = 3) =>
  ({ kind: 'watch-read', now: now(ms), watch, standing: { ...STANDING, ...standing } }) as const;
const taken = (done: boolean) => ({ kind: 'watch-taken', at: at(4), taken: done }) as const;

/** An `enter` that has asked for the watch. */
function entering(held = ROUND, asked: Partial<Asked> = {}, claim = ENTER) {
  const fake = fakeClaim(claim, asked);
  assert.deepEqual(kinds(fake.send(turn(1), recalled(null), read(basisOf(held)))), ['read-watch']);
  return fake;
}

describe('a denial that an outdated record can cause', () => {
  test('is final after a linearizable read: another key, or a vote', () => {
    const unlisted = fakeClaim({ ...SEAL, owner: { node: 'c', incarnation: 'x' } });
    assert.deepEqual(kinds(unlisted.send(turn(1), recalled(basisOf(FREE)))), ['read']);
    const other = { ...PREVOTE, owner: { node: 'b', incarnation: OTHER_INCARNATION } };
    const vote = fakeClaim(other);
    const entered = grantedIn(ROUND, ENTER, 'entered');
    assert.deepEqual(kinds(vote.send(turn(1), recalled(basisOf(entered)))), ['read']);
    vote.send(read(basisOf(entered)));
    assert.deepEqual(vote.told.map(short), ['denied:unit-taken']);
  });

  test('a taken slot stays taken, so it is denied at once', () => {
    const claim = fakeClaim();
    claim.send(turn(1), recalled(basisOf(TAKEN)));
    assert.deepEqual(claim.told.map(short), ['denied:unit-taken']);
  });

  test('a vote without a known ceiling is read again before it is unknown', () => {
    const none = { base: { openedMs: null, adopted: new Set<string>() }, fresh: [], first: [], known: [] };
    const claim = fakeClaim(PREVOTE);
    const basis = basisOf(ROUND, { heard: none });
    assert.deepEqual(kinds(claim.send(turn(1), recalled(basis))), ['read']);
    claim.send(read(basis));
    assert.deepEqual(claim.told.map(short), ['unknown:ceiling-unknown']);
  });
});

describe('preference for a part', () => {
  const standby = { ...SEAL, owner: { node: 'b', incarnation: OTHER_INCARNATION }, unit: [3_600n] };
  const delayed = { policy: policyOf({ standbyDelayMs: 400 }), pointerText: 'pointer 1' };

  test('a standby waits for its delay since the slot began, or for the mark or the watch', () => {
    const claim = fakeClaim(standby);
    const wait = only(claim.send(turn(1), recalled(basisOf(FREE, { policy: delayed }), 2)), 'wait');
    assert.deepEqual(wait, { kind: 'wait', untilMs: 400, wakes: 'mark-or-watch' });
    assert.deepEqual(kinds(claim.send({ kind: 'woken', at: at(400) })), ['queue']);
    const effects = claim.send(turn(400), recalled(basisOf(FREE, { policy: delayed }), 400));
    assert.deepEqual(kinds(effects), ['transact']);
  });

  test('where slots are those of relay parents, the delay counts from the claim, and a slot has one machine', () => {
    const dutyName = 'aura-parachain';
    const policy = { ...policyOf({ standbyDelayMs: 400 }), duties: { [dutyName]: PARACHAIN } };
    const basis = { policy: { policy, pointerText: 'pointer 1' } };
    const owner = { node: 'b', incarnation: OTHER_INCARNATION };
    const forked = claimWith({ dutyName, unit: [3_598n, 7n, 2n], owner });
    const free = adopted(forked, policy);
    const claim = fakeClaim(forked);
    const wait = only(claim.send(turn(1), recalled(basisOf(free, basis), 2)), 'wait');
    assert.deepEqual(wait, { kind: 'wait', untilMs: 400, wakes: 'mark-or-watch' });
    const other = claimWith({ dutyName, unit: [3_598n, 7n, 1n] });
    const held = grantedIn(free, other, 'first', policy);
    claim.send({ kind: 'woken', at: at(20) }, turn(20), recalled(basisOf(held, basis), 20));
    assert.deepEqual(claim.told.map(short), ['denied:unit-taken']);
    assert.match(claim.told[0]?.detail ?? '', /slot 3598 belongs to a/);
    const own = fakeClaim({ ...forked, owner: other.owner });
    assert.deepEqual(kinds(own.send(turn(1), recalled(basisOf(held, basis), 2))), ['transact']);
    const next = fakeClaim({ ...forked, unit: [3_599n, 7n, 2n] });
    assert.deepEqual(kinds(next.send(turn(1), recalled(basisOf(held, basis), 2))), ['wait']);
  });

  test('the node on watch goes first, else the best rank', () => {
    const onWatch = { standing: standingUnder('b'), policy: delayed };
    const claim = fakeClaim(standby);
    assert.deepEqual(kinds(claim.send(turn(1), recalled(basisOf(FREE, onWatch), 2))), ['transact']);
    const lapsed = { standing: standingUnder('b', { holderLive: false }), policy: delayed };
    const second = fakeClaim(standby);
    assert.deepEqual(kinds(second.send(turn(1), recalled(basisOf(FREE, lapsed), 2))), ['wait']);
  });

  test('a hold ends a moment before the deadline, with an answer', () => {
    const late = { policy: { ...delayed, policy: policyOf({ standbyDelayMs: 60_000 }) } };
    const claim = fakeClaim(standby);
    const wait = only(claim.send(turn(1), recalled(basisOf(FREE, late), 2)), 'wait');
    assert.equal(wait.untilMs, DEADLINE_MS - 10);
    claim.send({ kind: 'woken', at: at(DEADLINE_MS - 10) });
    assert.deepEqual(claim.told.map(short), ['unknown:deadline']);
    assert.match(claim.told[0]?.detail ?? '', /held/);
  });

  test('a node that is not ready is denied, unless it speaks the original protocol or is not asked', () => {
    const readiness = { ...policyDocument().readiness, required: true };
    const policy = { policy: policyOf({ readiness }), pointerText: 'pointer 1' };
    const unready = basisOf(FREE, { policy, standing: { ...STANDING, unfit: 'it is syncing' } });
    const claim = fakeClaim();
    claim.send(turn(1), recalled(unready));
    assert.deepEqual(claim.told.map(short), ['denied:not-ready']);
    const original = fakeClaim(SEAL, { via: 'original' });
    assert.deepEqual(kinds(original.send(turn(1), recalled(unready))), ['transact']);
    const notAsked = fakeClaim();
    const basis = basisOf(FREE, { standing: { ...STANDING, unfit: 'it is syncing' } });
    assert.deepEqual(kinds(notAsked.send(turn(1), recalled(basis))), ['transact']);
  });
});

describe('an enter', () => {
  test('of the node on watch that is not ready goes through only if no other node is ready', () => {
    const readiness = { ...policyDocument().readiness, required: true };
    const policy = { policy: policyOf({ readiness }), pointerText: 'pointer 1' };
    const unfit = 'it is syncing';
    const entered = (change: Partial<Standing>, watch = ON_WATCH) => {
      const claim = fakeClaim(ENTER);
      claim.send(turn(1), recalled(null), read(basisOf(ROUND, { policy })));
      const effects = claim.send(watchRead(watch, { unfit, ...change }));
      return [...claim.told.map(short), ...kinds(effects)];
    };
    assert.deepEqual(entered({ otherReady: false }), ['transact']);
    assert.deepEqual(entered({ otherReady: true }), ['denied:not-ready', 'tell']);
    assert.deepEqual(entered({ otherReady: false }, watchOf('b', '1')), ['denied:not-ready', 'tell']);
  });

  test('of the node on watch compares the watch', () => {
    const claim = entering();
    const { transaction } = only(claim.send(watchRead()), 'transact');
    const compared = transaction.compares.find(({ key }) => key === keys.watch(ENTER.chain, ENTER.key));
    assert.equal(Buffer.from(compared?.value ?? []).toString(), 'watch 1');
  });

  test('under another term is denied', () => {
    const claim = entering();
    claim.send(watchRead(watchOf('a', '2')));
    assert.deepEqual(claim.told.map(short), ['denied:watch-moved']);
  });

  test('of a new unit is denied while the watch is handed over', () => {
    const claim = entering();
    claim.send(watchRead(watchOf('a', '1', 'b')));
    assert.deepEqual(claim.told.map(short), ['denied:off-watch']);
  });

  test('of a node that is not on watch waits for the watch, and is off watch in the end', () => {
    const claim = entering();
    assert.deepEqual(kinds(claim.send(watchRead(watchOf('b', '1')))), ['take-watch']);
    assert.deepEqual(kinds(claim.send(taken(false))), ['wait']);
    claim.send({ kind: 'deadline' });
    assert.deepEqual(claim.told.map(short), ['denied:off-watch']);
    claim.send({ kind: 'woken', at: at(DEADLINE_MS) });
    assert.equal(claim.told.length, 1);
  });

  test('that is held reads no more until the mirror shows another watch', () => {
    const claim = entering();
    claim.send(watchRead(watchOf('b', '1')));
    const seen = (standing: Standing) => {
      claim.send(taken(false), { kind: 'woken', at: at(9) });
      return kinds(claim.send(turn(9), recalled(basisOf(ROUND, { standing }))));
    };
    assert.deepEqual(seen(standingUnder('b')), ['take-watch']);
    assert.deepEqual(seen(standingUnder('b', { holderLive: false })), ['take-watch']);
    assert.deepEqual(seen({ ...STANDING, record: watchOf('b', '2').record }), ['read-watch']);
    assert.deepEqual(claim.told, []);
  });

  test('looks whether its turn to take the watch has come while no node is on watch', () => {
    const untilOf = (holderLive: boolean) => {
      const claim = fakeClaim(ENTER);
      const standing = standingUnder('b', { holderLive });
      claim.send(turn(1), recalled(null), read(basisOf(ROUND, { standing })), watchRead(watchOf('b', '1')));
      return only(claim.send(taken(false)), 'wait').untilMs;
    };
    assert.deepEqual([untilOf(true), untilOf(false)], [DEADLINE_MS - 10, taken(false).at.monotonicMs + 50]);
  });

  test('that took the watch after its deadline goes no further', () => {
    const claim = entering();
    claim.send(watchRead(watchOf('b', '1')), { kind: 'deadline' });
    assert.deepEqual(claim.send(taken(true)), []);
    assert.equal(claim.state().phase.kind, 'over');
  });

  test('that took the watch while it was held goes in under the new term', () => {
    const claim = entering();
    claim.send(watchRead(watchOf('b', '1')));
    assert.deepEqual(kinds(claim.send(taken(true))), ['read-watch']);
    claim.send(watchRead(watchOf('a', '2')));
    assert.equal(claim.state().takenTerm, 2n);
    const { phase } = claim.state();
    assert.equal(phase.kind === 'transacting' ? phase.writing.mark.last.term : null, 2n);
  });

  test('by the original protocol names no term, and never takes the watch', () => {
    const all = { ...ENTER, parts: ENTER.duty.parts, digest: null, term: 0n };
    const off = fakeClaim(all, { via: 'original' });
    const open = policyDocument().duties;
    const duties = { ...open, grandpa: { enabled: true, digestRequired: false, window: 64 } };
    const policy = { policy: policyOf({ duties }), pointerText: 'pointer 1' };
    const asks = off.send(turn(1), recalled(null), read(basisOf(ROUND, { policy })));
    assert.deepEqual(asks, [{ kind: 'read-watch', alive: true }]);
    off.send(watchRead(watchOf('b', '7')));
    assert.deepEqual(off.told.map(short), ['denied:off-watch']);
    const on = fakeClaim(all, { via: 'original' });
    on.send(turn(1), recalled(null), read(basisOf(ROUND, { policy })));
    assert.deepEqual(kinds(on.send(watchRead(watchOf('a', '7')))), ['transact']);
  });

  test('of a unit that another node entered and never voted in goes on under a later term only', () => {
    const theirs = { ...ENTER, owner: { node: 'b', incarnation: OTHER_INCARNATION } };
    const entered = grantedIn(ROUND, theirs, 'theirs');
    const claim = entering(entered);
    claim.send(watchRead(watchOf('b', '1')), taken(true), watchRead(watchOf('a', '2')));
    assert.equal(claim.state().phase.kind, 'transacting');
    const same = entering(entered);
    same.send(watchRead());
    assert.deepEqual(same.told.map(short), ['denied:unit-taken']);
    const voted = heldOf(theirs, grantedIn(entered, { ...PREVOTE, owner: theirs.owner }, 'vote').mark);
    const late = fakeClaim(ENTER);
    late.send(turn(1), recalled(null), read(basisOf(voted)));
    assert.deepEqual(late.told.map(short), ['denied:unit-taken'], 'no watch is asked for');
  });
});
