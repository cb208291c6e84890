import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { temporaryFolder } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { mountSmallDisk, type SmallDisk } from '@watchbill/testkit/small-disk';
import {
  type Answer,
  assertDecided,
  assertFalse,
  assertLogKeepsSecrets,
  type Ground,
  putSlot,
  slotOfNow,
  startGround,
} from './bad-input-ground.ts';

leaveNothing('disk');

/** A disk may take a little more after it is full: what lies in pages that it had given out. */
const MAX_STILL_WRITTEN = 20n;

interface Full {
  readonly ground: Ground;
  readonly disk: SmallDisk;
}

/**
 * A service whose ledger (`data`) or store (`store`) lies on a small disk; null where this machine cannot
 * have one.
 */
async function onSmallDisk(
  context: TestContext,
  which: 'data' | 'store',
  store?: 'elsewhere',
): Promise<Full | null> {
  const { dir, remove } = await temporaryFolder('disk');
  const disk = mountSmallDisk(`${dir}/${which}`);
  if (typeof disk === 'string') {
    await remove();
    context.skip(disk);
    return null;
  }
  // In the order in which they are given: this runs before the service is ended, and the folder is removed
  // after it.
  context.after(() => disk.unmount());
  const path = which === 'store' ? `${dir}/store/store.sqlite` : `${dir}/elsewhere/store.sqlite`;
  const apart = which === 'store' || store === 'elsewhere';
  const ground = await startGround(context, { dir, ...(apart && { storePath: path }) }).finally(() =>
    context.after(remove),
  );
  return { ground, disk };
}

/** Claim slot after slot until the disk refuses one; answers it. */
async function untilRefused(ground: Ground): Promise<{ readonly unit: string; readonly answer: Answer }> {
  const first = slotOfNow() - MAX_STILL_WRITTEN;
  for (let unit = first; unit <= slotOfNow(); unit++) {
    const answer = await ground.claim({ unit: String(unit) });
    if (answer.status !== 200) return { unit: String(unit), answer };
    assertDecided(answer, 200, 'granted', 'new');
  }
  throw new Error('the full disk took everything');
}

for (const which of ['store', 'data'] as const)
  test(`the disk of the ${which === 'data' ? 'file of store and ledger' : 'store'} is full: unknown, nothing recorded, and it goes on by itself`, async (context: TestContext) => {
    const full = await onSmallDisk(context, which);
    if (full === null) return;
    const { ground, disk } = full;
    disk.fill();
    const { unit, answer } = await untilRefused(ground);
    assertDecided(answer, 503, 'unknown', 'store-unavailable');
    assert.match(answer.text, /"remedy":"\S/);
    const marks = JSON.stringify(await ground.service.admin('GET', '/v1/marks'));
    assert.doesNotMatch(marks, new RegExp(`"unit":"${unit}"`), 'nothing was recorded');
    assertFalse(await ground.put(`/authorize/slot/${unit}`), 503, 'the original wire protocol');
    const health = (await ground.service.admin('GET', '/v1/health')) as { store: { ok: boolean } };
    assert.equal(health.store.ok, false, 'the health of the store says so');
    assert.equal((await ground.send('GET', '/livez')).status, 200);
    disk.free();
    assertDecided(await ground.claim({ unit }), 200, 'granted', 'new');
    const { answer: right } = await putSlot(ground, BigInt(unit));
    assert.deepEqual([right.status, right.text], [200, 'true']);
    assert.ok((await ground.reasons()).includes('store-unavailable'), 'it was recorded why');
    await assertLogKeepsSecrets(ground);
  });

test('the disk of the ledger is full: unknown, and the same claim is granted once there is room', async (context: TestContext) => {
  const full = await onSmallDisk(context, 'data', 'elsewhere');
  if (full === null) return;
  const { ground, disk } = full;
  disk.fill();
  const { unit, answer } = await untilRefused(ground);
  assertDecided(answer, 503, 'unknown', 'ledger-unavailable');
  assert.match(answer.text, /"remedy":"\S/);
  assertDecided(await ground.claim({ unit }), 503, 'unknown', 'ledger-unavailable');
  assertFalse(await ground.put(`/authorize/slot/${unit}`), 503, 'the original wire protocol');
  disk.free();
  assertDecided(await ground.claim({ unit }), 200, 'granted', 'repeat');
  const other = await ground.claim({ unit, digest: `0x${'cd'.repeat(32)}` });
  assertDecided(other, 200, 'denied', 'digest-differs');
  const next = await ground.claim({ unit: String(BigInt(unit) + 1n) });
  assertDecided(next, 200, 'granted', 'new');
  await assertLogKeepsSecrets(ground);
});
