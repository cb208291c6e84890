// One gated machine on real nodes, whose keys freeze at a signature that no service granted.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { finalizedHead } from '@watchbill/chain';
import type { Policy } from '@watchbill/duty/rule';
import type { DecisionPage } from '@watchbill/duty/service';
import { waitFor } from '@watchbill/testkit';
import {
  gatedMachine,
  identityOf,
  policiesOf,
  setUpIdentity,
  startReports,
  startScenarioChain,
  startServices,
  writeSecret,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

/** After the freeze: the gated machine signs nothing new. */
const FROZEN_MS = 20_000;
/** Signatures of the gated machine from just before the freeze may arrive until then. */
const ARRIVAL_MS = 3_000;

/** The gated machine is not started. */
export async function startGround(context: TestContext) {
  const chain = await startScenarioChain({ binary: nodeBinary(), spec: specFile(context, '5') });
  context.after(() => chain.close());
  const { network, watcher, genesis } = chain;
  const services = await startServices('sqlite', chain.folder);
  chain.endFirst(() => services.close());
  const service = services.alive();
  const setup = identityOf(network, genesis, 'claims', ['eve-1']);
  await setUpIdentity(service, setup);
  for (const policy of policiesOf(setup))
    await service.admin('PUT', '/v1/policies', { ...policy, unknownSignature: 'freeze' });
  const gated = await network.add(gatedMachine('eve-1', [service.url], 'claims'));
  await writeSecret(services, gated, genesis, 'claims');
  await startReports(services, watcher, chain.folder, chain.endFirst);
  const policies = async () =>
    ((await service.admin('GET', '/v1/policies')) as { policies: readonly Policy[] }).policies;
  const grants = async () => {
    const path = '/v1/decisions?outcome=granted&limit=1000';
    const { decisions } = (await service.admin('GET', path)) as DecisionPage;
    return decisions.filter(({ reason }) => reason === 'new');
  };
  return { chain, service, setup, gated, policies, grants };
}

type Ground = Awaited<ReturnType<typeof startGround>>;

export async function allEnforce({ policies }: Ground): Promise<void> {
  const modes = (await policies()).map(({ mode }) => mode);
  assert.deepEqual(modes, ['enforce', 'enforce'], 'no false alarm');
}

/** Waits until both keys are frozen. */
export async function untilFrozen({ policies, chain }: Ground) {
  const frozen = async () => (await policies()).every(({ mode }) => mode === 'frozen');
  await waitFor('both keys are frozen', frozen, { timeoutMs: 180_000, everyMs: 100 });
  const frozenMs = Date.now();
  const finalised = (await finalizedHead(chain.watcher.rpc)).number;
  return { frozenMs, finalised };
}

/** After the freeze: what the clone signs, and the page for people about the incident. */
export async function onlyCloneSigns(
  { chain, service, grants }: Ground,
  before: readonly unknown[],
  frozenMs: number,
) {
  await sleep(ARRIVAL_MS + FROZEN_MS);
  assert.equal((await grants()).length, before.length, 'no service granted anything after the freeze');
  const after = await chain.observer.report({ fromMs: frozenMs + ARRIVAL_MS, untilMs: Date.now() });
  const { blocks, votes } = after.equivocations;
  assert.deepEqual({ blocks, votes }, { blocks: 0, votes: 0 }, 'one signer is left: the clone');
  const folder = join(service.dir, 'data', 'incidents');
  const [json = '', text = ''] = readdirSync(folder).sort();
  assert.equal(JSON.parse(readFileSync(join(folder, json), 'utf8')).frozen.length, 2);
  const eve = after.identities.find(({ name }) => name === 'Eve');
  return { eve, incident: readFileSync(join(folder, text), 'utf8') };
}
