import { accountOfText } from '@watchbill/chain/extrinsics';
import { portsOf } from '../emit/ports.ts';
import type { Role } from '../graph/resource.ts';
import type { FleetNode, Network } from '../normalise/network.ts';
import type { ExporterSettings, NodeSettings } from './settings.ts';

/** One node that is looked at, with all that its series are labelled by. */
export interface Target {
  readonly name: string;
  readonly pool: string;
  readonly role: Role;
  readonly place: string;
  readonly url: string | null;
  /** 32 bytes; null: no stash. */
  readonly stash: Uint8Array | null;
  /** As it was written. */
  readonly stashText: string;
  readonly waits: boolean;
  readonly diskPath: string | null;
}

export type TargetReading =
  | { readonly ok: true; readonly targets: readonly Target[] }
  | { readonly ok: false; readonly at: number; readonly name: string; readonly names: readonly string[] };

/** A node of a network that runs on this machine, as its keeper tells of it. */
export interface RunningNode {
  readonly name: string;
  readonly pool: string;
  readonly role: Role;
  readonly rpcUrl: string;
}

/**
 * The nodes of the settings. With a network file pool, role and place come from it, and its nodes on the machine of this place are
 * looked at on loopback without being named; so are those that run here. A name that neither has is refused.
 */
export function targetsOf(
  { nodes, place }: ExporterSettings,
  network: Network | null,
  running: readonly RunningNode[] = [],
): TargetReading {
  const inFile = network === null ? [] : network.pools.flatMap((pool) => pool.nodes);
  const names = [...new Set([...inFile, ...running].map(({ name }) => name))];
  const isClosed = network !== null || running.length > 0;
  const stranger = isClosed ? nodes.findIndex((node) => !names.includes(node.name)) : -1;
  const found = nodes[stranger];
  if (found !== undefined) return { ok: false, at: stranger, name: found.name, names };
  const here = inFile.filter(
    (node) => node.place === place && network?.places.get(place)?.target === 'machine',
  );
  const unnamed = new Set([...here, ...running].map(({ name }) => name));
  for (const { name } of nodes) unnamed.delete(name);
  const all: readonly NodeSettings[] = [...nodes, ...[...unnamed].map((name) => ({ name, waits: false }))];
  return { ok: true, targets: all.map((one) => targetOf(one, place, { inFile, here, running })) };
}

interface Ground {
  readonly inFile: readonly FleetNode[];
  /** Of the machine of this place. */
  readonly here: readonly FleetNode[];
  readonly running: readonly RunningNode[];
}

function targetOf(one: NodeSettings, place: string, { inFile, here, running }: Ground): Target {
  const named = <Node extends { readonly name: string }>(nodes: readonly Node[]) =>
    nodes.find(({ name }) => name === one.name);
  const [node, own, runs] = [named(inFile), named(here), named(running)];
  const loopback = own === undefined ? null : `ws://127.0.0.1:${portsOf(own, 'machine').rpc}`;
  const known = node ?? runs;
  const role = known?.role ?? one.role ?? (one.stash === undefined ? 'rpc' : 'validator');
  return {
    name: one.name,
    role,
    pool: known?.pool ?? one.pool ?? role,
    place: node?.place ?? one.place ?? place,
    url: one.url ?? runs?.rpcUrl ?? loopback,
    stash: one.stash === undefined ? null : accountOfText(one.stash),
    stashText: one.stash ?? '',
    waits: one.waits,
    diskPath: one.diskPath ?? null,
  };
}
