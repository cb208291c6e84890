// Heartbeats of im-online: of two machines of one identity, one sends the heartbeat of a session.

import assert from 'node:assert/strict';
import test from 'node:test';
import { storageKey } from '@watchbill/chain';
import type { Policy } from '@watchbill/duty/rule';
import type { DecisionPage } from '@watchbill/duty/service';
import { devPublicKey, type RunningNode, type ServiceProcess, waitFor } from '@watchbill/testkit';
import { startDave } from './dave-ground.ts';

/** A session of these chains has 20 slots of a second. */
const WAIT = { timeoutMs: 240_000, everyMs: 500 };

/** Sessions whose heartbeat of this authority is in the state of the best block. */
async function heartbeats(watcher: RunningNode, authority: number): Promise<readonly number[]> {
  const prefix = storageKey('ImOnline', 'ReceivedHeartbeats');
  const keys = await watcher.rpc.call<readonly string[]>('state_getKeysPaged', [prefix, 100, prefix]);
  return (
    keys
      .map((key) => Buffer.from(key.slice(prefix.length), 'hex'))
      // Session and authority, each behind eight bytes of its hash (Twox64Concat).
      .map((rest) => [rest.readUInt32LE(8), rest.readUInt32LE(20)] as const)
      .filter(([, index]) => index === authority)
      .map(([session]) => session)
  );
}

/** The place of Dave among the authorities of im-online. */
async function placeOfDave(watcher: RunningNode): Promise<number> {
  const keys = (await watcher.rpc.call<string>('state_getStorage', [storageKey('ImOnline', 'Keys')])).slice(
    4,
  );
  const place = keys.match(/.{64}/g)?.indexOf(devPublicKey('Dave', 'imon')) ?? -1;
  return place >= 0 ? place : assert.fail(`Dave is not in ${keys}`);
}

/** By session, the nodes that were granted its heartbeat. */
async function granted(service: ServiceProcess): Promise<ReadonlyMap<number, readonly string[]>> {
  const path = '/v1/decisions?duty=im-online&outcome=granted&limit=1000';
  const { decisions, next } = (await service.admin('GET', path)) as DecisionPage;
  assert.equal(next, null, 'one page holds all');
  const bySession = Map.groupBy(decisions, ({ unit }) => Number(unit));
  return new Map([...bySession].map(([session, all]) => [session, all.map(({ node }) => node)]));
}

/** An author of a block needs no heartbeat in that session (pallet-im-online), so Dave makes none. */
async function stopBlocks(service: ServiceProcess, chain: string): Promise<void> {
  const { policies } = (await service.admin('GET', '/v1/policies')) as {
    readonly policies: readonly Policy[];
  };
  const { roster, ceilings, key } = policies.find(({ duties }) => 'im-online' in duties) ?? assert.fail();
  const duties = { babe: { enabled: false }, 'im-online': {} };
  await service.admin('PUT', '/v1/policies', { chain, key, roster, duties, ceilings });
}

test('one of two machines sends the heartbeat of each session, and it reaches the chain', async (context) => {
  const { service, network, watcher } = await startDave(context, ['dave-1', 'dave-2']);
  const [one, two] = [network.node('dave-1'), network.node('dave-2')];
  await one.start();
  await one.untilFinalised(2);
  await two.start();
  await stopBlocks(service, await watcher.rpc.call<string>('chain_getBlockHash', [0]));
  const place = await placeOfDave(watcher);
  const onChain = new Set<number>();
  const sentBy = (node: string, nodes: ReadonlyMap<number, readonly string[]>) =>
    [...onChain].filter((session) => nodes.get(session)?.includes(node)).length;
  const untilSent = (node: string, count: number) =>
    waitFor(
      `${count} heartbeats of ${node} on chain`,
      async () => {
        for (const session of await heartbeats(watcher, place)) onChain.add(session);
        return sentBy(node, await granted(service)) >= count;
      },
      { ...WAIT, detail: () => `on chain: ${[...onChain].join(', ')}` },
    );
  await untilSent('dave-1', 2);
  await one.kill();
  await untilSent('dave-2', 2);
  const nodes = await granted(service);
  for (const session of onChain) assert.equal(nodes.get(session)?.length, 1, `session ${session}`);
  for (const [session, all] of nodes) assert.equal(all.length, 1, `session ${session}: ${all.join(' and ')}`);
});
