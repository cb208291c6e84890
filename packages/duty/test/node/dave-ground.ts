// Four authorities on real nodes. Dave is behind a gate, on one service with the embedded store.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  devPublicKey,
  type RunningNode,
  type ServiceProcess,
  startNodeNetwork,
  waitFor,
} from '@watchbill/testkit';
import { recordArgs, startReports, startServices } from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { votesOf } from '@watchbill/testkit/scenario/votes';
import { gateArgs, giveToken } from './dev-gate.ts';

export const SLOT_KEY = `0x${devPublicKey('Dave', 'babe')}`;
const VOTE_KEY = `0x${devPublicKey('Dave', 'gran')}`;

/** A policy and an adoption for each key of Dave, with these machines. */
async function adoptKeys(service: ServiceProcess, chain: string, machines: readonly string[]): Promise<void> {
  const roster = machines.map((name, rank) => ({ name, rank }));
  for (const [key, names] of [
    [SLOT_KEY, ['babe', 'im-online']],
    [VOTE_KEY, ['grandpa']],
  ] as const) {
    const duties = Object.fromEntries(names.map((name) => [name, {}]));
    const ceilings = { slotMs: 1_000, observers: ['watcher'] };
    const floors = Object.fromEntries(names.map((name) => [name, null]));
    const order = async () => {
      await service.admin('PUT', '/v1/policies', { chain, key, roster, duties, ceilings });
      await service.admin('POST', '/v1/adoptions', { chain, key, floors, confirmation: 'a new chain' });
      return true;
    };
    // A busy machine may renew the session of the service too late, and then it takes no order for a moment.
    await waitFor(`policy and adoption of ${names[0]}`, order, { timeoutMs: 60_000 });
  }
}

/** The network with a service of the default policy, and the machines of Dave, which are not started. */
export async function startDave(
  context: TestContext,
  machines: readonly string[],
  store: 'sqlite' | 'apart' = 'sqlite',
) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-restored-'));
  const ends: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  context.after(async () => {
    for (const end of ends.toReversed()) await end();
  });
  const services = await startServices(store, folder);
  ends.push(() => services.close());
  const service = services.alive();
  const plain = ['Alice', 'Bob', 'Charlie'].map((name) => ({
    name: name.toLowerCase(),
    keys: [{ suri: `//${name}` }],
  }));
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, '4'),
    folder: join(folder, 'nodes'),
    nodes: [{ name: 'watcher', role: 'full', args: recordArgs }, ...plain],
    args: ['--gossip-duration-ms', '500'],
  });
  ends.push(() => network.close());
  const watcher = network.node('watcher');
  const chain = await watcher.rpc.call<string>('chain_getBlockHash', [0]);
  await adoptKeys(service, chain, machines);
  for (const name of machines) {
    const node = await network.add({ name, keys: [{ suri: '//Dave' }], args: gateArgs(name, service.url) });
    await giveToken(service, node);
  }
  await startReports(services, watcher, folder, (stop) => ends.push(stop));
  const votes = () => targetsOf(join(watcher.folder, 'votes.jsonl'));
  return { folder, service, network, watcher, votes };
}

/**
 * Waits until Dave's machine has voted `more` times. A vote that was refused while the service was away ends
 * its node, maybe some time after the return of the service: then the node starts again.
 */
export function untilVoted(
  dave: RunningNode,
  votes: () => ReadonlyMap<string, unknown>,
  more: number,
): Promise<boolean> {
  const least = votes().size + more;
  const hasVoted = async () => {
    if (!dave.running()) await dave.start();
    return votes().size >= least;
  };
  const detail = () => dave.log().slice(-3_000);
  return waitFor('Dave to vote', hasVoted, { timeoutMs: 150_000, everyMs: 200, detail });
}

/** How many entries the mark of Dave's blocks has. */
export async function blocksOf(service: ServiceProcess): Promise<number> {
  const { marks } = (await service.admin('GET', `/v1/marks?key=${SLOT_KEY}`)) as {
    readonly marks: readonly { readonly duty: string; readonly head: { readonly seq: string } }[];
  };
  return Number(marks.find(({ duty }) => duty === 'babe')?.head.seq ?? assert.fail('no such mark'));
}

/** By round and part, what Dave voted for. */
function targetsOf(file: string): Map<string, Set<string>> {
  const seen = new Map<string, Set<string>>();
  for (const { authority, set, round, kind, number, hash } of votesOf(file)) {
    if (authority !== VOTE_KEY) continue;
    const part = `${set}/${round} ${kind}`;
    seen.set(part, (seen.get(part) ?? new Set()).add(`${number} ${hash}`));
  }
  return seen;
}
