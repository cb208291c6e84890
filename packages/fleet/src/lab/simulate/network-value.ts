import { isList, type Json, type JsonRecord } from '@watchbill/kit';
import { NETWORK_FORMAT } from '../../file/network/index.ts';
import { FLAGS } from '../../file/rules/index.ts';
import { seedName } from './refusals.ts';
import type { SimulatedNode, SimulatedParachain, Simulation } from './schema.ts';

/** Every node of a simulation is on this one place. */
const PLACE = 'here';

/** Name that a node of a simulation has in its network. */
export function networkName(name: string): string {
  return `${name}-${PLACE}-0`;
}

/** A well-known seed, and its path in the folder of a node's secrets. */
export interface KnownSeed {
  /** `SECRET/ENTRY` */
  readonly entry: string;
  readonly seed: string;
}

/** The seeds of all validators: well-known ones, for worthless keys. */
export function seedsOf({ relay }: Simulation): readonly KnownSeed[] {
  return relay.nodes
    .filter(({ validator }) => validator)
    .flatMap(({ name, keyTypes }) =>
      Object.keys(keyTypes ?? relay.keyTypes).map((type) => ({
        entry: `${networkName(name)}-keys/${type}`,
        seed: `//${seedName(name)}`,
      })),
    );
}

/** The paths of a program and a specification on this machine. */
export interface OnDisk {
  readonly program: string;
  readonly programSha256: string;
  /** Path from the network file. */
  readonly spec: string;
  readonly specSha256: string;
  /** Peer ids of boot nodes, by name: other nodes learn them before they run. */
  readonly peerIds: ReadonlyMap<string, string>;
}

/** The relay part of a simulation as a network file, with a pool for each node. Pure. */
export function relayNetwork({ name, relay }: Simulation, disk: OnDisk): JsonRecord {
  const pools = relay.nodes.map(
    (node) => [node.name, poolOf(node, relay, disk.peerIds.get(node.name))] as const,
  );
  return {
    format: NETWORK_FORMAT,
    name,
    chain: { spec: { file: disk.spec, sha256: disk.specSha256 } },
    clusters: { [PLACE]: {} },
    defaults: {
      software: {
        image: `example.invalid/node@sha256:${disk.programSha256}`,
        binary: { source: disk.program, sha256: disk.programSha256 },
        sdk: relay.sdk,
      },
      ...flagsIn(relay.args),
    },
    pools: Object.fromEntries(pools),
  };
}

function poolOf(
  { validator, bootnode, args, resources, keyTypes }: SimulatedNode,
  relay: Simulation['relay'],
  peerId: string | undefined,
): JsonRecord {
  const session = { source: 'secret', secret: '{node}-keys', types: { ...(keyTypes ?? relay.keyTypes) } };
  return {
    role: validator ? 'validator' : bootnode ? 'boot' : 'rpc',
    count: 1,
    ...(validator ? { keys: { session } } : { pruning: 'archive' }),
    ...(bootnode && peerId !== undefined
      ? { keys: { node: { source: 'secret', secret: '{node}', peerId } } }
      : {}),
    // A list in a pool takes the place of the one in the defaults.
    ...(args.length === 0 ? {} : flagsIn([...relay.args, ...args])),
    ...resourcesOf({ ...relay.resources, ...resources }),
  };
}

/**
 * Flags in the form of a network file: common flags by name, with a value of their kind; flags of this node's
 * binary unchanged.
 */
function flagsIn(args: readonly string[]): JsonRecord {
  const flags: Record<string, Json> = {};
  const own: string[] = [];
  for (const text of args) {
    const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/.exec(text) ?? [];
    const kind = Object.hasOwn(FLAGS, name) ? FLAGS[name]?.kind : undefined;
    if (kind === undefined) own.push(text);
    else if (kind === 'list') flags[name] = [...listOf(flags[name]), value ?? ''];
    else flags[name] = value === undefined ? true : kind === 'number' ? Number(value) : value;
  }
  return {
    ...(Object.keys(flags).length === 0 ? {} : { flags }),
    ...(own.length === 0 ? {} : { customFlags: own }),
  };
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function resourcesOf({ cpu, memoryGiB }: NonNullable<SimulatedNode['resources']>): JsonRecord {
  const asked = { ...(cpu === undefined ? {} : { cpu }), ...(memoryGiB === undefined ? {} : { memoryGiB }) };
  return Object.keys(asked).length === 0 ? {} : { resources: asked };
}

/** The nodes whose node key has to be known before they run. */
export function bootsOf({ relay }: Simulation): readonly string[] {
  return relay.nodes.filter(({ bootnode, validator }) => bootnode && !validator).map(({ name }) => name);
}

/** The part of a parachain that does not need its collator, for rendering it for a cluster. Pure. */
export function parachainNetwork(
  { name, relay }: Simulation,
  parachain: SimulatedParachain,
  image: string,
): JsonRecord {
  const groups = parachain.collatorGroups.map(({ name: group, count }) => [
    group,
    { role: 'collator', count },
  ]);
  const single = parachain.collators.map(({ name: node, validator }) => [
    node,
    { role: validator ? 'collator' : 'rpc', count: 1 },
  ]);
  return {
    format: NETWORK_FORMAT,
    name: `${name.slice(0, 12)}-${parachain.id}`.slice(0, 20),
    chain: {
      name: parachain.chain ?? `${name}-${parachain.id}`,
      relay: { name: relay.chain ?? name },
    },
    clusters: { [PLACE]: {} },
    defaults: {
      software: { image, sdk: relay.sdk },
      ...flagsIn(parachain.args),
    },
    pools: Object.fromEntries([...single, ...groups]) as JsonRecord,
  };
}

/**
 * The settings of a simulated parachain that a network file lacks: keys of it that {@link parachainNetwork}
 * leaves out. Pure.
 */
export function notCarriedOver(parachain: SimulatedParachain): readonly string[] {
  const { balance, command, genesis, genesisState, genesisWasm, onboarding, relayArgs, specFile } = parachain;
  const said = {
    balance: balance !== undefined,
    command: command !== undefined,
    genesis: genesis !== undefined,
    genesisState: genesisState !== undefined,
    genesisWasm: genesisWasm !== undefined,
    onboarding: onboarding === 'register',
    relayArgs: relayArgs.length > 0,
    specFile: specFile !== undefined,
  };
  const ofCollators = parachain.collators.flatMap((collator) =>
    OF_COLLATORS.filter((key) => isSaidOf(collator[key])).map((key) => `${key} of ${collator.name}`),
  );
  return [...Object.entries(said).flatMap(([key, isSaid]) => (isSaid ? [key] : [])), ...ofCollators];
}

/** Settings of a collator that its pool does not have. */
const OF_COLLATORS = [
  'args',
  'balance',
  'bootnode',
  'dbSnapshot',
  'env',
  'invulnerable',
  'keyTypes',
  'keystorePath',
  'ports',
  'resources',
] as const;

function isSaidOf(value: SimulatedNode[(typeof OF_COLLATORS)[number]]): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}
