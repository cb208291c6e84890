import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Store } from '@watchbill/store';
import {
  type DueClient,
  type DueRace,
  gateClient,
  originalClient,
  SLOT_MS,
  startDueRace,
} from './due-claims.ts';
import { untilIdentityKnown } from './identity-known.ts';
import { unpackLastRelease } from './last-release.ts';
import { keyOf, nodeSecret, setUpKey } from './ledger-setup.ts';
import {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
  untilReady,
} from './service-process.ts';

/** Where the services of an upgrade keep their ledger. */
export interface UpgradeGround {
  /** Services of the ledger. The embedded store has one. */
  readonly count: number;
  /** The `store:` block of the service in a folder. */
  storeOf(dir: string): Readonly<Record<string, unknown>>;
  /** The ledger's records. The embedded store can be opened only while its service is stopped. */
  open(dir: string): Promise<Store>;
}

/** What runs at one place: the last release or this one, and a place where a test kills it. */
export interface Program {
  readonly release: 'last' | 'this';
  readonly failpoint?: string;
}

export interface UpgradeStage {
  /** A name for each place; the processes there change. */
  readonly places: readonly number[];
  readonly race: DueRace;
  readonly clients: readonly DueClient[];
  dir(place: number): string;
  url(place: number): string;
  at(place: number): ServiceProcess;
  /** Start a service over the folder of a place. Rejects if it ends before it answers. */
  start(place: number, program: Program): Promise<ServiceProcess>;
}

/** Short, so that a paused service loses it soon; long enough for a busy machine. */
export const SESSION_TTL_MS = 5_000;
const SKEW_MS = 1_000;

/**
 * Services of the last release on a new ledger, and four nodes that claim through them: two gates of one key,
 * of the last release and of this one, and two clients of the original protocol of another.
 */
export async function startLastRelease(context: TestContext, ground: UpgradeGround): Promise<UpgradeStage> {
  const folder = await temporaryFolder('upgrade');
  const running = new Map<number, ServiceProcess>();
  let race: DueRace | null = null;
  context.after(async () => {
    await race?.stop().catch(() => undefined);
    for (const service of running.values()) await service.kill();
    await folder.remove();
  });
  const main = unpackLastRelease(join(folder.dir, 'last-release'));
  const places = Array.from({ length: ground.count }, (_, place) => place);
  const ports = await Promise.all(places.map(() => freePort()));
  const dir = (place: number): string => join(folder.dir, `s${place}`);
  const start = async (place: number, { release, failpoint }: Program): Promise<ServiceProcess> => {
    const service = await startServiceProcess({
      dir: dir(place),
      port: ports[place] ?? 0,
      name: `s${place}`,
      store: ground.storeOf(dir(place)),
      sessionTtlMs: SESSION_TTL_MS,
      ...(release === 'last' ? { main } : {}),
      ...(failpoint === undefined ? {} : { env: { WATCHBILL_FAILPOINT: `${failpoint}:1` } }),
    });
    running.set(place, service);
    return service;
  };
  for (const place of places) {
    mkdirSync(dir(place));
    await untilReady(await start(place, { release: 'last' }));
  }
  const clients = await clientsOf([...running.values()]);
  race = startDueRace(clients);
  return {
    places,
    race,
    clients,
    dir,
    url: (place) => `http://127.0.0.1:${ports[place]}`,
    start,
    at(place) {
      const service = running.get(place);
      if (service === undefined) throw new Error(`there is no place ${place}`);
      return service;
    },
  };
}

/** Two keys with two nodes each. */
async function clientsOf(services: readonly ServiceProcess[]): Promise<readonly DueClient[]> {
  const [first] = services;
  if (first === undefined) throw new Error('a service is needed');
  const [claims, original] = [keyOf(1), keyOf(2)];
  const due = { slotMs: SLOT_MS, genesisMs: 0, skewMs: SKEW_MS };
  await setUpKey(first, { key: claims, nodes: ['old-gate', 'new-gate'], ...due });
  await setUpKey(first, { key: original, nodes: ['curl-a', 'curl-b'], original: true, ...due });
  const urls = services.map(({ url }) => url);
  const secretOf = async (name: string, key?: string): Promise<string> => {
    const secret = await nodeSecret(first, name, key);
    await untilIdentityKnown(services, secret);
    return secret;
  };
  const gate = async (name: string, payload: string, sends: 'head' | 'word') =>
    gateClient({ name, secret: await secretOf(name), key: claims, urls, payload, sends });
  const plain = async (name: string) =>
    originalClient({ name, secret: await secretOf(name, original), key: original, urls });
  return [
    await gate('old-gate', '0a', 'head'),
    await gate('new-gate', '0b', 'word'),
    await plain('curl-a'),
    await plain('curl-b'),
  ];
}
