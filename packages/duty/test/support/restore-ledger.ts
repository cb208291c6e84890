import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
  untilReady,
} from '@watchbill/testkit';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { type DueClient, type DueRace, gateClient, SLOT_MS, startDueRace } from './due-claims.ts';
import { untilIdentityKnown } from './identity-known.ts';

/** So large that a slot from before the restore is not past by the clock. */
export const SKEW_MS = 60_000;

/** Services of one ledger, two gates that race for each slot, and a node that was never told anything. */
export interface RestoreLedger {
  readonly services: readonly ServiceProcess[];
  readonly race: DueRace;
  readonly gates: readonly DueClient[];
  readonly twin: DueClient;
  /** Of another key, which was claimed before the backup alone. */
  readonly untouched: DueClient;
  /** Copy the disk of services, which stand still meanwhile. */
  copyDisks(services: readonly ServiceProcess[]): void;
  putBackDisks(services: readonly ServiceProcess[]): void;
  /** Floors above everything that may have been granted, for both keys, by the first service. */
  adoptAll(): Promise<void>;
}

export interface RestoreLedgerSetup {
  readonly count: number;
  storeOf(dir: string): Readonly<Record<string, unknown>>;
  readonly sessionTtlMs: number;
}

/** A new ledger in full use: every service has granted. */
export async function startRestoreLedger(
  context: TestContext,
  { count, storeOf, sessionTtlMs }: RestoreLedgerSetup,
): Promise<RestoreLedger> {
  const folder = await temporaryFolder('restore');
  const services: ServiceProcess[] = [];
  let race: DueRace | null = null;
  context.after(async () => {
    await race?.stop().catch(() => undefined);
    for (const service of services) await service.kill();
    await folder.remove();
  });
  for (let place = 0; place < count; place += 1) {
    const dir = join(folder.dir, `s${place}`);
    mkdirSync(dir);
    const port = await freePort();
    const store = storeOf(dir);
    services.push(await startServiceProcess({ dir, port, name: `s${place}`, store, sessionTtlMs }));
    await untilReady(services[place] as ServiceProcess);
  }
  const nodes = await nodesOf(services);
  race = startDueRace(nodes.gates);
  await race.goesOn(2 * count);
  return { services, race, ...nodes, ...disksOf(), adoptAll: () => adoptAll(services) };
}

/** Nodes of two keys: two gates and a twin of the first, one gate of the second. */
async function nodesOf(services: readonly ServiceProcess[]) {
  const [first] = services;
  if (first === undefined) throw new Error('a service is needed');
  const due = { slotMs: SLOT_MS, genesisMs: 0, skewMs: SKEW_MS };
  await setUpKey(first, { key: keyOf(1), nodes: ['a', 'b', 'twin'], ...due });
  await setUpKey(first, { key: keyOf(2), nodes: ['other'], ...due });
  const urls = services.map(({ url }) => url);
  const gate = async (name: string, key: string, payload: string): Promise<DueClient> => {
    const secret = await nodeSecret(first, name);
    await untilIdentityKnown(services, secret);
    return gateClient({ name, secret, key, urls, payload });
  };
  const gates = [await gate('a', keyOf(1), '0a'), await gate('b', keyOf(1), '0b')];
  const twin = await gate('twin', keyOf(1), '0c');
  return { gates, twin, untouched: await gate('other', keyOf(2), '0d') };
}

function disksOf(): Pick<RestoreLedger, 'copyDisks' | 'putBackDisks'> {
  const replace = (from: string, to: string): void => {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  };
  return {
    copyDisks(services) {
      for (const { dir } of services) replace(join(dir, 'data'), join(dir, 'data.copy'));
    },
    putBackDisks(services) {
      for (const { dir } of services) replace(join(dir, 'data.copy'), join(dir, 'data'));
    },
  };
}

async function adoptAll([first]: readonly ServiceProcess[]): Promise<void> {
  const floor = String(Math.floor(Date.now() / SLOT_MS) + 1);
  for (const key of [keyOf(1), keyOf(2)]) {
    const confirmation = 'the store was restored, and all signers were stopped';
    await first?.admin('POST', '/v1/adoptions', { chain: CHAIN, key, floors: { babe: floor }, confirmation });
  }
}
