import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { clusterOf, type TikvCluster } from './cluster.ts';
import { builtTikv, type TikvPrograms } from './find.ts';
import type { TikvMember } from './member.ts';
import { isWhole } from './placement.ts';
import { MEMBERS, makeMembers, type TikvPorts } from './settings.ts';
import { until } from './until.ts';

export interface TikvClusterOptions {
  /** Data of a cluster that outlives this process; default: a temporary folder, removed at the end. */
  readonly standing?: { readonly folder: string; readonly ports: TikvPorts; readonly isNew: boolean };
  /** Addresses of the members; default: free ports. */
  readonly ports?: TikvPorts;
}

/** The store makes these at its beginning, whatever they will hold. */
const FIRST_REGIONS = 5;
const START_TIMEOUT_MS = 90_000;
const START_ATTEMPTS = 3;

/**
 * Start a new cluster, or one over its old data. Takes 4 to 10 s. Builds the programs if they are missing.
 * Rejects with everything removed.
 */
export async function startTikvCluster(options: TikvClusterOptions = {}): Promise<TikvCluster> {
  const programs = builtTikv();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options, programs);
    } catch (error) {
      // The library under the store may end in its first second, over a snapshot that comes too early.
      if (!(error instanceof MemberEnded) || attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(options: TikvClusterOptions, programs: TikvPrograms): Promise<TikvCluster> {
  const { standing } = options;
  const folder = standing?.folder ?? mkdtempSync(join(tmpdir(), 'watchbill-tikv-'));
  mkdirSync(folder, { recursive: true });
  const ports = standing?.ports ?? options.ports ?? (await portsOf());
  const members = makeMembers({ folder, programs, ports, detached: standing !== undefined });
  const controls = new Map(
    members.stores.map((store, index) => [store, `127.0.0.1:${ports.control[index]}`]),
  );
  const cluster = clusterOf({ ...members, folder, ports, controls, keep: standing !== undefined });
  try {
    if (standing === undefined || standing.isNew) await firstStart(cluster);
    else await cluster.startAll();
    if (standing !== undefined) cluster.leaveStanding();
    return cluster;
  } catch (error) {
    const ended = cluster.members.find((member) => member.hasEnded());
    const tails = cluster.members.map((member) => `${member.name}: ${stateOf(member)}`).join('\n');
    await cluster.close();
    // A half-started cluster must not be reused.
    if (standing?.isNew === true) rmSync(folder, { recursive: true, force: true });
    const text = `the test cluster did not start: ${String(error)}\n${tails}`;
    throw ended === undefined ? new Error(text) : new MemberEnded(text);
  }
}

/** A member ended by itself while the cluster started. */
class MemberEnded extends Error {}

async function portsOf(): Promise<TikvPorts> {
  const free = await freePorts(4 * MEMBERS);
  const take = (at: number): number[] => free.slice(at * MEMBERS, (at + 1) * MEMBERS);
  return { pdClient: take(0), pdPeer: take(1), store: take(2), control: take(3) };
}

/**
 * The first store makes the cluster. From 6.6 on, PD then wants to split at the borders of keyspaces by a
 * command that this store does not know, and places no replica until that has timed out; its rule is taken
 * away before PD begins to look.
 */
async function firstStart(cluster: TikvCluster): Promise<void> {
  const { pds, stores, placement } = cluster;
  await Promise.all(pds.map((pd) => pd.start()));
  const check = (): void => {
    const ended = cluster.members.find((member) => member.hasEnded());
    if (ended !== undefined) throw new Error(`${ended.name} ended by itself`);
  };
  await until('a PD that leads', START_TIMEOUT_MS, () => {
    check();
    return placement.leaderName();
  });
  const [first, ...others] = stores;
  await first?.start();
  await until('the rule of keyspaces', START_TIMEOUT_MS, async () => {
    check();
    return (await placement.dropKeyspaceRule()) ? true : null;
  });
  await Promise.all(others.map((store) => store.start()));
  await until('three voters in each region', START_TIMEOUT_MS, async () => {
    check();
    const regions = await placement.regions();
    return regions !== null &&
      regions.length >= FIRST_REGIONS &&
      regions.every((region) => isWhole(region, MEMBERS))
      ? true
      : null;
  });
}

function stateOf(member: TikvMember): string {
  if (member.running()) return `runs; ${member.lastLines()}`;
  return member.hasEnded() ? `does not run; ${member.lastLines()}` : 'was not started';
}
