import { type KeyUse, servicesMark, useOf } from '../graph/key-set.ts';
import type { Role } from '../graph/resource.ts';
import type { Position } from '../network/problem.ts';
import type { NetworkFile } from '../network/schema.ts';
import type { Settings } from '../network/settings.ts';
import type { Origin } from './origin.ts';
import type { FleetService } from './service.ts';

/** Settings with the origin of each value, by dotted path. */
export interface Resolved {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<string, Origin>;
}

/** `chain`, `relay`, or the name of another parachain of the file. */
export type Runs = string;

/** One node that is to run. */
export interface FleetNode extends Resolved {
  /** `POOL-PLACE-INDEX`: it stays the same when counts change. */
  readonly name: string;
  readonly pool: string;
  readonly role: Role;
  /** Whether it runs the chain of the file, the relay chain alone, or another parachain. */
  readonly runs: Runs;
  readonly place: string;
  /** Counts from 0 within pool and place. */
  readonly index: number;
  /** Position of its declaration: its own settings, else its pool. */
  readonly at: Position;
}

export interface FleetPool extends Resolved {
  readonly name: string;
  readonly role: Role;
  readonly roleOrigin: Origin;
  readonly runs: Runs;
  readonly places: ReadonlyMap<string, number>;
  readonly nodes: readonly FleetNode[];
  readonly at: Position;
}

export interface ClusterPlace {
  readonly target: 'kubernetes';
  readonly name: string;
  readonly context: string | null;
  readonly namespace: string;
}

export interface MachinePlace {
  readonly target: 'machine';
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** A network file with everything filled in. */
export interface Network {
  readonly name: string;
  readonly file: NetworkFile;
  readonly chain: NetworkFile['chain'];
  readonly places: ReadonlyMap<string, ClusterPlace | MachinePlace>;
  readonly pools: readonly FleetPool[];
  /** Null without the section `service`. */
  readonly service: FleetService | null;
  readonly monitoringNamespace: string;
}

/** A chain as a file names it. */
export type NamedChain = Pick<NetworkFile['chain'], 'name' | 'spec'>;

/** The chain that a node runs, and the relay chain that it runs beside it (null: none). */
export function chainsOf(
  { chain }: Network,
  { runs }: Pick<FleetNode, 'runs'>,
): { readonly own: NamedChain; readonly beside: NamedChain | null } {
  const { relay, parachains = {} } = chain;
  if (relay === undefined) return { own: chain, beside: null };
  if (runs === 'relay') return { own: relay, beside: null };
  return { own: (Object.hasOwn(parachains, runs) ? parachains[runs] : undefined) ?? chain, beside: relay };
}

/** A chain that a file names, with its path in the file. */
export interface ChainEntry {
  /** Of the nodes that run it as their own. */
  readonly runs: Runs;
  readonly path: readonly string[];
  readonly chain: NamedChain;
}

/** All chains that a file names: its own, the relay chain, and more parachains. */
export function chainEntries(chain: NetworkFile['chain']): readonly ChainEntry[] {
  const more = Object.entries(chain.parachains ?? {});
  return [
    { runs: 'chain', path: ['chain'], chain },
    ...(chain.relay === undefined ? [] : [{ runs: 'relay', path: ['chain', 'relay'], chain: chain.relay }]),
    ...more.map(([runs, one]) => ({ runs, path: ['chain', 'parachains', runs], chain: one })),
  ];
}

/** Whether nodes of a role sign with session keys. */
export function signs(role: Role): boolean {
  return role === 'validator' || role === 'collator';
}

/** The use of session keys by a node; null if it has none. */
export function keySetOf({ name, role, place, settings }: FleetNode, network: string): KeyUse | null {
  if (!signs(role)) return null;
  const { source, secret, set } = settings.keys.session;
  if (source === 'born') return `born.${network}.${name}`;
  const { duty } = settings;
  return useOf(forNode(set ?? secret ?? '', name), duty === null ? null : servicesMark(duty.services, place));
}

/** A text of the file, with `{node}` replaced by the name of the node. */
export function forNode(text: string, name: string): string {
  return text.replaceAll('{node}', name);
}
