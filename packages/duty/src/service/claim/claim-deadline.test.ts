import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransactionResult } from '../../store/index.ts';
import { claimOf, fakeSeen, memoryStore, startAdopted } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';

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
