import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeDisk } from '../../service/testing/fake-ledger.ts';
import {
  CHAIN,
  KEY,
  policyDocument,
  startAdopted,
  startService,
  startServing,
} from '../../service/testing/services.ts';
import { worldOf } from '../../service/testing/world.ts';
import { executeRecovery } from './execute.ts';
import { decodePlanFile, encodePlanFile } from './plan-file.ts';
import { basisOf, readStore } from './read-store.ts';
import { readContextOf } from './recovery-parts.ts';
import type { NodeView, RecoveryChoices } from './situation.ts';
import { NODES, partsOf, planOn, recover, stop, storeWentBack } from './testing/ground.ts';

/** Plans: their choices, their refusals, and when they may be carried out. */

const GRANDPA = `${CHAIN}/${KEY}/grandpa`;
const choices = (change: Partial<RecoveryChoices>): RecoveryChoices => ({
  floors: new Map(),
  lost: [],
  policies: [],
  ...change,
});

/** The problems and the floor of grandpa, as these nodes and choices give them. */
async function plannedBy(
  context: Parameters<typeof storeWentBack>[0],
  nodes: readonly NodeView[],
  floor?: readonly bigint[] | null,
) {
  const parts = partsOf(context, await storeWentBack(context));
  const floors = floor === undefined ? new Map() : new Map([[GRANDPA, floor]]);
  const { problems, plan } = await planOn(parts, { nodes, choices: choices({ floors }) });
  const planned = plan.keys[0]?.floors.find(({ duty }) => duty === 'grandpa');
  return { what: problems.map(({ what }) => what).filter((what) => what.includes('grandpa')), planned };
}

const [ONE, TWO] = NODES as readonly [NodeView, NodeView];

test('two nodes that agree give the floor: the higher of both, and the step', async (context) => {
  const { what, planned } = await plannedBy(context, [ONE, { ...TWO, round: 48n }]);
  assert.deepEqual(what, []);
  assert.equal(planned?.floor, '3/66');
  assert.equal(planned?.holds, 'until round 66 of set 3 passed');
  assert.ok(
    planned?.reasons.some(({ from, unit }) => from === 'the ledger of this service' && unit === '3/40'),
  );
});

for (const [name, nodes] of [
  ['one node', [ONE]],
  ['two addresses of one node', [ONE, { ...TWO, peer: ONE.peer }]],
  ['two nodes of which one runs no voter', [ONE, { ...TWO, setId: null, round: null }]],
  ['a node of another chain', [ONE, { ...TWO, chain: `0x${'dd'.repeat(32)}` }]],
] as const)
  test(`${name} cannot tell the present of rounds`, async (context) => {
    const { what } = await plannedBy(context, nodes);
    assert.match(what[0] ?? '', /1 of the two independent nodes/);
  });

test('nodes that are more than a step or a set apart do not agree', async (context) => {
  const far = await plannedBy(context, [ONE, { ...TWO, round: 20n }]);
  assert.match(far.what[0] ?? '', /the nodes do not agree: ws:\/\/one says 3\/50, ws:\/\/two says 3\/20/);
  const sets = await plannedBy(context, [ONE, { ...TWO, setId: 5n }]);
  assert.match(sets.what[0] ?? '', /do not agree/);
  const change = await plannedBy(context, [ONE, { ...TWO, setId: 4n, round: 1n }]);
  assert.deepEqual([change.what, change.planned?.floor], [[], '4/17']);
  const wrong = await plannedBy(context, [ONE, { ...TWO, setId: 4n, round: 9_000n }]);
  assert.match(wrong.what[0] ?? '', /do not agree/, 'its floor would deny the whole next set');
});

test('a floor of the operator is taken without nodes, and never below a known top', async (context) => {
  const enough = await plannedBy(context, [], [3n, 40n]);
  assert.deepEqual([enough.what, enough.planned?.floor], [[], '3/40']);
  const low = await plannedBy(context, [], [3n, 39n]);
  assert.match(low.what[0] ?? '', /the floor 3\/39 .* is below 3\/40 \(the ledger of this service\)/);
  const never = await plannedBy(context, [], null);
  assert.match(never.what[0] ?? '', /the floor never .* is below 3\/40/);
  const belowNode = await plannedBy(context, [ONE], [3n, 60n]);
  assert.match(belowNode.what[0] ?? '', /below 3\/66 \(3\/50 seen by ws:\/\/one, and the step\)/);
});

