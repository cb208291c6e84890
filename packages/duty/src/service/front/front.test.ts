import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FREE, IDENTITY } from '../claim/testing/claim.ts';
import type { ClaimRequest } from '../contract.ts';
import { denied, headOf, unknown } from '../ground/verdict.ts';
import { CHAIN, claimOf, INCARNATION, KEY, refusal, seal, vote } from '../testing/services.ts';
import { clockOf, until } from '../testing/world.ts';
import { type DeskSetup, fakeDesk, GRANTED, pointOfWord } from './testing/desk.ts';

const NODE = { node: 'a' };
const { timeoutMs: _timeoutMs, ...CLAIM } = claimOf({ claimId: 'claim-1' });

describe('a claim has time', () => {
  const round = { duty: 'grandpa', unit: '3/7' } as const;
  const enter = { ...round, part: 'enter', digest: null, term: '1' } as const;
  const slot = { unit: '3600' };
  const collated = { duty: 'aura-parachain', unit: '3600/7/1' } as const;
  const rows: readonly (readonly [
    what: string,
    change: Partial<ClaimRequest>,
    ms: number,
    setup?: DeskSetup,
  ])[] = [
    ['of 1 ms at least', { timeoutMs: -5 }, 1],
    ['of 1 ms for none', { timeoutMs: 0 }, 1],
    ['of 1 ms if it asks for it', { timeoutMs: 1 }, 1],
    ['as it asks for', { timeoutMs: 700 }, 700],
    ['of 30 s if it asks for it', { timeoutMs: 30_000 }, 30_000],
    ['of 30 s at most', { timeoutMs: 30_001 }, 30_000],
    ['until two thirds of its slot, which begins now', slot, 667],
    ['until two thirds of a later slot', { unit: '3602' }, 2_667],
    ['of half a second for a slot that is over', { unit: '3599' }, 500],
    ['of a second to enter', enter, 1_000],
    ['of three seconds at most to enter', { ...enter, timeoutMs: 30_000 }, 3_000],
    ['of half a minute to vote', { ...round, part: 'prevote', digest: vote('01') }, 30_000],
    ['of half a minute if the slot of a relay parent may be over', collated, 30_000],
    ['of half a minute without a policy, which has the length of a slot', slot, 30_000, { policy: null }],
  ];
  for (const [what, change, ms, setup] of rows)
    test(what, async (context) => {
      const { front, asked } = fakeDesk(context, setup);
      await front.claim({ ...CLAIM, ...change }, NODE);
      assert.deepEqual(
        asked.map(({ deadlineMs, arrivedMs }) => deadlineMs - arrivedMs),
        [ms],
      );
    });
});

describe('the reply to a claim', () => {
  test('repeats the question and says what was decided', async (context) => {
    const { front } = fakeDesk(context);
    const { word, ...reply } = await front.claim({ ...CLAIM, unit: '7', digest: seal('07') }, NODE);
    assert.deepEqual(reply, {
      ...{ outcome: 'granted', reason: 'new', message: reply.message, claimId: 'claim-1' },
      ...{ ledger: IDENTITY.ledger, chain: CHAIN, key: KEY, duty: 'babe', unit: '7', part: 'seal' },
      ...{ digest: seal('07'), incarnation: INCARNATION, watch: GRANTED.watch },
      head: GRANTED.point && headOf(GRANTED.point),
    });
    assert.equal(pointOfWord(word)?.hash, FREE.mark.lastHash);
  });

  test('has no word without a mark; no digest is null', async (context) => {
    const { front } = fakeDesk(context, { decide: () => unknown('ceiling-unknown', '') });
    assert.equal((await front.claim(CLAIM, NODE)).word, null);
    const { digest: _digest, ...bare } = CLAIM;
    const reply = await front.claim(bare, NODE);
    assert.deepEqual([reply.head, reply.digest], [null, null]);
  });

  test('is measured, followed and between its places of failure', async (context) => {
    const clock = clockOf(context);
    const decide = () => clock.sleep(30).then(() => GRANTED);
    const { front, measured, followed, failpoints } = fakeDesk(context, { decide });
    await clock.sleep(500);
    await front.claim(CLAIM, NODE);
    assert.deepEqual(
      [measured, followed, failpoints],
      [['babe granted new 30'], ['claim-1 granted'], ['claim-received', 'before-reply']],
    );
  });
});

