import { headText, IN_PODS, ON_DISKS } from '../../../../file/testing/index.ts';
import type { Declared } from '../../plan.ts';
import { declaredText } from '../network.ts';

export const CLUSTERS = ['ams', 'fra'] as const;
export const MACHINES = ['iron', 'steel'] as const;
export const POOLS = ['a', 'b'] as const;

export type ClusterName = (typeof CLUSTERS)[number];
export type MachineName = (typeof MACHINES)[number];
export type PoolName = (typeof POOLS)[number];

/** A signer without a Secret: its keys are born in its keystore. */
export const BORN = 'born';

/** The one validator of a pool. */
export interface Signer {
  readonly place: ClusterName | MachineName;
  /** Name of its Secret, or `BORN`. */
  readonly secret: string;
  /** Name of its keys; null: that of the secret. */
  readonly set: string | null;
  /** Left out: one node. */
  readonly count?: number;
}

/** A network file, as a person edits it. It names the places of its signers and `ams`, or all places. */
export interface NetworkFile {
  readonly signers: Readonly<Partial<Record<PoolName, Signer>>>;
  readonly hosts: Readonly<Record<MachineName, string>>;
  readonly isWhole: boolean;
}

/**
 * Resources that start signers, and those without which they are refused. The others would only take time.
 */
const KINDS = new Set(['StatefulSet', 'unit', 'NetworkPolicy']);
const MOST_KNOWN = 5_000;
const known = new Map<string, Declared>();

export function declaredOf(file: NetworkFile): Declared {
  const text = textOf(file);
  const before = known.get(text);
  if (before !== undefined) return before;
  const { graph, network } = declaredText(text);
  const resources = graph.resources.filter(({ kind }) => KINDS.has(kind));
  const declared = { network, graph: { ...graph, resources } };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, declared);
  return declared;
}

export function isMachine(place: Signer['place']): place is MachineName {
  return MACHINES.some((name) => name === place);
}

/** Names of the places of the file. */
export function placesOf({ signers, isWhole }: NetworkFile): readonly Signer['place'][] {
  if (isWhole) return [...CLUSTERS, ...MACHINES];
  return [...new Set(['ams' as const, ...Object.values(signers).map(({ place }) => place)])];
}

export function textOf(file: NetworkFile): string {
  const { signers, hosts } = file;
  const named = placesOf(file);
  const machines = MACHINES.filter((name) => named.includes(name));
  const pools = POOLS.flatMap((name) => {
    const signer = signers[name];
    return signer === undefined ? [] : [`  ${name}: ${poolText(signer)}`];
  });
  const clusters = CLUSTERS.filter((name) => named.includes(name));
  const places = [
    'clusters:',
    ...clusters.map((name) => `  ${name}: {namespace: nodes, context: ${name}}`),
    ...(machines.length === 0 ? [] : ['machines:']),
    ...machines.map((name) => `  ${name}: {host: ${hosts[name]}}`),
  ];
  const head = headText({ name: 'net', places: places.join('\n'), software: `${IN_PODS}, ${ON_DISKS}` });
  const rest = pools.length === 0 ? ['  r: {role: rpc, count: 1, place: ams}'] : pools;
  return `${head}pools:\n${rest.join('\n')}\n`;
}

function poolText({ place, secret, set, count = 1 }: Signer): string {
  const named = set === null ? '' : `set: ${set}, `;
  if (secret === BORN) return `{role: validator, count: ${count}, place: ${place}}`;
  return `{role: validator, count: ${count}, place: ${place}, keys: {session: {source: secret, ${named}secret: ${secret}, types: {gran: ed25519}}}}`;
}
