import { rmSync } from 'node:fs';
import { atExit } from '../at-exit.ts';
import { faultsMet, type StoreFaults, setFaults } from './faults.ts';
import type { TikvMember } from './member.ts';
import { holdsKey, isWhole, type Placement, placementKey, placementOf, type Region } from './placement.ts';
import type { TikvPorts } from './settings.ts';
import { until } from './until.ts';

/** Three PD and three stores on loopback, for tests. */
export interface TikvCluster {
  /** `host:port` of each PD. */
  readonly endpoints: readonly string[];
  readonly pds: readonly TikvMember[];
  readonly stores: readonly TikvMember[];
  readonly members: readonly TikvMember[];
  readonly folder: string;
  readonly ports: TikvPorts;
  readonly placement: Placement;
  /** The current leader of PD; waits for one that runs, rejects if none appears in 30 s. */
  pdLeader(): Promise<TikvMember>;
  /** The region that holds a key, led by a store that runs; waits for that, rejects after 30 s. */
  regionOf(key: string): Promise<Region>;
  /** The store that leads the region of a key. */
  storeLeader(key: string): Promise<TikvMember>;
  /** Settles when every running member works: PD has a leader, stores are up, regions whole and led. */
  settled(): Promise<void>;
  /** Faults at every running store, instead of the earlier ones; `{}` ends them. */
  faults(faults: StoreFaults): Promise<void>;
  faultsMet(): Promise<ReadonlyMap<string, number>>;
  /** SIGKILL for all six. */
  stopAll(): Promise<void>;
  /** Start the members that do not run; settles when the cluster is settled. */
  startAll(): Promise<void>;
  /** From now on the members outlive this process. */
  leaveStanding(): void;
  /** Kill all and remove everything. Idempotent; runs by itself when the process ends. */
  close(): Promise<void>;
}

const SETTLED_TIMEOUT_MS = 90_000;
const ANSWER_TIMEOUT_MS = 60_000;

export interface ClusterParts {
  readonly pds: readonly TikvMember[];
  readonly stores: readonly TikvMember[];
  readonly folder: string;
  readonly ports: TikvPorts;
  readonly controls: ReadonlyMap<TikvMember, string>;
  /** Its data outlives it. */
  readonly keep: boolean;
}

/** A cluster of these members, whether they run or not. */
export function clusterOf(parts: ClusterParts): TikvCluster {
  const { pds, stores, folder, ports, controls, keep } = parts;
  const members = [...pds, ...stores];
  const placement = placementOf(() => awake(pds).map(({ address }) => address));
  const release = removeAtExit(members, keep ? null : folder);
  const runningControls = (): string[] => awake(stores).flatMap((store) => controls.get(store) ?? []);
  const settled = async (): Promise<void> => {
    const look = async (): Promise<true | null> => ((await isSettled(placement, stores)) ? true : null);
    await until('a settled cluster', SETTLED_TIMEOUT_MS, look);
  };
  return {
    endpoints: pds.map(({ address }) => address),
    pds,
    stores,
    members,
    folder,
    ports,
    placement,
    ...leadersOf(placement, pds, stores),
    settled,
    faults: (faults) => setFaults(runningControls(), faults),
    faultsMet: () => faultsMet(runningControls()),
    stopAll: async () => {
      await Promise.all(members.map((member) => member.kill()));
    },
    startAll: async () => {
      await Promise.all(members.filter((member) => !member.running()).map((member) => member.start()));
      await settled();
    },
    leaveStanding: release,
    close: async () => {
      await Promise.all(members.map((member) => member.kill()));
      if (!keep) rmSync(folder, { recursive: true, force: true });
      release();
    },
  };
}

function awake(all: readonly TikvMember[]): TikvMember[] {
  return all.filter((member) => member.running() && !member.paused());
}

/** The leaders of PD and regions, waited for: only members that run and are not frozen count. */
function leadersOf(
  placement: Placement,
  pds: readonly TikvMember[],
  stores: readonly TikvMember[],
): Pick<TikvCluster, 'pdLeader' | 'regionOf' | 'storeLeader'> {
  async function led(key: string): Promise<{ region: Region; store: TikvMember } | null> {
    const wanted = placementKey(key);
    const region = (await placement.regions())?.find((each) => holdsKey(each, wanted));
    if (region === undefined || region.leaderStore === null) return null;
    const address = (await placement.storesUp())?.get(region.leaderStore);
    const store = awake(stores).find((each) => each.address === address);
    return store === undefined ? null : { region, store };
  }
  const untilLed = (key: string) => until(`a store that leads ${key}`, ANSWER_TIMEOUT_MS, () => led(key));
  return {
    pdLeader: () =>
      until('a PD that leads', ANSWER_TIMEOUT_MS, async () => {
        const name = await placement.leaderName();
        return awake(pds).find((pd) => pd.name === name) ?? null;
      }),
    regionOf: async (key) => (await untilLed(key)).region,
    storeLeader: async (key) => (await untilLed(key)).store,
  };
}

async function isSettled(placement: Placement, stores: readonly TikvMember[]): Promise<boolean> {
  const [leader, up, regions] = await Promise.all([
    placement.leaderName(),
    placement.storesUp(),
    placement.regions(),
  ]);
  if (leader === null || up === null || regions === null) return false;
  const there = new Set(up.values());
  const led = regions.every(({ leaderStore }) => leaderStore !== null && up.has(leaderStore));
  return (
    led &&
    awake(stores).every(({ address }) => there.has(address)) &&
    regions.every((region) => isWhole(region, stores.length))
  );
}

/** Kill by pid and remove, synchronously. Returns a function that calls it off. */
function removeAtExit(members: readonly TikvMember[], folder: string | null): () => void {
  return atExit(() => {
    for (const member of members) void member.kill();
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  });
}
