import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { testSecret } from './dev-keys.ts';
import { type Line, startLine } from './line.ts';
import type { NamespaceNet, NodeNamespace } from './namespaces.ts';
import { type InnerRelay, nodeArguments } from './node-arguments.ts';
import { peerIdOf } from './peer-id.ts';
import type { NodePlace, NodePlan } from './plan.ts';

/** The settings that all nodes of a network share. */
export interface Ground {
  /** Raw chain specification. */
  readonly spec: string;
  /** Added to every command line. */
  readonly args: readonly string[];
  readonly folder: string;
  readonly wasmCache: string;
  readonly namespaces: NamespaceNet | null;
  readonly lines: Line[];
  /** The address of each node, by its name. */
  readonly addresses: Map<string, NodeAddress>;
}

interface NodeAddress {
  readonly multiaddress: string;
  /** The chain that its peers have; a collator's is that of the parachain. */
  readonly chain: 'network' | 'parachain';
}

/** Everything that one node gets before its start. */
export interface Seat {
  readonly plan: NodePlan;
  readonly place: NodePlace;
  readonly namespace: NodeNamespace | null;
  readonly lines: readonly Line[];
  readonly ports: Ports;
  /** Of the relay-chain node inside a collator. */
  readonly innerPorts: Ports | null;
}

interface Ports {
  readonly listen: number;
  readonly rpc: number;
  readonly metrics: number;
}

/** Ports, a folder, a node key and, on request, a namespace and lines to services. */
export async function takeSeat(ground: Ground, plan: NodePlan): Promise<Seat> {
  const isCollator = plan.program === 'collator';
  const ports = await takePorts();
  const innerPorts = isCollator ? await takePorts() : null;
  const namespace = ground.namespaces?.add() ?? null;
  const folder = join(ground.folder, plan.name);
  mkdirSync(folder, { recursive: true });
  const nodeKey = testSecret(`${ground.folder}/${plan.nodeKeyOf ?? plan.name}`);
  writeFileSync(join(folder, 'node-key'), Buffer.from(nodeKey).toString('hex'), { mode: 0o600 });
  const peerId = peerIdOf(nodeKey);
  const lines = await openLines(ground, plan, folder);
  const host = namespace?.hostAddress ?? '127.0.0.1';
  ground.addresses.set(plan.name, {
    multiaddress: `/ip4/${namespace?.peerAddress ?? '127.0.0.1'}/tcp/${ports.listen}/p2p/${peerId}`,
    chain: isCollator ? 'parachain' : 'network',
  });
  const place: NodePlace = {
    name: plan.name,
    folder,
    basePath: join(folder, 'data'),
    keystorePath: join(folder, 'keystore'),
    rpcUrl: `http://${host}:${ports.rpc}`,
    wsUrl: `ws://${host}:${ports.rpc}`,
    metricsUrl: `http://${host}:${ports.metrics}/metrics`,
    peerId,
    serviceUrls: lines.map((line) => line.url),
  };
  return { plan, place, namespace, lines, ports, innerPorts };
}

async function takePorts(): Promise<Ports> {
  const [listen = 0, rpc = 0, metrics = 0] = await freePorts(3);
  return { listen, rpc, metrics };
}

async function openLines(ground: Ground, plan: NodePlan, folder: string): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const [index, target] of (plan.services ?? []).entries()) {
    const line = await startLine(
      ground.namespaces === null ? { target } : { target, socketPath: join(folder, `service-${index}.sock`) },
    );
    lines.push(line);
    ground.lines.push(line);
  }
  return lines;
}

/** The command line of a start: it names every other node of its chain that exists by now. */
export function argumentsOf(ground: Ground, seat: Seat): readonly string[] {
  const { plan, place, namespace, ports } = seat;
  const own = typeof plan.args === 'function' ? plan.args(place) : (plan.args ?? []);
  const inner = innerOf(ground, seat);
  return nodeArguments({
    ...place,
    program: plan.program ?? 'devnode',
    role: plan.role ?? 'validator',
    spec: plan.parachainSpec ?? ground.spec,
    nodeKeyFile: join(place.folder, 'node-key'),
    wasmCache: ground.wasmCache,
    listenAddress: namespace?.peerAddress ?? '127.0.0.1',
    listenPort: ports.listen,
    rpcPort: ports.rpc,
    metricsPort: ports.metrics,
    external: namespace !== null,
    bootnodes: peersOf(ground, inner === null ? 'network' : 'parachain', place.name),
    more: [...ground.args, ...own],
    ...(inner === null ? {} : { inner }),
  });
}

function innerOf(ground: Ground, { innerPorts: ports }: Seat): InnerRelay | null {
  if (ports === null) return null;
  return {
    spec: ground.spec,
    listenPort: ports.listen,
    rpcPort: ports.rpc,
    metricsPort: ports.metrics,
    bootnodes: peersOf(ground, 'network', null),
  };
}

function peersOf(ground: Ground, chain: NodeAddress['chain'], except: string | null): readonly string[] {
  return [...ground.addresses]
    .filter(([name, address]) => name !== except && address.chain === chain)
    .map(([, { multiaddress }]) => multiaddress);
}