test('the floor of slots is above the clock of this machine and above the newest block of any node', async (context) => {
  const parts = partsOf(context, await storeWentBack(context));
  const babe = async (newestMs: number | null) => {
    const { plan } = await planOn(parts, { nodes: [ONE, { ...TWO, newestMs }] });
    return Number(plan.keys[0]?.floors.find(({ duty }) => duty === 'babe')?.floor);
  };
  const now = await babe(null);
  const nowMs = parts.clock.nowMs();
  assert.equal(await babe(nowMs - 5_000), now);
  assert.equal(await babe(nowMs + 50_000), now + 50);
  const { problems } = await planOn(parts, { nodes: [ONE, { ...TWO, newestMs: nowMs + 86_400_001 }] });
  assert.match(problems[0]?.what ?? '', /the newest block of ws:\/\/two is more than a day ahead/);
});

test('a clock that is behind the newest block is found', async (context) => {
  const parts = partsOf(context, await storeWentBack(context));
  const newestMs = parts.clock.nowMs() + 3_600_000 * 2;
  const { findings } = await planOn(parts, { nodes: [{ ...ONE, newestMs }] });
  assert.match(
    findings.find(({ kind }) => kind === 'clock-wrong')?.what ?? '',
    /7200 s behind the newest block/,
  );
});

test('a floor for a mark that is not adopted, and a lost service that is not listed, are named', async (context) => {
  const parts = partsOf(context, await storeWentBack(context));
  const floors = new Map([[`${CHAIN}/0xff/grandpa`, [1n, 2n]]]);
  const { problems } = await planOn(parts, { choices: choices({ floors, lost: ['other'] }) });
  assert.deepEqual(
    problems.map(({ what }) => what),
    ['no service other is listed', `--floor names ${CHAIN}/0xff/grandpa, which this ledger does not adopt`],
  );
});

test('a store without the policy of a remembered key needs its document', async (context) => {
  const disaster = await storeWentBack(context);
  for (const { key } of (await disaster.store.list('', { limit: 1_000 })).records)
    if (/^(policy|mark|unit|set)\//.test(key))
      await disaster.store.transact([{ compares: [], writes: [{ key, value: null }] }]);
  const parts = partsOf(context, disaster);
  const without = await planOn(parts);
  assert.match(without.problems[0]?.what ?? '', /the store has no policy for/);
  const { problems, plan } = await planOn(parts, { choices: choices({ policies: [policyDocument()] }) });
  assert.deepEqual(problems, []);
  await executeRecovery(parts, plan, 'all stopped');
  const { findings } = await planOn(parts);
  assert.deepEqual(findings, []);
});

test('a running service refuses plan and execution', async (context) => {
  const disaster = await storeWentBack(context);
  const parts = partsOf(context, disaster);
  const { plan } = await planOn(parts);
  await startService(context, disaster);
  const { problems, findings } = await planOn(parts);
  assert.match(problems[0]?.what ?? '', /services are running: one/);
  assert.ok(findings.some(({ kind }) => kind === 'services-live'));
  await assert.rejects(executeRecovery(parts, plan, 'all stopped'), { code: 'services-live' });
});

test('a service that starts between the look and the first step stops the recovery', async (context) => {
  const disaster = await storeWentBack(context);
  const parts = partsOf(context, disaster);
  const { plan } = await planOn(parts);
  const late = {
    ...parts.store,
    transact: async (...args: Parameters<typeof parts.store.transact>) => {
      const value = Buffer.from('{"counter":"0","session":"late","v":2}');
      const key = `session/${disaster.disk.serviceId}`;
      await parts.store.transact([{ compares: [], writes: [{ key, value }] }]);
      return parts.store.transact(...args);
    },
  };
  await assert.rejects(executeRecovery({ ...parts, store: late }, plan, 'x'), { code: 'plan-outdated' });
  const { recovery } = await readStore(readContextOf(parts));
  assert.equal(recovery, null);
});

test('a plan is refused once the store or the own disk changed', async (context) => {
  const disaster = await storeWentBack(context);
  const parts = partsOf(context, disaster);
  const { plan } = await planOn(parts);
  disaster.disk.heads.delete(GRANDPA);
  await assert.rejects(executeRecovery(partsOf(context, disaster), plan, 'x'), { code: 'plan-outdated' });
  const next = await planOn(partsOf(context, disaster));
  const key = 'service/new';
  const value = Buffer.from('{"name":"n","reason":null,"state":"joining","url":null,"v":1,"vouchedBy":null}');
  await disaster.store.transact([{ compares: [], writes: [{ key, value }] }]);
  await assert.rejects(executeRecovery(partsOf(context, disaster), next.plan, 'x'), {
    code: 'plan-outdated',
  });
});

test('a mark whose duty this release does not know is not passed over', async (context) => {
  const disaster = await storeWentBack(context);
  const writes = [{ key: `mark/${CHAIN}/${KEY}/sassafras`, value: Buffer.from('{}') }];
  await disaster.store.transact([{ compares: [], writes }]);
  const read = readStore(readContextOf(partsOf(context, disaster)));
  await assert.rejects(read, /sassafras cannot be read: this release does not know its duty/);
});

test('a plan that was made without a ledger file is refused by a service that has one', async (context) => {
  const parts = partsOf(context, await storeWentBack(context));
  const { plan } = await planOn(parts, { own: null });
  const without = { ...plan, basis: basisOf(await readStore(readContextOf(parts)), null) };
  assert.equal(without.service, null);
  await assert.rejects(executeRecovery(parts, without, 'x'), { code: 'plan-outdated' });
});

test('a lost service is removed, and a service with an empty data folder can recover the ledger', async (context) => {
  const service = await startAdopted(context);
  await stop(context, service);
  const disk = fakeDisk(worldOf(context).random);
  const parts = partsOf(context, { store: service.store, disk });
  const { plan, findings } = await planOn(parts, { choices: choices({ lost: ['one'] }) });
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['memory-lost'],
  );
  await executeRecovery(parts, plan, 'all stopped');
  const { permit } = await startServing(context, { store: service.store, disk });
  const states = (await permit.services()).map(({ self, state }) => [self, state]);
  assert.deepEqual(
    states.toSorted(),
    [
      [false, 'removed'],
      [true, 'serving'],
    ].toSorted(),
  );
});

