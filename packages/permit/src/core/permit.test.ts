import assert from 'node:assert/strict';
import test from 'node:test';
import {
  ask,
  CHAIN,
  claimOf,
  INCARNATION,
  KEY,
  OTHER_INCARNATION,
  seal,
  startAdopted,
  vote,
} from './testing/services.ts';

test('a slot is granted once, repeated to the same start, and denied to everyone else', async (context) => {
  const { permit, ledger } = await startAdopted(context);
  assert.equal(await ask(permit, 'a'), 'granted:new');
  assert.equal(await ask(permit, 'a'), 'granted:repeat');
  assert.equal(await ask(permit, 'a', { digest: seal('02') }), 'denied:digest-differs');
  assert.equal(await ask(permit, 'a', { incarnation: OTHER_INCARNATION }), 'denied:unit-taken');
  assert.equal(await ask(permit, 'b'), 'denied:unit-taken');
  assert.equal(await ask(permit, 'b', { unit: '2' }), 'granted:new');
  assert.equal(await ask(permit, 'a', { unit: '1' }), 'denied:below-floor');
  const [mark] = await permit.marks({ chain: CHAIN, key: KEY });
  assert.equal(mark?.floor, '1');
  assert.equal(ledger.head(`${CHAIN}/${KEY}/babe`)?.seq, '3');
});

test('a unit far ahead of the clock is denied', async (context) => {
  const { permit } = await startAdopted(context);
  assert.equal(await ask(permit, 'a', { unit: '7900' }), 'denied:unit-ahead');
});

test('a round is entered on watch, voted in once per part, and repeated to any listed node with the same digest', async (context) => {
  const { permit } = await startAdopted(context);
  const round = { duty: 'grandpa', unit: '0/1' } as const;
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  const report = {
    chain: CHAIN,
    keys: [KEY],
    syncing: false,
    peers: 3,
    finalityLagBlocks: 0,
    clockOffsetMs: 0,
  };
  const [watch] = await permit.reportReadiness(report, 'a');
  assert.equal(watch?.holder, 'a');
  assert.equal(watch?.term, '1');
  assert.equal(await ask(permit, 'a', { ...round, part: 'enter', digest: null, term: '1' }), 'granted:new');
  assert.equal(
    await ask(permit, 'b', { ...round, part: 'prevote', digest: vote('01') }),
    'denied:unit-taken',
  );
  assert.equal(await ask(permit, 'a', { ...round, part: 'prevote', digest: vote('01') }), 'granted:new');
  assert.equal(await ask(permit, 'b', { ...round, part: 'prevote', digest: vote('01') }), 'granted:repeat');
  assert.equal(
    await ask(permit, 'b', { ...round, part: 'prevote', digest: vote('02') }),
    'denied:digest-differs',
  );
});

test('no observer other than the claimant: unknown, not denied', async (context) => {
  const { permit } = await startAdopted(context);
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'a');
  const answer = await ask(permit, 'a', {
    duty: 'grandpa',
    unit: '0/1',
    part: 'prevote',
    digest: vote('01'),
  });
  assert.equal(answer, 'unknown:ceiling-unknown');
});

test('many claims on one mark: exactly one digest wins', async (context) => {
  const { permit } = await startAdopted(context, { standbyDelayMs: 0 });
  const asked = Array.from({ length: 40 }, (_, index) =>
    permit.claim(
      claimOf({ unit: '7', digest: seal(index.toString(16).padStart(2, '0')), incarnation: INCARNATION }),
      { node: index % 2 === 0 ? 'a' : 'b' },
    ),
  );
  const replies = await Promise.all(asked);
  assert.equal(replies.filter((reply) => reply.outcome === 'granted').length, 1);
  assert.equal(replies.filter((reply) => reply.outcome === 'denied').length, 39);
});

test('a BEEFY vote is bounded by BEEFY’s own set id', async (context) => {
  const { permit } = await startAdopted(context);
  const beefy = (unit: string) => ask(permit, 'a', { duty: 'beefy', unit, part: 'vote', digest: seal('01') });
  await permit.observe({ chain: CHAIN, setId: '3', finalizedBlock: '100' }, 'watcher');
  assert.equal(await beefy('40/100'), 'unknown:ceiling-unknown');
  await permit.observe({ chain: CHAIN, beefySetId: '40' }, 'watcher');
  assert.equal(await beefy('42/100'), 'denied:unit-ahead');
  assert.equal(await beefy('40/100'), 'granted:new');
});

test('the list of services shows no secret of an address, whatever the ledger has', async (context) => {
  const url = 'https://ops:hunter2@box1:8450/?token=hunter2';
  const { permit } = await startAdopted(context, {}, { options: { url } });
  assert.deepEqual(
    (await permit.services()).map((view) => view.url),
    ['https://…@box1:8450/'],
  );
});
