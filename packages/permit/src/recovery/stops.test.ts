import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groundOf, planOn, serveAgain, storeWentBack, voteIn } from './fixture.ts';
import { finishesAfter, STOPS } from './fixture-stops.ts';

for (const stop of STOPS)
  test(`a recovery that stops ${stop.when} write ${stop.nth} of the ${stop.at} is finished by the same command`, async (context) => {
    const disaster = await storeWentBack(context);
    const open = async () => groundOf(context, disaster);
    const { plan } = await planOn(await open());
    await finishesAfter(stop, plan, open);
    const permit = await serveAgain(context, disaster);
    assert.equal((await voteIn(permit, '66', '03')).reason, 'below-floor');
    assert.equal((await voteIn(permit, '67', '03')).outcome, 'granted');
  });
