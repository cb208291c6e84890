import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { mountSmallDisk } from '@watchbill/kit/testing';
import { temporaryFolder } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { assertDecided, FIRST_SLOT, type Ground, startGround } from './ledger-ground.ts';

leaveNothing('disk');

/** A disk may take a little more after it is full: what lies in pages that it had given out. */
const MAX_STILL_WRITTEN = 20;

/**
 * A service whose ledger (`data`) or store (`store`) lies on a small disk; null where this machine cannot
 * have one.
 */
async function onSmallDisk(context: TestContext, which: 'data' | 'store', store?: 'elsewhere') {
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

/** Claim slot after slot until the disk refuses one, with this reason; answers it. */
async function untilRefused(ground: Ground, reason: string): Promise<number> {
  for (let unit = FIRST_SLOT - MAX_STILL_WRITTEN; unit <= FIRST_SLOT; unit++) {
    const answer = await ground.claim(unit);
    if (answer.status === 200) {
      assertDecided(answer, 200, 'granted', 'new');
      continue;
    }
    assertDecided(answer, 503, 'unknown', reason);
    assert.match(JSON.stringify(answer.body), /"remedy":"\S/);
    return unit;
  }
  throw new Error('the full disk took everything');
}

for (const which of ['store', 'data'] as const)
  test(`the disk of the ${which === 'data' ? 'file of store and ledger' : 'store'} is full: unknown, nothing recorded, and it goes on by itself`, async (context: TestContext) => {
    const full = await onSmallDisk(context, which);
    if (full === null) return;
    const { ground, disk } = full;
    const { service, claim } = ground;
    disk.fill();
    const unit = await untilRefused(ground, 'store-unavailable');
    const marks = JSON.stringify(await service.admin('GET', '/v1/marks'));
    assert.doesNotMatch(marks, new RegExp(`"unit":"${unit}"`), 'nothing was recorded');
    const health = (await service.admin('GET', '/v1/health')) as { store: { ok: boolean } };
    assert.equal(health.store.ok, false, 'the health of the store says so');
    assert.equal((await service.fetch('/livez')).status, 200);
    disk.free();
    assertDecided(await claim(unit), 200, 'granted', 'new');
    const decisions = JSON.stringify(await service.admin('GET', '/v1/decisions?limit=1000'));
    assert.match(decisions, /"reason":"store-unavailable"/, 'it was recorded why');
    await ground.assertLogKeepsSecrets();
  });

test('the disk of the ledger is full: unknown, and the same claim is granted once there is room', async (context: TestContext) => {
  const full = await onSmallDisk(context, 'data', 'elsewhere');
  if (full === null) return;
  const { ground, disk } = full;
  const { claim } = ground;
  disk.fill();
  const unit = await untilRefused(ground, 'ledger-unavailable');
  assertDecided(await claim(unit), 503, 'unknown', 'ledger-unavailable');
  disk.free();
  assertDecided(await claim(unit), 200, 'granted', 'repeat');
  assertDecided(await claim(unit, { payload: 'cd' }), 200, 'denied', 'digest-differs');
  assertDecided(await claim(unit + 1), 200, 'granted', 'new');
  await ground.assertLogKeepsSecrets();
});
