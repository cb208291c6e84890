import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryStore, startAdopted, startServing } from '../../testing/services.ts';

test('an export and a proof are remembered after a restart, beside the drills', async (context) => {
  let text: string | null = null;
  const standbyFile = {
    load: () => text,
    save: async (next: string) => {
      text = next;
    },
  };
  const store = memoryStore(context);
  const parts = { standbyFile };
  const { permit, disk, stop } = await startAdopted(context, {}, { store, parts });
  assert.deepEqual(permit.upkeep(), { lastExport: null, lastVerification: null });
  const { ledger } = await permit.health();
  await permit.noteExport('ada', 7);
  await permit.noteVerification({ ledger: ledger ?? '', verdict: 'proven' }, 'bob');
  await assert.rejects(permit.noteVerification({ ledger: 'another', verdict: 'violation' }, 'eve'), {
    code: 'other-ledger',
  });
  const before = permit.upkeep();
  assert.deepEqual([before.lastExport?.by, before.lastExport?.lines], ['ada', 7]);
  assert.deepEqual([before.lastVerification?.by, before.lastVerification?.verdict], ['bob', 'proven']);
  await stop();

  const again = await startServing(context, { store, disk, parts });
  assert.deepEqual(again.permit.upkeep(), before);
  await again.stop();
});
