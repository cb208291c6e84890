import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type ServiceProcess, startServiceProcess, untilReady } from '@watchbill/testkit';
import { packCommand } from '@watchbill/testkit/bench/packed';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { CHAIN, keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { SLOT_MS } from './load/claims.ts';
import type { HttpLoadSetUp } from './load/http-load.ts';
import { type LoadProcess, startHttpLoad } from './load/process.ts';

/** The one machine in every roster of a bench. */
export const BENCH_NODE = 'bench-node';
const SESSION_TTL_MS = 10_000;

export interface ServiceSetUp {
  /** The `store:` block of the configuration. */
  readonly store: Readonly<Record<string, unknown>>;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its folder, where it holds what was made before; else a new one. */
  readonly dir?: string;
  /** Starts the program of this tree, which no user runs: a profile of it has the names of files. */
  readonly fromSources?: boolean;
  /** For several services of one ledger. */
  readonly name?: string;
}

let packed: Promise<string> | null = null;

/** The command as it is published, packed once: a process runs one bench. */
export function packedCommand({ folder }: Stage): Promise<string> {
  packed ??= packCommand(join(folder, 'packed'));
  return packed;
}

/** A real `watchbill serve` in a process of its own, packed as users get it; the end waits for its exit. */
export async function startService(stage: Stage, setUp: ServiceSetUp): Promise<ServiceProcess> {
  const dir = setUp.dir ?? join(stage.folder, 'service');
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const { env, store, name } = setUp;
  const program = setUp.fromSources === true ? {} : { main: await packedCommand(stage) };
  const more = { ...program, ...(env && { env }), ...(name !== undefined && { name }) };
  const starting = startServiceProcess({ dir, port, store, sessionTtlMs: SESSION_TTL_MS, ...more });
  return stage.start(starting, (service) => service.kill('SIGKILL'));
}

/** Wait until the service grants, then give it keys that never signed: babe alone, slots since 1970. */
export async function setUpKeys(service: ServiceProcess, count: number): Promise<readonly string[]> {
  await untilReady(service);
  const keys = Array.from({ length: count }, (_, index) => keyOf(index + 1));
  const policy = { nodes: [BENCH_NODE], genesisMs: 0, slotMs: SLOT_MS };
  for (const key of keys) await setUpKey(service, { key, ...policy });
  return keys;
}

/** Who claims: with a new token, that a service of the same ledger knows as well. */
export interface Claims {
  start(stage: Stage, service: ServiceProcess): Promise<LoadProcess>;
}

/** A token for the claims of these keys, over so many connections. */
export async function claimsOf(
  service: ServiceProcess,
  keys: readonly string[],
  lanes: number,
): Promise<Claims> {
  const setUp = await loadSetUp(service, keys, lanes);
  return {
    start: (stage, { url }) => startHttpLoad(stage, { ...setUp, port: Number(new URL(url).port) }),
  };
}

/** A load on the service itself, with a new token. */
export async function loadSetUp(
  service: ServiceProcess,
  keys: readonly string[],
  lanes: number,
): Promise<HttpLoadSetUp> {
  const secret = await nodeSecret(service, BENCH_NODE);
  return { port: Number(new URL(service.url).port), secret, chain: CHAIN, lanes, keys };
}

/** Keys, token and load process in one; a connection for each key. */
export async function startClaims(
  stage: Stage,
  service: ServiceProcess,
  keyCount: number,
): Promise<LoadProcess> {
  const claims = await claimsOf(service, await setUpKeys(service, keyCount), keyCount);
  return claims.start(stage, service);
}
