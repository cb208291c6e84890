import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../../service/testing/services.ts';
import { worldOf } from '../../service/testing/world.ts';
import { executeRecovery } from './execute.ts';
import { CHAIN, partsOf, planOn, recover, serveAgain, storeWentBack, voteIn } from './testing/ground.ts';

test('a store that went back: the plan names it, and after the recovery the service serves again', async (context) => {
  const disaster = await storeWentBack(context);
  const parts = partsOf(context, disaster);
  const { findings, plan, problems } = await planOn(parts);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['store-behind'],
  );
  const grandpa = plan.keys[0]?.floors.find(({ duty }) => duty === 'grandpa');
  assert.equal(grandpa?.floor, '3/66');
  assert.equal((await executeRecovery(parts, plan, 'all stopped')).run, 'begun');

  const permit = await serveAgain(context, disaster);
  assert.equal((await voteIn(permit, '40', '03')).reason, 'below-floor');
  assert.equal((await voteIn(permit, '66', '03')).reason, 'below-floor');
  assert.equal((await voteIn(permit, '67', '03')).outcome, 'granted');
});

test('the first rounds of the next set are above the floor, and never granted after the recovery', async (context) => {
  const disaster = await storeWentBack(context, { return: 'deny' });
  await recover(partsOf(context, disaster));
  const permit = await serveAgain(context, disaster);
  const voteAt = async (unit: string) => (await voteIn(permit, '', '03', { unit })).reason;
  for (const round of [1, 16]) assert.equal(await voteAt(`4/${round}`), 'unit-past');
  assert.equal(await voteAt('4/17'), 'unit-ahead');
  // Later than an observer may raise its first report.
  await worldOf(context).clock.sleep(20_000);
  await permit.observe({ chain: CHAIN, setId: '4', round: '2' }, 'watcher');
  assert.equal(await voteAt('4/16'), 'unit-past');
  assert.equal(await voteAt('4/17'), 'new');
});

test('without a recovery that service never serves', async (context) => {
  const { store, disk } = await storeWentBack(context);
  const { permit } = await startService(context, { store, disk });
  await worldOf(context).clock.sleep(20_000);
  assert.equal((await permit.health()).state, 'behind');
});

test('the word of the lost grant is explained by the floor, and replaced', async (context) => {
  const disaster = await storeWentBack(context);
  await recover(partsOf(context, disaster));
  const permit = await serveAgain(context, disaster);
  const reply = await voteIn(permit, '67', '03', { word: disaster.word });
  assert.equal(reply.outcome, 'granted');
  assert.notEqual(reply.word, disaster.word);
  assert.deepEqual(await permit.rollbackReports(), []);
});
