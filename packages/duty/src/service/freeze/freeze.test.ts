import assert from 'node:assert/strict';
import test from 'node:test';
import { PermitFault } from '../contract.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  fakeDeaf,
  KEY,
  NEVER_SIGNED,
  policyDocument,
  seal,
  startAdopted,
  startPair,
  startService,
  untilServing,
} from '../testing/services.ts';
import { until } from '../testing/world.ts';

const OTHER = `0x${'cd'.repeat(32)}`;

test('a freeze outlives a new policy, an adoption and a restart; a person lifts it', async (context) => {
  const { permit, store, disk, stop } = await startAdopted(context);
  await permit.freeze({ key: KEY, reason: 'first' }, 'ada');
  await permit.freeze({ key: KEY, reason: 'second' }, 'bob');
  const applied = await permit.applyPolicy(policyDocument({ standbyDelayMs: 70 }), 'ada');
  assert.equal(applied.mode, 'frozen');
  await permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'again' }, 'ada');
  await stop();
  const later = await startService(context, { store, disk });
  await untilServing(context, later.permit);
  assert.equal(await ask(later.permit, 'a', { unit: '3' }), 'denied:key-frozen');
  const [held] = await later.permit.policies();
  assert.deepEqual([held?.freeze?.reason, held?.freeze?.by, held?.standbyDelayMs], ['first', 'ada', 70]);
  const [lifted] = await later.permit.liftFreeze({ key: KEY, reason: 'the copy is destroyed' }, 'bob');
  assert.equal(lifted?.mode, 'enforce');
  assert.deepEqual(
    [lifted?.freeze?.by, lifted?.freeze?.lifted?.by, lifted?.freeze?.lifted?.reason],
    ['ada', 'bob', 'the copy is destroyed'],
  );
  assert.equal(await ask(later.permit, 'a', { unit: '3' }), 'granted:new');
});

test('an adoption of a frozen key that was idle grants after the lift only', async (context) => {
  const { permit } = await startService(context);
  await untilServing(context, permit);
  await permit.applyPolicy(policyDocument(), 'ada');
  await permit.freeze({ key: 'all', reason: 'not yet' }, 'ada');
  assert.equal(await ask(permit, 'a'), 'denied:not-adopted');
  await permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'new' }, 'ada');
  assert.equal(await ask(permit, 'a'), 'denied:key-frozen');
  await permit.liftFreeze({ key: 'all', reason: 'now' }, 'ada');
  assert.equal(await ask(permit, 'a'), 'granted:new');
});

test('--all is every key of the ledger, also one that another service adopted', async (context) => {
  const { first, second } = await startPair(context, {}, { seen: fakeDeaf });
  await adoptOther(first.permit, ['a'], OTHER);
  const frozen = await second.permit.freeze({ key: 'all', reason: 'intrusion' }, 'ada');
  assert.deepEqual(frozen.map(({ key, mode }) => [key, mode]).sort(), [
    [KEY, 'frozen'],
    [OTHER, 'frozen'],
  ]);
  assert.equal(await ask(first.permit, 'a', { key: OTHER, digest: seal('01') }), 'denied:key-frozen');
  await second.permit.liftFreeze({ key: OTHER, reason: 'this one is safe' }, 'ada');
  await until(
    context,
    async () => (await ask(first.permit, 'a', { key: OTHER })) === 'granted:new',
    'the lift',
  );
  assert.equal(await ask(first.permit, 'a'), 'denied:key-frozen');
});

test('a key without a policy, and a key that is not frozen, are refused', async (context) => {
  const { permit } = await startAdopted(context);
  const refused = (code: string) => (error: unknown) => error instanceof PermitFault && error.code === code;
  await assert.rejects(permit.freeze({ key: OTHER, reason: 'x' }, 'ada'), refused('not-listed'));
  const elsewhere = { chain: `0x${'00'.repeat(32)}`, key: KEY, reason: 'x' };
  await assert.rejects(permit.freeze(elsewhere, 'ada'), refused('not-listed'));
  await assert.rejects(permit.liftFreeze({ key: KEY, reason: 'x' }, 'ada'), refused('not-frozen'));
});
