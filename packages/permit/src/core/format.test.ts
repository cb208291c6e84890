import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { assembleMark, DUTIES, decodeHead, encodeHead } from '@watchbill/duty';
import type { MemoryStore, Store } from '@watchbill/store';
import { encodeEpoch } from './epoch.ts';
import {
  ask,
  claimOf,
  fakeSeen,
  memoryStore,
  put,
  SESSION_TTL_MS,
  type Service,
  startAdopted,
  startService,
  textAt,
  untilServing,
} from './testing/services.ts';
import { clockOf, until } from './testing/world.ts';

/** A ledger of the last release becomes one of this release when no service of the last release is left. */

const OLD_SERVICE = 'ab'.repeat(16);
const OLD_RECORD = '{"name":"old","reason":null,"state":"serving","url":"old","v":1,"vouchedBy":"x"}';
const OLD_SESSION = '{"session":"5c","v":1}';

/** A store as a service of the last release left it, and the disk of a service. */
async function oldLedger(
  context: TestContext,
): Promise<{ store: MemoryStore; first: Service; markKey: string }> {
  const store = memoryStore(context);
  const first = await startAdopted(context, { standbyDelayMs: 0 }, { store });
  assert.equal(await ask(first.permit, 'a', { unit: '1' }), 'granted:new');
  const { epoch } = await first.permit.health();
  await first.stop();
  await put(store, 'epoch', encodeEpoch({ epoch: epoch ?? '', format: 1 }));
  for (const { key, value } of (await store.list('mark/')).records) {
    const duty = DUTIES.find(({ name }) => key.endsWith(`/${name}`));
    assert.ok(duty);
    const head = decodeHead(Buffer.from(value).toString(), duty);
    await put(store, key, encodeHead(assembleMark(head, [], duty), duty, 1));
  }
  const { chain, key } = claimOf();
  return { store, first, markKey: `mark/${chain}/${key}/babe` };
}

test('while a service of the last release is alive, records keep the form that it reads', async (context) => {
  const { store, first, markKey } = await oldLedger(context);
  const { permit } = await startService(context, { store, disk: first.disk });
  await untilServing(context, permit);
  await put(store, `session/${OLD_SERVICE}`, OLD_SESSION);
  await put(store, `service/${OLD_SERVICE}`, OLD_RECORD);
  await clockOf(context).sleep(3 * SESSION_TTL_MS);
  const reply = await permit.claim(claimOf({ unit: '100' }), { node: 'a' });
  assert.equal(reply.outcome, 'granted', reply.message);
  assert.equal(reply.word, null);
  assert.match(await textAt(store, 'epoch'), /"v":1\}$/);
  assert.match(await textAt(store, markKey), /"v":1\}$/);
  await put(store, `session/${OLD_SERVICE}`, null);
  await until(
    context,
    async () => (await textAt(store, 'epoch')).endsWith('"v":2}'),
    'the ledger to be raised',
  );
  const next = await permit.claim(claimOf({ unit: '101' }), { node: 'a' });
  assert.equal(next.outcome, 'granted');
  assert.match(next.word ?? '', /^w1\./);
  assert.match(await textAt(store, markKey), /"v":2\}$/);
});

test('a service that begins while the ledger is raised follows it', async (context) => {
  const { store, first } = await oldLedger(context);
  const { permit } = await startService(context, { store, disk: first.disk });
  await untilServing(context, permit);
  const { epoch } = await permit.health();
  await put(store, 'epoch', encodeEpoch({ epoch: epoch ?? '', format: 2 }));
  const reply = await permit.claim(claimOf({ unit: '2' }), { node: 'a' });
  assert.equal(reply.outcome, 'granted');
  assert.match(reply.word ?? '', /^w1\./);
});

test('a ledger that was raised and is of format 1 again is a store that went back', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startAdopted(context, { standbyDelayMs: 0 }, { store });
  const { epoch } = await permit.health();
  await put(store, 'epoch', encodeEpoch({ epoch: epoch ?? '', format: 1 }));
  assert.equal(await ask(permit, 'a', { unit: '1' }), 'denied:store-behind');
});

test('a ledger that was recovered meanwhile is not raised', async (context) => {
  const { store, first } = await oldLedger(context);
  const recovered = encodeEpoch({ epoch: 'ff'.repeat(16), format: 1 });
  const seen = fakeSeen(store, async ({ writes }) => {
    if (writes.some(({ key }) => key === 'epoch')) await put(store, 'epoch', recovered);
    return undefined;
  });
  const { permit } = await startService(context, { store: seen, disk: first.disk });
  await untilServing(context, permit);
  await clockOf(context).sleep(2 * SESSION_TTL_MS);
  assert.equal(await textAt(store, 'epoch'), recovered);
});

test('a service that follows a raised ledger while it reads the sessions raises nothing', async (context) => {
  const { store, first } = await oldLedger(context);
  const { epoch } = await first.permit.health();
  const raised = encodeEpoch({ epoch: epoch ?? '', format: 2 });
  const compared: string[] = [];
  const seen = fakeSeen(store, async ({ compares, writes }) => {
    if (!writes.some(({ key }) => key === 'epoch')) return undefined;
    const [found] = compares.filter(({ key }) => key === 'epoch');
    compared.push(Buffer.from(found?.value ?? []).toString());
    return undefined;
  });
  let followed: string | null = null;
  const raisedMeanwhile: Store = {
    ...seen,
    list: async (prefix, ...rest) => {
      if (prefix === 'session/' && followed === null && (await textAt(store, 'epoch')) !== raised) {
        await put(store, 'epoch', raised);
        followed = await ask(permit, 'a', { unit: '2' });
      }
      return seen.list(prefix, ...rest);
    },
  };
  const { permit } = await startService(context, { store: raisedMeanwhile, disk: first.disk });
  await untilServing(context, permit);
  await clockOf(context).sleep(2 * SESSION_TTL_MS);
  assert.equal(followed, 'granted:new');
  assert.equal(compared.includes(raised), false, 'a transaction that begins at the raised format');
});