test('a plan for another ledger is refused', async (context) => {
  const parts = partsOf(context, await storeWentBack(context));
  const { plan } = await planOn(parts);
  const other = executeRecovery(parts, { ...plan, ledger: 'other' }, 'x');
  await assert.rejects(other, { code: 'other-ledger' });
});

test('a plan file that was changed is refused', async (context) => {
  const { plan } = await planOn(partsOf(context, await storeWentBack(context)));
  const text = encodePlanFile(plan);
  assert.deepEqual(decodePlanFile(text), plan);
  assert.throws(() => decodePlanFile(text.replace('3/66', '3/60')), /changed after it was written/);
  assert.throws(() => decodePlanFile('{}'), /not JSON/);
});

test('a ledger without a disaster may be recovered too, and again', async (context) => {
  const service = await startAdopted(context);
  await stop(context, service);
  const parts = partsOf(context, { store: service.store, disk: service.disk });
  assert.deepEqual((await planOn(parts)).findings, []);
  const first = await recover(parts);
  const second = await recover(parts);
  assert.equal(second.voided.length, first.voided.length + 1);
});

test('a plan with a floor below the own memory stops before that key, and adopts no mark', async (context) => {
  const disaster = await storeWentBack(context);
  const parts = partsOf(context, disaster);
  const { plan } = await planOn(parts);
  const lower = (floors: (typeof plan.keys)[number]['floors']) =>
    floors.map((one) => (one.duty === 'grandpa' ? { ...one, floor: '3/39' } : one));
  const low = { ...plan, keys: plan.keys.map((key) => ({ ...key, floors: lower(key.floors) })) };
  await assert.rejects(executeRecovery(parts, low, 'x'), { code: 'floor-low' });
  const { recovery, marks } = await readStore(readContextOf(parts));
  assert.deepEqual(recovery?.open.length, 1);
  assert.ok(marks.every(({ held }) => held.mark.epoch !== recovery?.epoch));
  // Another plan takes the place of the one that was begun.
  await recover(parts);
});