test('a decision that is no grant is noted; a grant has its durable entry', async (context) => {
  const granting = fakeDesk(context, { bare: true });
  assert.equal((await granting.front.claim(CLAIM, NODE)).outcome, 'granted');
  assert.deepEqual(granting.notes, []);
  const denying = fakeDesk(context, { decide: () => denied('unit-taken', 'it belongs to b') });
  await denying.front.claim(CLAIM, NODE);
  const [note] = denying.notes;
  assert.deepEqual(
    [note?.outcome, note?.reason, note?.claimId, note?.node, note?.via, note?.atMs],
    ['denied', 'unit-taken', 'claim-1', 'a', 'claims', clockOf(context).nowMs()],
  );
});

test('a service that does not serve asks no engine, and says why', async (context) => {
  const { front, asked, notes, followed } = fakeDesk(context, { state: 'behind' });
  const reply = await front.claim(CLAIM, NODE);
  assert.deepEqual([reply.outcome, reply.reason], ['denied', 'store-behind']);
  assert.match(reply.message, /^as the session says$/);
  assert.deepEqual([asked.length, notes.length, followed.length], [0, 1, 1]);
});

describe('claims under way', () => {
  test('of one node are bounded by the places that are free, so that no node keeps another one out', async (context) => {
    const { promise, resolve } = Promise.withResolvers<typeof GRANTED>();
    const { front } = fakeDesk(context, { maxInFlight: 7, decide: () => promise });
    const under: Promise<unknown>[] = [];
    /** How many of nine claims come in. */
    const admitted = (node: string) => {
      const before = front.inFlight();
      for (let time = 0; time < 9; time++) under.push(front.claim(CLAIM, { node }).catch(() => null));
      return front.inFlight() - before;
    };
    assert.deepEqual(['a', 'b', 'c', 'd', 'b'].map(admitted), [4, 2, 1, 0, 0]);
    assert.equal(
      await refusal(front.claim(CLAIM, { node: 'b' })),
      '429 too-many-in-flight: b has 2 claims under way and 0 of the 7 places (limits.maxInFlight) are free; a node may have as many as are free' +
        ' | Ask again in a moment, or ask another service.',
    );
    resolve(GRANTED);
    await Promise.all(under);
    assert.equal(front.inFlight(), 0);
    assert.equal((await front.claim(CLAIM, { node: 'd' })).outcome, 'granted');
  });

  test('that fail are no longer under way', async (context) => {
    const decide = () => Promise.reject(new Error('a defect'));
    const { front } = fakeDesk(context, { maxInFlight: 1, decide });
    for (let time = 0; time < 2; time++)
      await assert.rejects(front.claim(CLAIM, NODE), { message: 'a defect' });
    assert.equal(front.inFlight(), 0);
  });

  test('are waited for when the service stops, and not for ever', async (context) => {
    const clock = clockOf(context);
    const decide = () => clock.sleep(200).then(() => GRANTED);
    const { front } = fakeDesk(context, { decide });
    const idleAfter = async (timeoutMs: number) => {
      const before = clock.monotonicMs();
      await front.idle(timeoutMs);
      return clock.monotonicMs() - before;
    };
    assert.equal(await idleAfter(1_000), 0, 'no claim is under way');
    const both = [front.claim(CLAIM, NODE)];
    await clock.sleep(50);
    both.push(front.claim(CLAIM, NODE));
    assert.equal(await idleAfter(100), 100);
    assert.equal(await idleAfter(1_000), 100, 'until the last one has ended');
    await Promise.all(both);
    await until(context, () => front.inFlight() === 0, 'the end');
  });
});
