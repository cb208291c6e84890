// A clone that has the GRANDPA key only, on real nodes: its votes freeze both keys of the gated machine.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Policy } from '@watchbill/duty/rule';
import type { DecisionPage, UnitsPage } from '@watchbill/duty/service';
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

/** With the gated machine alone: each of its votes is compared, and none may be an alarm. */
const ALONE_MS = 30_000;
/** After the freeze: the gated machine signs nothing new. */
const FROZEN_MS = 20_000;
/** Signatures of the gated machine from just before the freeze may arrive until then. */
const ARRIVAL_MS = 3_000;
const WAIT = { timeoutMs: 180_000, everyMs: 500 };

/** A copy of the machine with the key of its votes alone, so that no block betrays it. */
function votingClone() {
  return { ...plainMachine('eve-2'), keys: [{ suri: '//Eve', types: ['gran'] as const }] };
}

/** The gated machine is not started. */
async function startGround(context: TestContext) {
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
  const rounds = async () => {
    const path = `/v1/units?key=${setup.grandpaKey}&duty=grandpa&limit=256`;
    return ((await service.admin('GET', path)) as UnitsPage).units;
  };
  return { chain, service, setup, gated, policies, grants, rounds };
}

type Ground = Awaited<ReturnType<typeof startGround>>;

/** The gated machine alone: what it signs is compared with what was granted, and is no alarm. */
async function signsAlone({ chain, gated, policies, grants, rounds }: Ground) {
  await gated.start();
  const votes = async () =>
    (await grants()).some(({ duty, parts }) => duty === 'grandpa' && parts.includes('precommit'));
  await waitFor('a vote is granted', votes, WAIT);
  // Four of five votes finalise a block. Without Dave, each justification has one of Eve's. He stops only
  // now: a node that is behind in finality is not ready, and asks for no vote.
  await chain.network.node('dave').stop();
  const signed = async () => (await rounds()).filter(({ outcome }) => outcome === 'signed');
  await waitFor('rounds are signed', async () => (await signed()).length > 3, WAIT);
  await sleep(ALONE_MS);
  const modes = (await policies()).map(({ mode }) => mode);
  assert.deepEqual(modes, ['enforce', 'enforce'], 'no false alarm');
  assert.ok(
    (await signed()).every(({ digest, seenDigest }) => digest === seenDigest),
    'each is the vote that was granted',
  );
}

test('a clone votes while the gated machine is off: the keys freeze, and the machine stays silent', async (context) => {
  const ground = await startGround(context);
  const { chain, service, setup, gated, policies, grants } = ground;
  await signsAlone(ground);
  await gated.stop();
  const clone = await chain.network.add(votingClone());
  await clone.start();
  const frozen = async () => (await policies()).every(({ mode }) => mode === 'frozen');
  await waitFor('both keys are frozen', frozen, { timeoutMs: 180_000, everyMs: 100 });
  const frozenMs = Date.now();
  const freeze = (await policies()).find(({ key }) => key === setup.grandpaKey)?.freeze;
  const { evidence } = freeze ?? {};
  assert.deepEqual(
    [freeze?.cause, evidence?.duty, evidence?.part],
    ['unknown-signature', 'grandpa', 'precommit'],
  );

  const before = await grants();
  await gated.start();
  await sleep(ARRIVAL_MS + FROZEN_MS);
  assert.equal((await grants()).length, before.length, 'no service granted anything after the freeze');
  const after = await chain.observer.report({ fromMs: frozenMs + ARRIVAL_MS, untilMs: Date.now() });
  const { blocks, votes } = after.equivocations;
  assert.deepEqual({ blocks, votes }, { blocks: 0, votes: 0 }, 'one signer is left: the clone');
  const eve = after.identities.find(({ name }) => name === 'Eve');
  assert.equal(eve?.blocks, 0, 'the clone has no key for blocks, and the gated machine makes none');
  assert.ok((eve?.votes ?? 0) > 0, 'the clone goes on: only a person can power it off');
  const folder = join(service.dir, 'data', 'incidents');
  const [json = '', text = ''] = readdirSync(folder).sort();
  assert.equal(JSON.parse(readFileSync(join(folder, json), 'utf8')).frozen.length, 2);
  assert.match(readFileSync(join(folder, text), 'utf8'), /precommit/);
});
