import { readFileSync } from 'node:fs';
import { fault, nearest, usageFault } from '@watchbill/kit';
import type { FleetPool } from '../../file/index.ts';
import { readNetworkFile, readNetworkText } from '../network-file/read.ts';
import { withCount } from '../rollout/edit-count.ts';
import type { FleetPorts } from './fleet-ports.ts';
import { type MadePlan, type PlanInput, planNetwork } from './plan.ts';
import { refuseSignersInUse } from './signers-in-use.ts';

export interface ScaleInput
  extends Pick<PlanInput, 'takeOver' | 'forgetPlaces' | 'abandon' | 'timeoutMs' | 'onEvent'> {
  readonly source: NetworkSource;
  readonly pool: string;
  /** Cluster or machine; left out: the only one of the pool. */
  readonly place?: string | undefined;
  /** Nodes that the pool shall have at that place. */
  readonly count: number;
  /** Addresses of signers that are not asked by their places, by name. */
  readonly nodeUrls: (signers: readonly string[]) => Promise<Readonly<Record<string, string>>>;
  /** The network runs on this machine: its places are not opened, and no plan is made. */
  readonly isLocal: boolean;
}

/** A network file that may be rewritten. */
export interface NetworkSource {
  readonly cwd: string;
  /** As a person named it. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** Puts this text in place of the file, as a whole. */
  readonly replace: (text: string) => void;
}

export interface Scaled {
  readonly pool: string;
  readonly place: string;
  readonly before: number;
  readonly count: number;
  /** False: the pool has that number already, and the file stays as it is. */
  readonly changed: boolean;
  /** Null for a network on this machine, and if it did not change. */
  readonly made: MadePlan | null;
}

/**
 * Writes another number of nodes into a network file, and plans it. It writes the file last, so the file
 * stays as it is if the change is wrong, no plan can be made, or a signer that would go may still sign.
 */
export async function scalePool(ports: FleetPorts, input: ScaleInput): Promise<Scaled> {
  const { source, count, isLocal } = input;
  const { graph, network } = readNetworkFile(source.cwd, source.file);
  const pool = poolOf(network.pools, input.pool);
  const place = placeOf(pool, input.place);
  const before = pool.places.get(place) ?? 0;
  const scaled = { pool: input.pool, place, before, count };
  if (before === count) return { ...scaled, changed: false, made: null };
  const signers = pool.nodes
    .filter((node) => node.place === place && node.index >= count)
    .filter(({ role }) => role === 'validator' || role === 'collator')
    .map(({ name }) => name);
  if (signers.length > 0) await refuseSignersInUse(ports, input, graph, signers);
  const text = readFileSync(source.path, 'utf8');
  const edit = withCount(text, input.pool, place, count);
  if (!edit.ok) throw usageFault(edit.why, `write the count of ${input.pool} by hand`, source.file);
  const declared = readNetworkText(source.file, source.path, edit.text, isLocal ? 'any' : 'place');
  const made = isLocal ? null : await planNetwork(ports, { ...input, declared });
  if (readFileSync(source.path, 'utf8') !== text)
    throw fault('file-changed', 'denied', {
      what: 'the file was changed meanwhile, and is left as it is now',
      where: source.path,
      remedy: 'run it again',
    });
  source.replace(edit.text);
  return { ...scaled, changed: true, made };
}

function poolOf(pools: readonly FleetPool[], name: string): FleetPool {
  const found = pools.find((pool) => pool.name === name);
  if (found !== undefined) return found;
  const names = pools.map((pool) => pool.name);
  const near = nearest(name, names);
  throw usageFault(
    `there is no pool ${name}`,
    near === null ? `one of ${names.join(', ')}` : `did you mean ${near}?`,
    'argument POOL',
  );
}

function placeOf({ name, places }: FleetPool, wanted: string | undefined): string {
  const known = [...places.keys()];
  const [only] = known;
  if (wanted === undefined && only !== undefined && known.length === 1) return only;
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  throw usageFault(
    wanted === undefined ? `${name} runs at ${known.join(' and ')}` : `${name} does not run at ${wanted}`,
    `name one with --place: ${known.join(', ')}`,
    'flag --place',
  );
}
