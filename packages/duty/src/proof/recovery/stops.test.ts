import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../../service/testing/services.ts';
import { worldOf } from '../../service/testing/world.ts';
import { executeRecovery } from './execute.ts';
import { partsOf, planOn, serveAgain, stop, storeWentBack, voteIn } from './testing/ground.ts';
import { fakeStopped, finishesAfter, STOPS } from './testing/stops.ts';

for (const at of STOPS)
  test(`a recovery that stops ${at.when} write ${at.nth} of the ${at.at} is finished by the same command`, async (context) => {
    const disaster = await storeWentBack(context);
    const open = async () => partsOf(context, disaster);
    const { plan, findings, problems } = await planOn(await open());
    assert.deepEqual([findings.map(({ kind }) => kind), problems], [['store-behind'], []]);
    await finishesAfter(at, plan, open);
    const permit = await serveAgain(context, disaster);
    for (const round of ['40', '66']) assert.equal((await voteIn(permit, round, '03')).reason, 'below-floor');
    assert.equal((await voteIn(permit, '67', '03')).outcome, 'granted');
  });

test('a service that starts in the middle of a recovery waits for its end', async (context) => {
  const disaster = await storeWentBack(context);
  const { plan } = await planOn(partsOf(context, disaster));
  const half = fakeStopped(partsOf(context, disaster), { at: 'store', nth: 2, when: 'before' });
  await assert.rejects(executeRecovery(half, plan, 'all stopped'));
  const service = await startService(context, disaster);
  await worldOf(context).clock.sleep(10_000);
  const { state, detail } = await service.permit.health();
  assert.equal(state, 'checking');
  assert.match(detail, /is not finished: 1 keys are to be adopted/);
  const running = executeRecovery(partsOf(context, disaster), plan, 'all stopped');
  await assert.rejects(running, { code: 'services-live' });
  await stop(context, service);
  await executeRecovery(partsOf(context, disaster), plan, 'all stopped');
  await serveAgain(context, disaster);
});
