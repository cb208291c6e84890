import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EtcdCluster } from '@watchbill/testkit';
import {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
  untilReady,
} from '@watchbill/testkit';
import { keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import type { ClaimingClient } from '@watchbill/testkit/service/race';
import { untilIdentityKnown } from './identity-known.ts';

export interface EtcdServicesSetup {
  readonly cluster: Pick<EtcdCluster, 'endpoints'>;
  readonly count: number;
  /** Endpoints of one service; default: every member. */
  readonly endpointsOf?: (index: number) => readonly string[];
  /** More of the `store:` block. */
  readonly store?: Readonly<Record<string, unknown>>;
  readonly sessionTtlMs?: number;
}

/** Services of one new ledger in a cluster; a cluster holds many ledgers, each under a prefix of its own. */
export interface EtcdServices {
  readonly all: readonly ServiceProcess[];
  at(index: number): ServiceProcess;
  /** Settles when every service that runs may grant. */
  ready(): Promise<void>;
  readonly sessionTtlMs: number;
}

/** What cleans up after a test or a suite: it runs even when the test fails. */
export interface Cleanup {
  after(end: () => Promise<void>): void;
}

/** A machine that stands still for some seconds ends no session: it is renewed each third of this. */
const SESSION_TTL_MS = 6_000;
let ledgers = 0;

export async function startEtcdServices(context: Cleanup, setup: EtcdServicesSetup): Promise<EtcdServices> {
  const folder = await temporaryFolder('services');
  const all: ServiceProcess[] = [];
  context.after(async () => {
    for (const service of all) await service.kill();
    await folder.remove();
  });
  const sessionTtlMs = setup.sessionTtlMs ?? SESSION_TTL_MS;
  ledgers += 1;
  const prefix = `/watchbill/${process.pid}-${ledgers}/`;
  async function start(name: string): Promise<ServiceProcess> {
    const dir = join(folder.dir, name);
    mkdirSync(dir);
    const endpoints = setup.endpointsOf?.(all.length) ?? setup.cluster.endpoints;
    const service = await startServiceProcess({
      dir,
      port: await freePort(),
      name,
      store: { kind: 'etcd', endpoints, prefix, ...setup.store },
      sessionTtlMs,
    });
    all.push(service);
    return service;
  }
  for (let index = 0; index < setup.count; index += 1) {
    // The first makes the ledger and vouches for the others.
    await untilReady(await start(`s${index}`));
  }
  return {
    all,
    sessionTtlMs,
    at(index) {
      const service = all[index];
      if (service === undefined) throw new Error(`there is no service ${index}`);
      return service;
    },
    async ready() {
      for (const service of all) if (!service.exited()) await untilReady(service);
    },
  };
}

/** A client's claims may wait this long for a store that is in trouble. */
const CLAIM_TIMEOUT_MS = 15_000;

/**
 * Nodes of one new key, each a client with a payload and an incarnation of its own that begins with another
 * service and turns to the next where one does not answer.
 */
export async function nodesOfNewKey(
  services: readonly ServiceProcess[],
  keyNumber: number,
  count = 2,
): Promise<readonly ClaimingClient[]> {
  const [first] = services;
  if (first === undefined) throw new Error('a service is needed');
  const key = keyOf(keyNumber);
  const names = Array.from({ length: count }, (_, index) => `n${keyNumber}-${index}`);
  await setUpKey(first, { key, nodes: names });
  const clients: ClaimingClient[] = [];
  for (const [index, name] of names.entries()) {
    const secret = await nodeSecret(first, name);
    await untilIdentityKnown(services, secret);
    const payload = (index + 10).toString(16).padStart(2, '0');
    const urls = services.map((_, place) => services[(index + place) % services.length]?.url ?? '');
    clients.push({
      urls,
      secret,
      key,
      incarnation: payload.repeat(16),
      payload,
      timeoutMs: CLAIM_TIMEOUT_MS,
    });
  }
  return clients;
}
