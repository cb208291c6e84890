import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransactionResult } from '../../store/index.ts';
import { ask, claimOf, fakeSeen, memoryStore, startAdopted } from '../testing/services.ts';
import { clockOf, until } from '../testing/world.ts';

test('a claim whose transaction gets no answer is answered at its deadline', async (context) => {
  let silent = false;
  const never = new Promise<TransactionResult>(() => undefined);
  const store = fakeSeen(memoryStore(context), ({ writes }) =>
    silent && writes.some(({ key }) => key.startsWith('mark/')) ? never : undefined,
  );
  const { permit } = await startAdopted(context, {}, { store });
  silent = true;
  const clock = clockOf(context);
  const beganMs = clock.monotonicMs();
  const reply = await permit.claim(claimOf({ timeoutMs: 700 }), { node: 'a' });
  assert.deepEqual([reply.outcome, reply.reason], ['unknown', 'deadline']);
  assert.equal(clock.monotonicMs() - beganMs, 700);
});

test('claims behind one that is stuck are answered at their own deadlines and leave nothing behind', async (context) => {
  const { promise, resolve: release } = Promise.withResolvers<undefined>();
  let stuck = false;
  let grants = 0;
  const store = fakeSeen(memoryStore(context), (transaction) => {
    if (!transaction.writes.some((write) => write.key.endsWith('/babe'))) return;
    grants += 1;
    if (!stuck) return;
    stuck = false;
    return promise;
  });
  const { permit } = await startAdopted(context, {}, { store });
  grants = 0;
  stuck = true;
  const first = ask(permit, 'a', { unit: '1', timeoutMs: 30_000 });
  await until(context, () => grants === 1, 'the first claim to be stuck');
  const others = [2, 3, 4].map((unit) => ask(permit, 'a', { unit: String(unit), timeoutMs: 60 }));
  assert.deepEqual(new Set(await Promise.all(others)), new Set(['unknown:deadline']));
  release(undefined);
  assert.equal(await first, 'granted:new');
  assert.equal(await ask(permit, 'a', { unit: '5' }), 'granted:new');
  assert.equal(grants, 2);
});
