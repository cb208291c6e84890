import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TikvPrograms } from './find.ts';
import { type TikvMember, tikvMember } from './member.ts';

/** The addresses of the members of a cluster, all on loopback. */
export interface TikvPorts {
  readonly pdClient: readonly number[];
  readonly pdPeer: readonly number[];
  readonly store: readonly number[];
  readonly control: readonly number[];
}

export interface ClusterPlace {
  readonly folder: string;
  readonly programs: TikvPrograms;
  readonly ports: TikvPorts;
  readonly detached: boolean;
}

/**
 * As short as loopback allows: with PD's own timers a leader that is gone costs seven seconds. The
 * three-second lease of PD's default is for networks.
 */
const PD_SETTINGS = `lease = 1
tick-interval = "100ms"
election-interval = "1000ms"
[replication]
max-replicas = 3
`;

/** Of PD, and of stores. */
export const MEMBERS = 3;

const HOST = '127.0.0.1';

/** The members, not started. Their settings are written into the folder. */
export function makeMembers(place: ClusterPlace): {
  readonly pds: readonly TikvMember[];
  readonly stores: readonly TikvMember[];
} {
  const { folder, programs, ports, detached } = place;
  const pdFile = join(folder, 'pd.toml');
  writeFileSync(pdFile, PD_SETTINGS);
  const peers = ports.pdPeer.map((port, index) => `pd${index + 1}=http://${HOST}:${port}`).join(',');
  const endpoints = ports.pdClient.map((port) => `${HOST}:${port}`);
  const pds = endpoints.map((address, index) => {
    const name = `pd${index + 1}`;
    const flags = {
      name,
      'data-dir': join(folder, name),
      'client-urls': `http://${address}`,
      'peer-urls': `http://${HOST}:${ports.pdPeer[index]}`,
      'initial-cluster': peers,
      config: pdFile,
      'log-level': 'error',
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return tikvMember({ name, role: 'pd', address, folder, program: programs.pd, args, detached });
  });
  const stores = ports.store.map((port, index) => {
    const [name, address] = [`kv${index + 1}`, `${HOST}:${port}`];
    const file = join(folder, `${name}.toml`);
    const data = join(folder, name);
    mkdirSync(data, { recursive: true });
    writeFileSync(file, storeSettings(endpoints, address, data));
    const args = ['-config', file, '-control', `${HOST}:${ports.control[index]}`];
    return tikvMember({ name, role: 'store', address, folder, program: programs.store, args, detached });
  });
  return { pds, stores };
}

/** Every write is synced, elections take a second, and all sizes are the smallest that a test needs. */
function storeSettings(endpoints: readonly string[], address: string, data: string): string {
  return `[server]
pd-addr = "${endpoints.join(',')}"
store-addr = "${address}"
log-level = "error"
max-procs = 2
raft = true
[raftstore]
pd-heartbeat-tick-interval = "1s"
raft-base-tick-interval = "100ms"
raft-heartbeat-ticks = 2
raft-election-timeout-ticks = 10
raft-store-max-leader-lease = "700ms"
custom-raft-log = true
[engine]
db-path = "${data}"
sync-write = true
max-mem-table-size = 16777216
vlog-file-size = 67108864
num-compactors = 1
`;
}
