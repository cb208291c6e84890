import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { finalizedHead, roundState, sessionIndex } from '@watchbill/chain';
import { waitFor } from '@watchbill/testkit';
import {
  applyPolicies,
  gatedMachine,
  identityIn,
  identityOf,
  plainMachine,
  setUpIdentity,
  startReports,
  startScenarioChain,
  startServices,
  writeSecret,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

const SLOT_MS = 1_000;
/** The largest clock skew that is believed of the plain node; its machine is this one. */
const SKEW_SLOTS = 3;
/** Rounds that may have gone on between reading them and stopping. */
const ROUND_MARGIN = 5n;

test('a plain validator becomes a gated one: adopted with floors, nothing is signed twice', async (context) => {
  const chain = await startScenarioChain({
    binary: nodeBinary(),
    spec: specFile(context, '5'),
    machines: [plainMachine('eve-1')],
  });
  context.after(() => chain.close());
  const { network, observer, watcher, genesis } = chain;
  const services = await startServices('sqlite', chain.folder);
  chain.endFirst(() => services.close());
  await observer.untilFirstSignature('Eve', Date.now(), 180_000);
  const setup = identityOf(network, genesis, 'claims');
  await applyPolicies(services.alive(), setup);
  await startReports(services, watcher, chain.folder, chain.endFirst);
  const adoptQuiet = (floor: string) => {
    const quiet = { quietMs: 60_000, confirmation: 'the plain node was stopped' };
    const request = { chain: genesis, key: setup.grandpaKey, floors: { grandpa: floor }, ...quiet };
    return services
      .alive()
      .admin('POST', '/v1/adoptions', request)
      .then(() => 'adopted', String);
  };
  const isInUse = async () =>
    /the key is in use: observer watcher: a precommit /.test(await adoptQuiet('9/9'));
  await waitFor('a vote of the plain node that forbids the adoption', isInUse, { timeoutMs: 60_000 });

  const plain = network.node('eve-1');
  await plain.stop();
  const stoppedMs = Date.now();
  assert.notEqual(plain.exited(), null, 'the old signer is seen to be stopped');

  const states = await Promise.all(['alice', 'bob'].map((name) => roundState(network.node(name).rpc)));
  const setId = highest(states.map((state) => state.setId));
  const rounds = states.filter((state) => state.setId === setId).map(({ best }) => best.round);
  const round = highest(rounds) + ROUND_MARGIN;
  const slot = Math.floor(stoppedMs / SLOT_MS) + SKEW_SLOTS;
  const head = await finalizedHead(watcher.rpc);
  const session = (await sessionIndex(watcher.rpc, head.hash)) ?? 0n;

  // The gated machine takes over the database of the plain one, under the other name of the roster.
  const gated = await plain.clone('eve-2', {
    ...gatedMachine('eve-2', [services.alive().url], 'claims'),
    keys: [{ suri: '//Eve' }],
  });
  const isQuiet = async () => (await adoptQuiet(`${setId}/${round}`)) === 'adopted';
  await waitFor('an adoption after a quiet minute', isQuiet, { timeoutMs: 180_000 });
  await setUpIdentity(services.alive(), {
    ...setup,
    floors: {
      slot: String(slot),
      round: `${setId}/${round}`,
      session: String(session + 1n),
    },
    confirmation: 'the plain node was stopped; floors from two nodes of the chain',
  });
  await writeSecret(services, gated, genesis, 'claims');
  // What the plain node sent last may arrive until now; from here on it is the gated one that signs.
  const startedMs = Date.now();
  await gated.start();

  const first = await observer.untilFirstSignature('Eve', startedMs, 180_000);
  assert.ok((first.block?.slot ?? 0) > slot, 'its first block is above the floor');
  const vote = first.vote;
  assert.ok(vote !== null, 'it votes');
  const above = BigInt(vote.set) > setId || BigInt(vote.round) > round;
  assert.ok(above, `its first vote, in round ${vote.set}/${vote.round}, is above ${setId}/${round}`);
  await sleep(10_000);
  const report = await observer.report();
  assert.deepEqual(report.equivocations, { blocks: 0, votes: 0, offences: 0 });
  assert.deepEqual(report.faults, []);
  assert.ok(identityIn(report, 'Eve').blocks > 1);
});

function highest(numbers: readonly bigint[]): bigint {
  return numbers.toSorted((a, b) => Number(a - b)).at(-1) ?? 0n;
}
