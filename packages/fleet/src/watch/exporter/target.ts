import { accountOfText } from '@watchbill/chain/extrinsics';
import { portsOf } from '../../file/emit/index.ts';
import type { Role } from '../../file/graph/index.ts';
import { servicesMark } from '../../file/graph/index.ts';
import type { ClusterPlace, FleetNode, Network } from '../../file/normalise/index.ts';
import { isAlwaysThere } from '../expected.ts';
import type { ExporterSettings, NodeSettings } from './settings.ts';

/** One node to look at, with the labels of its series. */
export interface Target {
  readonly name: string;
  readonly pool: string;
  readonly role: Role;
  readonly place: string;
  readonly url: string | null;
  /**
   * Its pod, if it is asked through the API server of its cluster; its address exists once the connection is
   * open.
   */
  readonly pod: { readonly node: FleetNode; readonly place: ClusterPlace } | null;
  /** Identifies the permission services that it asks before it signs; empty: none. */
  readonly duty: string;
  /** 32 bytes; null: no stash. */
  readonly stash: Uint8Array | null;
  /** As it was written. */
  readonly stashText: string;
  readonly waits: boolean;
  readonly diskPath: string | null;
}

export type TargetReading =
  | { readonly ok: true; readonly targets: readonly Target[] }
  | {
      readonly ok: false;
      /** The list of the settings with the unknown name. */
      readonly list: 'nodes' | 'clusters';
      readonly at: number;
      readonly name: string;
      readonly names: readonly string[];
    };

/** A node of a network that runs on this machine, as its keeper reports it. */
export interface RunningNode {
  readonly name: string;
  readonly pool: string;
  readonly role: Role;
  readonly rpcUrl: string;
}

/**
 * The nodes of the settings. With a network file, pool, role and place come from it. Its nodes on the machine
 * of this place are looked at on loopback without being named, as are those of the named clusters and those
 * that run here. A name that neither has is refused.
 */
export function targetsOf(
  { nodes, place, clusters }: ExporterSettings,
  network: Network | null,
  running: readonly RunningNode[] = [],
): TargetReading {
  const inFile = network === null ? [] : network.pools.flatMap((pool) => pool.nodes);
  const names = [...new Set([...inFile, ...running].map(({ name }) => name))];
  const isClosed = network !== null || running.length > 0;
  const stranger = isClosed ? nodes.findIndex((node) => !names.includes(node.name)) : -1;
  const found = nodes[stranger];
  if (found !== undefined) return { ok: false, list: 'nodes', at: stranger, name: found.name, names };
  const places = [...(network?.places.values() ?? [])];
  const inNetwork = places.filter((one) => one.target === 'kubernetes');
  const known = inNetwork.map(({ name }) => name);
  const strange = clusters.findIndex((name) => !known.includes(name));
  const cluster = clusters[strange];
  if (cluster !== undefined) return { ok: false, list: 'clusters', at: strange, name: cluster, names: known };
  const asked = inNetwork.filter(({ name }) => clusters.includes(name));
  const here = inFile.filter(
    (node) => node.place === place && network?.places.get(place)?.target === 'machine',
  );
  const pods = inFile.filter((node) => isAlwaysThere(node) && asked.some(({ name }) => name === node.place));
  const unnamed = new Set([...here, ...pods, ...running].map(({ name }) => name));
  for (const { name } of nodes) unnamed.delete(name);
  const all: readonly NodeSettings[] = [...nodes, ...[...unnamed].map((name) => ({ name, waits: false }))];
  return { ok: true, targets: all.map((one) => targetOf(one, place, { inFile, here, asked, running })) };
}

interface Ground {
  readonly inFile: readonly FleetNode[];
  /** Of the machine of this place. */
  readonly here: readonly FleetNode[];
  /** Clusters whose nodes are asked. */
  readonly asked: readonly ClusterPlace[];
  readonly running: readonly RunningNode[];
}

function targetOf(one: NodeSettings, place: string, { inFile, here, asked, running }: Ground): Target {
  const named = <Node extends { readonly name: string }>(nodes: readonly Node[]) =>
    nodes.find(({ name }) => name === one.name);
  const [node, own, runs] = [named(inFile), named(here), named(running)];
  const loopback = own === undefined ? null : `ws://127.0.0.1:${portsOf(own, 'machine').rpc}`;
  const url = one.url ?? runs?.rpcUrl ?? loopback;
  const cluster = asked.find(({ name }) => name === node?.place);
  const known = node ?? runs;
  const role = known?.role ?? one.role ?? (one.stash === undefined ? 'rpc' : 'validator');
  return {
    name: one.name,
    role,
    pool: known?.pool ?? one.pool ?? role,
    place: node?.place ?? one.place ?? place,
    url,
    pod: url === null && node !== undefined && cluster !== undefined ? { node, place: cluster } : null,
    duty: node === undefined ? (one.duty ?? '') : dutyOf(node),
    stash: one.stash === undefined ? null : accountOfText(one.stash),
    stashText: one.stash ?? '',
    waits: one.waits,
    diskPath: one.diskPath ?? null,
  };
}

function dutyOf({ settings, place }: FleetNode): string {
  return settings.duty === null ? '' : servicesMark(settings.duty.services, place);
}
