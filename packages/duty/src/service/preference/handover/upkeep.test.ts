import assert from 'node:assert/strict';
import test from 'node:test';
import { FIT_REPORT, memoryStore, startAdopted, startServing } from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';

test('a take-over is kept with the node before; no person asked for it', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 3_000 });
  const last = async (node: string) =>
    (await permit.standbys({})).find((one) => one.node === node)?.lastHandover;
  await permit.reportReadiness(FIT_REPORT, 'a');
  const first = await last('a');
  assert.deepEqual([first?.by, first?.from, first?.term], [null, null, '1']);
  for (let seconds = 0; seconds < 10; seconds++) {
    await permit.reportReadiness(FIT_REPORT, 'b');
    await clockOf(context).sleep(1_000);
  }
  const second = await last('b');
  assert.deepEqual([second?.by, second?.from, second?.term], [null, 'a', '2']);
});

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
