import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { keys } from '../../service/ground/keys.ts';
import { until } from '../../service/testing/world.ts';
import { executeRecovery } from './execute.ts';
import { NODES, partsOf, planOn, recover, serveAgain, voteIn, wordIsHeld } from './testing/ground.ts';

/** Held words before and after a recovery: decision 0016, "Epochs". */

/** A service that starts after the recovery, once every report is released. */
async function freedAgain(context: TestContext, disaster: Awaited<ReturnType<typeof wordIsHeld>>) {
  const permit = await serveAgain(context, disaster);
  await until(
    context,
    async () => (await permit.rollbackReports()).every(({ state }) => state === 'released'),
    'the release',
  );
  return permit;
}

test('the plan shows the held word, and its floor is above the top of it', async (context) => {
  const disaster = await wordIsHeld(context);
  const nodes = NODES.map((node) => ({ ...node, round: 10n }));
  const { words, plan } = await planOn(partsOf(context, disaster), { nodes });
  assert.deepEqual(
    words.map(({ node, unit, top, source }) => ({ node, unit, top, source })),
    [{ node: 'a', unit: '3/40', top: '3/40', source: 'store' }],
  );
  const floors = plan.keys.flatMap((key) => key.floors.filter(({ duty }) => duty === 'grandpa'));
  assert.ok(floors.some(({ floor, reasons }) => floor === '3/40' && reasons[0]?.from.startsWith('word ')));
});

test('the recovery ends the report, for every key', async (context) => {
  const disaster = await wordIsHeld(context);
  await recover(partsOf(context, disaster));
  const permit = await freedAgain(context, disaster);
  assert.equal((await permit.rollbackReports())[0]?.freed.length, 2);
  assert.equal((await voteIn(permit, '67', '03')).outcome, 'granted');
});

test('a word that only the own disk has is planned with, and ended as well', async (context) => {
  const disaster = await wordIsHeld(context);
  // The store went back once more: it has no report.
  disaster.store.restore(disaster.backup);
  await partsOf(context, disaster).clock.sleep(60_000);
  const { words, plan } = await planOn(partsOf(context, disaster));
  assert.equal(words[0]?.source, 'the ledger of this service');
  await executeRecovery(partsOf(context, disaster), plan, 'all stopped');
  const { records } = await disaster.store.list(keys.doubts);
  assert.equal(records.length, 1);
  await freedAgain(context, disaster);
});

test('a word of the old epoch on the disk of another service is ended once that service starts', async (context) => {
  const disaster = await wordIsHeld(context);
  const { words } = disaster.disk;
  disaster.store.restore(disaster.backup);
  await partsOf(context, disaster).clock.sleep(60_000);
  // The recovery does not know the word.
  const kept = words.splice(0);
  await recover(partsOf(context, disaster));
  words.push(...kept);
  const permit = await freedAgain(context, disaster);
  const [report] = await permit.rollbackReports();
  assert.match(report?.released?.reason ?? '', /a recovery began a new epoch/);
});
