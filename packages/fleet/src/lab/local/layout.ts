import { join } from 'node:path';
import { nodeArguments } from '../../file/emit/index.ts';
import type { Role } from '../../file/graph/index.ts';
import { type FleetNode, forNode, keySetOf, type Network, signs } from '../../file/normalise/index.ts';

/** Ports of one node on loopback. */
export interface LocalPorts {
  readonly p2p: number;
  readonly rpc: number;
  readonly metrics: number;
}

/** The fixed facts of a node. The folder keeps them, so that it is the same node at its next start. */
export interface LocalSeat {
  readonly ports: LocalPorts;
  readonly peerId: string;
}

/** A key that is put into a keystore before the first start: the file holds the seed. */
export interface SeedFile {
  readonly type: string;
  readonly scheme: string;
  readonly file: string;
}

/** One process of a network on this machine. */
export interface LocalNode {
  readonly name: string;
  readonly pool: string;
  readonly role: Role;
  /** Names its session keys; null if it does not sign. */
  readonly keySet: string | null;
  readonly folder: string;
  readonly keystore: string;
  readonly nodeKeyFile: string;
  /** A key file from the folder of secrets; null if the key is generated here. */
  readonly nodeKeySource: string | null;
  readonly seeds: readonly SeedFile[];
  readonly logFile: string;
  /** Files of the gate, in the folder of secrets. */
  readonly duty: { readonly token: string; readonly ca: string };
  readonly binary: NonNullable<FleetNode['settings']['software']['binary']>;
  readonly settings: FleetNode['settings'];
  readonly source: FleetNode;
}

export interface LayoutProblem {
  readonly node: string;
  readonly what: string;
  readonly remedy: string;
}

export type Layout =
  | { readonly ok: true; readonly nodes: readonly LocalNode[] }
  | { readonly ok: false; readonly problems: readonly LayoutProblem[] };

/**
 * The paths of each node of a network below a folder. Every place of the file becomes this machine. Secrets
 * are folders with a file for each entry, as a cluster mounts them. Pure.
 */
export function layoutOf(network: Network, folder: string, secrets: string | null): Layout {
  const all = network.pools.flatMap(({ nodes }) => nodes);
  const problems = all.flatMap((node) => problemsOf(node, secrets));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, nodes: all.flatMap((node) => localNode(node, network, folder, secrets)) };
}

function problemsOf(node: FleetNode, secrets: string | null): readonly LayoutProblem[] {
  const { name, settings } = node;
  const needsSecrets =
    settings.keys.session.source === 'secret' ||
    settings.keys.node.source === 'secret' ||
    settings.duty !== null;
  return [
    ...(settings.software.binary === null
      ? [
          {
            node: name,
            what: 'it has no binary',
            remedy: 'set software.binary: {source: /path/to/node, sha256: …}',
          },
        ]
      : []),
    ...(settings.duty?.service === undefined
      ? []
      : [
          {
            node: name,
            what: `it asks the service ${settings.duty.service}, which the file deploys to a cluster or to machines, but not to this machine`,
            remedy:
              'run a service here with `watchbill serve`, and name it in a copy of the file: duty: {services: [https://127.0.0.1:8443]}; or remove duty',
          },
        ]),
    ...(needsSecrets && secrets === null
      ? [
          {
            node: name,
            what: 'its keys or its token are in secrets',
            remedy: 'name the folder that has them with --secrets',
          },
        ]
      : []),
  ];
}

function localNode(
  node: FleetNode,
  network: Network,
  top: string,
  secrets: string | null,
): readonly LocalNode[] {
  const { name, pool, role, settings } = node;
  const { binary } = settings.software;
  if (binary === null) return [];
  const folder = join(top, 'nodes', name);
  const { session, node: nodeKey } = settings.keys;
  const secret = (of: string) => join(secrets ?? '', forNode(of, name));
  const hasSeeds = signs(role) && session.source === 'secret' && session.secret !== null;
  return [
    {
      name,
      pool,
      role,
      keySet: keySetOf(node, network.name),
      folder,
      keystore: join(folder, 'keystore'),
      nodeKeyFile: join(folder, 'node.key'),
      nodeKeySource: nodeKey.secret === null ? null : join(secret(nodeKey.secret), 'key'),
      seeds: hasSeeds
        ? Object.entries(session.types).map(([type, scheme]) => ({
            type,
            scheme,
            file: join(secret(session.secret ?? ''), type),
          }))
        : [],
      logFile: join(folder, 'node.log'),
      duty: dutyFiles(secret(settings.duty?.secret ?? '')),
      binary,
      settings,
      source: node,
    },
  ];
}

function dutyFiles(secret: string): LocalNode['duty'] {
  return { token: join(secret, 'token'), ca: join(secret, 'ca') };
}

/** Multiaddress of a node that is on this machine. */
export function localAddress({ ports, peerId }: LocalSeat): string {
  return `/ip4/127.0.0.1/tcp/${ports.p2p}/p2p/${peerId}`;
}

/** The boot nodes, or the first two nodes if there are none. */
export function meetingPoints(nodes: readonly LocalNode[]): readonly LocalNode[] {
  const boots = nodes.filter(({ role }) => role === 'boot');
  return boots.length > 0 ? boots : nodes.slice(0, 2);
}

export interface ArgumentsInput {
  readonly node: LocalNode;
  readonly seats: ReadonlyMap<string, LocalSeat>;
  readonly all: readonly LocalNode[];
  /** Name of a chain, or path of its specification. */
  readonly chain: string;
}

/** The command line of a node: as on a machine of the fleet, but on loopback only. */
export function localArguments({ node, seats, all, chain }: ArgumentsInput): readonly string[] {
  const seat = seats.get(node.name);
  if (seat === undefined) throw new Error(`${node.name} has no seat`);
  const { ports } = seat;
  const own: FleetNode = {
    ...node.source,
    index: 0,
    settings: { ...node.settings, ports: { ...node.settings.ports, ...ports } },
  };
  const bootnodes = meetingPoints(all)
    .filter(({ name }) => name !== node.name)
    .flatMap(({ name }) => {
      const at = seats.get(name);
      return at === undefined ? [] : [localAddress(at)];
    });
  const args = nodeArguments({
    node: own,
    target: 'machine',
    paths: {
      chain,
      relayChain: null,
      data: join(node.folder, 'data'),
      relayData: join(node.folder, 'relay'),
      keystore: node.keystore,
      nodeKey: node.nodeKeyFile,
      relayNodeKey: join(node.folder, 'relay-node.key'),
      duty: node.duty,
    },
    displayName: node.name,
    bootnodes,
    publicAddress: null,
  });
  const loopback = [`--listen-addr=/ip4/127.0.0.1/tcp/${ports.p2p}`, '--allow-private-ip', '--no-telemetry'];
  return [...args.filter((flag) => !flag.startsWith('--port=')), ...loopback];
}
