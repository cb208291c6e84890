import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import { AURA_KEYS, devPublicKey, startNodeNetwork, startObserver, waitFor } from '@watchbill/testkit';
import { identityIn, recordArgs, startReports, startServices } from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { admit, gateArgs } from './dev-gate.ts';

const WATCH_MS = 15_000;
const PLAIN = ['alice', 'bob', 'charlie'];
const MANIFEST = new URL('../../../../substrate/specs/manifest.json', import.meta.url);

test('an Aura validator behind the gate seals its turns and votes, each once', async (context) => {
  const folder = temporaryFolder(context);
  const services = await startServices('sqlite', folder);
  context.after(() => services.close());
  const service = services.alive();
  const signers = PLAIN.map((name) => ({
    name,
    keys: [{ suri: `//${name.charAt(0).toUpperCase()}${name.slice(1)}`, types: AURA_KEYS }],
  }));
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, 'aura-4'),
    folder: join(folder, 'nodes'),
    nodes: [{ name: 'watcher', role: 'full', args: recordArgs }, ...signers],
    args: ['--gossip-duration-ms', '500'],
  });
  context.after(() => network.close());
  const watcher = network.node('watcher');
  const genesis = await watcher.rpc.call<string>('chain_getBlockHash', [0]);
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as {
    specs: Record<string, { genesis: string }>;
  };
  assert.equal(
    genesis,
    manifest.specs['watchbill-devnet-aura-4']?.genesis,
    'the chain is the one of the fixture',
  );

  const gated = await network.add({
    name: 'dave',
    keys: [{ suri: '//Dave', types: AURA_KEYS }],
    args: gateArgs('dave', service.url),
  });
  const changes = { slotDuty: 'aura', slotKey: `0x${devPublicKey('Dave', 'aura')}` } as const;
  await admit(service, genesis, { who: 'Dave', node: gated, changes });
  await startReports(services, watcher, folder, (stop) => context.after(stop));
  const observer = await startObserver({
    nodes: [watcher, network.node('alice')],
    votesFile: `${watcher.folder}/votes.jsonl`,
    blocksFile: `${watcher.folder}/blocks.jsonl`,
  });
  context.after(() => observer.close());
  await gated.start();

  await observer.untilFirstSignature('Dave', Date.now(), 180_000);
  const mark = observer.mark();
  await sleep(WATCH_MS);
  let last = '';
  const report = await waitFor(
    'turns of Aura are due and kept, and rounds are voted in',
    async () => {
      const seen = await observer.since(mark);
      const { blocks, votes, due } = identityIn(seen, 'Dave');
      last = `${blocks} blocks, ${votes} votes, ${due.slots} due slots, ${due.missed.length} missed`;
      return blocks > 0 && votes > 0 && due.missed.length < due.slots ? seen : undefined;
    },
    { timeoutMs: 60_000, everyMs: 1_000, detail: () => last },
  );
  assert.deepEqual(report.equivocations, { blocks: 0, votes: 0, offences: 0 });
  assert.deepEqual(report.faults, []);
});
