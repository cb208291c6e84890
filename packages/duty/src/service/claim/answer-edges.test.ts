import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Claim, Policy } from '../../rule/index.ts';
import type { HeldMark } from '../ground/marks.ts';
import { OTHER_INCARNATION } from '../testing/services.ts';
import type { Asked, Basis, Standing } from './asked.ts';
import {
  adopted,
  at,
  basisOf,
  claimWith,
  FREE,
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
  TAKEN,
  turn,
} from './testing/claim.ts';
import { fakeClaim, kinds, only } from './testing/fake-claim.ts';

const ENTER = claimWith({ dutyName: 'grandpa' });
const ROUND = adopted(ENTER);
const ENTERED = grantedIn(ROUND, ENTER, 'entered');
const OTHER = { node: 'b', incarnation: OTHER_INCARNATION };
const THEIRS = grantedIn(ROUND, { ...ENTER, owner: OTHER }, 'theirs');
const PREVOTE = { ...ENTER, parts: ['prevote'] as const, digest: '01'.repeat(40), term: null };
const watchOf = (holder: string, term: string) => ({
  record: { holder, term, relief: null },
  text: `${holder} ${term}`,
});
const watchRead = (watch = ON_WATCH, standing: Partial<Standing> = {}) =>
  ({ kind: 'watch-read', now: now(3), watch, standing: { ...STANDING, ...standing } }) as const;
const taken = (done: boolean) => ({ kind: 'watch-taken', at: at(4), taken: done }) as const;

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

describe('a vote', () => {
  test('is refused at once if no later state takes the denial back', async () => {
    const voted = grantedIn(ENTERED, PREVOTE, 'vote');
    const low = heldOf(ENTER, { ...ROUND.mark, floor: [0n, 5n] });
    const cases: [string, Claim, HeldMark][] = [
      ['below-floor', PREVOTE, low],
      ['digest-differs', { ...PREVOTE, digest: '02'.repeat(40) }, voted],
      ['invalid-claim', { ...PREVOTE, digest: '02' }, ENTERED],
    ];
    for (const [reason, claim, held] of cases) {
      const vote = fakeClaim(claim);
      await vote.send(turn(1), recalled(basisOf(held)));
      assert.deepEqual(vote.told.map(short), [`denied:${reason}`]);
    }
  });

  test('gets any other denial after a linearizable read only', async () => {
    const vote = fakeClaim({ ...PREVOTE, unit: [0n, 99n] });
    assert.deepEqual(kinds(await vote.send(turn(1), recalled(basisOf(ENTERED)))), ['read']);
    await vote.send(read(basisOf(ENTERED)));
    assert.deepEqual(vote.told.map(short), ['denied:unit-ahead']);
  });

  test('that a standby asks for waits for the standby delay since it came in', async () => {
    const claim = claimWith({ dutyName: 'beefy', parts: ['vote'], unit: [0n, 1n], owner: OTHER });
    const standby = fakeClaim(claim, { arrivedMs: 100 });
    const policy = under({ standbyDelayMs: 400 });
    const basis = basisOf(adopted(claim), policy);
    const known = basis.heard?.known.map((each) => ({ ...each, beefySetId: 0n, finalizedBlock: 1n })) ?? [];
    assert.ok(basis.heard);
    const heard = { ...basis.heard, fresh: known, known };
    const wait = only(await standby.send(turn(101), recalled({ ...basis, heard }, 102)), 'wait');
    assert.equal(wait.untilMs, 500);
  });
});

describe('an enter', () => {
  /** The claim after a linearizable read of this mark. */
  async function entering(
    held: HeldMark,
    claim = ENTER,
    change: Partial<Basis> = {},
    asked: Partial<Asked> = {},
  ) {
    const fake = fakeClaim(claim, asked);
    return { fake, effects: await fake.send(turn(1), recalled(null), read(basisOf(held, change))) };
  }

  test('does not ask for the watch if the rule refuses it whatever its term is', async () => {
    const stranger = await entering(THEIRS, { ...ENTER, owner: { node: 'c', incarnation: 'x' } });
    assert.deepEqual(stranger.fake.told.map(short), ['denied:not-listed']);
    const ahead = await entering(ROUND, { ...ENTER, unit: [0n, 99n] });
    assert.deepEqual(ahead.fake.told.map(short), ['denied:unit-ahead']);
    const original = await entering(
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
    const { fake } = await entering(THEIRS);
    await fake.send(watchRead(watchOf('b', '1')), taken(false), { kind: 'deadline' });
    assert.deepEqual(fake.told.map(short), ['denied:unit-taken']);
    const other = (await entering(THEIRS)).fake;
    await other.send(watchRead(watchOf('b', '1')), taken(true), watchRead(watchOf('b', '2')));
    assert.deepEqual(
      other.told.map(short),
      ['denied:unit-taken'],
      'the refusal outlives a watch that was taken',
    );
  });

  test('that was held goes on under a later term only if the watch came to its node', async () => {
    const { fake } = await entering(ROUND);
    await fake.send(watchRead(watchOf('b', '1')), taken(true), watchRead(watchOf('b', '2')));
    assert.deepEqual(fake.told.map(short), ['denied:watch-moved']);
    assert.equal(fake.state.takenTerm, null);
  });

  test('is judged once more under its new term, against the own ledger too', async () => {
    const line = { part: 'enter', digest: null, nonce: 'lost', service: 'x' } as const;
    const { fake, effects } = await entering(ROUND, ENTER, {
      remembered: { point: basisOf(ROUND).remembered.point, grants: [line] },
    });
    assert.deepEqual(kinds(effects), ['store-behind', 'tell']);
    assert.deepEqual(fake.told.map(short), ['denied:store-behind']);
  });

  test('notes that the claimant is there only for the original protocol', async () => {
    assert.deepEqual((await entering(ROUND)).effects, [{ kind: 'read-watch', alive: false }]);
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

test('a key that was never adopted gets no grant', async () => {
  const claim = fakeClaim();
  await claim.send(turn(1), recalled(null), read(basisOf(null)));
  assert.deepEqual(claim.told.map(short), ['denied:not-adopted']);
});

test('a claim without a policy is of a key without a roster', async () => {
  const claim = fakeClaim();
  await claim.send(
    turn(1),
    recalled(null),
    read(basisOf(FREE, { policy: null, heard: null, standing: null })),
  );
  assert.deepEqual(claim.told.map(short), ['denied:not-listed']);
  assert.equal(claim.told[0]?.head?.hash, FREE.mark.lastHash);
  const strange = basisOf(FREE, { policy: null, heard: null, standing: null });
  const stale = fakeClaim();
  assert.deepEqual(kinds(await stale.send(turn(1), recalled(strange))), ['read']);
});
