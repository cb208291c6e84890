// A clone of a gated machine, without a gate, on real nodes: the keys are frozen at its first block or vote.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { finalizedHead } from '@watchbill/chain';
import type { Policy } from '@watchbill/duty/rule';
import type { DecisionPage } from '@watchbill/duty/service';
import { waitFor } from '@watchbill/testkit';
import {
  gatedMachine,
  identityOf,
  plainMachine,
  policiesOf,
  setUpIdentity,
  startReports,
  startScenarioChain,
  startServices,
  writeSecret,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

/** With the gated machine alone: every block of it is compared, and none may be an alarm. */
const ALONE_MS = 25_000;
/** After the freeze: the gated machine signs nothing new. */
const FROZEN_MS = 20_000;
/** Signatures of the gated machine from just before the freeze may arrive until then. */
const ARRIVAL_MS = 3_000;

test('a plain clone starts: both keys are frozen, and only the clone signs after that', async (context) => {
  const chain = await startScenarioChain({ binary: nodeBinary(), spec: specFile(context, '5') });
  context.after(() => chain.close());
  const { network, observer, watcher, genesis } = chain;
  const services = await startServices('sqlite', chain.folder);
  chain.endFirst(() => services.close());
  const service = services.alive();
  const setup = identityOf(network, genesis, 'claims', ['eve-1']);
  await setUpIdentity(service, setup);
  for (const policy of policiesOf(setup))
    await service.admin('PUT', '/v1/policies', { ...policy, unknownSignature: 'freeze' });
  const gated = await network.add(gatedMachine('eve-1', [service.url], 'claims'));
  await writeSecret(services, gated, genesis, 'claims');
  const reports = await startReports(services, watcher, chain.folder);
  chain.endFirst(() => Promise.all(reports.map((each) => each.stop(2_000))));
  const policies = async () =>
    ((await service.admin('GET', '/v1/policies')) as { policies: readonly Policy[] }).policies;
  const grants = async () => {
    const path = '/v1/decisions?outcome=granted&limit=1000';
    const { decisions } = (await service.admin('GET', path)) as DecisionPage;
    return decisions.filter(({ reason }) => reason === 'new');
  };

  await gated.start();
  await observer.untilFirstSignature('Eve', Date.now(), 180_000);
  await sleep(ALONE_MS);
  const granted = (await grants()).map(({ duty }) => duty);
  assert.ok(granted.includes('babe'), `it makes blocks; granted: ${granted.join(' ')}`);
  assert.deepEqual(
    (await policies()).map(({ mode }) => mode),
    ['enforce', 'enforce'],
    'no false alarm',
  );

  const clone = await network.add(plainMachine('eve-2'));
  await clone.start();
  const frozen = async () => (await policies()).every(({ mode }) => mode === 'frozen');
  await waitFor('both keys are frozen', frozen, { timeoutMs: 180_000, everyMs: 100 });
  const frozenMs = Date.now();
  const finalised = (await finalizedHead(watcher.rpc)).number;
  const before = await grants();
  const [freeze] = (await policies()).map((policy) => policy.freeze);
  const { evidence } = freeze ?? {};
  assert.equal(freeze?.cause, 'unknown-signature');
  assert.ok(evidence != null);
  const { duty, unit, block } = evidence;
  console.log(
    `the clone signed ${duty} ${unit}, seen in block ${block.number}; ` +
      `the finalised height was ${finalised} when both keys were frozen`,
  );
  // Its first vote may be seen before its first block. A justification has votes for blocks before its own.
  assert.ok(['babe', 'grandpa'].includes(duty), duty);
  if (duty === 'babe') assert.ok(finalised <= Number(block.number) + 1, 'frozen within one finalised block');

  await sleep(ARRIVAL_MS + FROZEN_MS);
  assert.equal((await grants()).length, before.length, 'no service granted anything after the freeze');
  const after = await observer.report({ fromMs: frozenMs + ARRIVAL_MS, untilMs: Date.now() });
  const { blocks, votes } = after.equivocations;
  assert.deepEqual({ blocks, votes }, { blocks: 0, votes: 0 }, 'one signer is left: the clone');
  const eve = after.identities.find(({ name }) => name === 'Eve');
  const signed = (eve?.blocks ?? 0) + (eve?.votes ?? 0);
  assert.ok(signed > 0, 'the clone goes on: only a person can power it off');
  const folder = join(service.dir, 'data', 'incidents');
  const [json = '', text = ''] = readdirSync(folder).sort();
  assert.equal(JSON.parse(readFileSync(join(folder, json), 'utf8')).frozen.length, 2);
  assert.match(readFileSync(join(folder, text), 'utf8'), /Find the other signer/);
});
