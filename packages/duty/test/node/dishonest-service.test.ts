// One of two services says granted, whatever the ledger says. A node that needs the grants of both signs
// once; a node that trusts each service signs twice.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { equivocationsIn, untilReady, waitFor } from '@watchbill/testkit';
import {
  DEVNET,
  gatedMachine,
  identityIn,
  identityOf,
  setUpIdentity,
  startReports,
  startScenarioChain,
  startServices,
  writeSecret,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

const HOOK = new URL('./dishonest-service.mjs', import.meta.url).href;
const LIES = { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${HOOK}` };
const HOLD_MS = 30_000;
const WAIT = { timeoutMs: 180_000, everyMs: 1_000 };

test('a service that grants what the ledger denies needs another one that does', async (context) => {
  const chain = await startScenarioChain({ binary: nodeBinary(), spec: specFile(context, '5') });
  context.after(() => chain.close());
  const { network, observer } = chain;
  const services = await startServices('etcd', chain.folder);
  chain.endFirst(() => services.close());
  let grants = '2';
  const urls = services.all.map(({ url }) => url);
  for (const name of DEVNET.machines) {
    const { args, ...plan } = gatedMachine(name, urls, 'claims');
    assert.ok(typeof args === 'function');
    await network.add({ ...plan, args: (place) => [...args(place), '--duty-grants', grants] });
  }
  await setUpIdentity(services.alive(), identityOf(network, chain.genesis, 'claims'));
  for (const name of DEVNET.machines)
    await writeSecret(services, network.node(name), chain.genesis, 'claims');
  await startReports(services, chain.watcher, chain.folder, chain.endFirst);
  const [liar = assert.fail()] = services.all;
  await liar.kill('SIGTERM');
  await liar.restart(LIES);
  await untilReady(liar);
  const lies = async () => (await liar.log()).split('a lie: ').length - 1;

  await network.startAll();
  await observer.untilFirstSignature('Eve', Date.now(), WAIT.timeoutMs);
  await waitFor('both machines to ask, and the service to lie', async () => (await lies()) > 10, WAIT);
  const fromMs = Date.now();
  await sleep(HOLD_MS);
  const held = await observer.report({ fromMs, untilMs: Date.now() });
  const { blocks, votes } = identityIn(held, 'Eve');
  assert.ok(blocks > 0 && votes > 0, `${blocks} blocks, ${votes} votes`);
  let all = await observer.report();
  assert.deepEqual(equivocationsIn(all), []);
  context.diagnostic(`two grants: ${blocks} blocks, ${votes} votes, 0 twice, ${await lies()} lies`);

  // The control: the same machines trust each service.
  grants = '1';
  for (const name of DEVNET.machines) {
    await network.node(name).stop();
    await network.node(name).start();
  }
  const isTwice = async () => {
    all = await observer.report();
    return equivocationsIn(all).length > 0;
  };
  await waitFor('the key to sign twice', isTwice, WAIT);
  context.diagnostic(`one grant: ${equivocationsIn(all).length} signed twice`);
});
