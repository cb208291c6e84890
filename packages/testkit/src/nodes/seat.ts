import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../etcd/ports.ts';
import { testSecret } from './dev-keys.ts';
import { type Line, startLine } from './line.ts';
import type { NamespaceNet, NodeNamespace } from './namespaces.ts';
import { nodeArguments } from './node-arguments.ts';
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
  /** Multiaddress of each node, by its name. */
  readonly addresses: Map<string, string>;
}

/** Everything that one node gets before its start. */
export interface Seat {
  readonly plan: NodePlan;
  readonly place: NodePlace;
  readonly namespace: NodeNamespace | null;
  readonly lines: readonly Line[];
  readonly ports: { readonly listen: number; readonly rpc: number; readonly metrics: number };
}

/** Ports, a folder, a node key and, on request, a namespace and lines to services. */
export async function takeSeat(ground: Ground, plan: NodePlan): Promise<Seat> {
  const [listen = 0, rpc = 0, metrics = 0] = await freePorts(3);
  const namespace = ground.namespaces?.add() ?? null;
  const folder = join(ground.folder, plan.name);
  mkdirSync(folder, { recursive: true });
  const nodeKey = testSecret(`${ground.folder}/${plan.nodeKeyOf ?? plan.name}`);
  writeFileSync(join(folder, 'node-key'), Buffer.from(nodeKey).toString('hex'), { mode: 0o600 });
  const peerId = peerIdOf(nodeKey);
  const lines = await openLines(ground, plan, folder);
  const host = namespace?.hostAddress ?? '127.0.0.1';
  ground.addresses.set(
    plan.name,
    `/ip4/${namespace?.peerAddress ?? '127.0.0.1'}/tcp/${listen}/p2p/${peerId}`,
  );
  const place: NodePlace = {
    name: plan.name,
    folder,
    basePath: join(folder, 'data'),
    keystorePath: join(folder, 'keystore'),
    rpcUrl: `http://${host}:${rpc}`,
    wsUrl: `ws://${host}:${rpc}`,
    metricsUrl: `http://${host}:${metrics}/metrics`,
    peerId,
    serviceUrls: lines.map((line) => line.url),
  };
  return { plan, place, namespace, lines, ports: { listen, rpc, metrics } };
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

/** The command line of a start: it names every other node that exists by now. */
export function argumentsOf(ground: Ground, { plan, place, namespace, ports }: Seat): readonly string[] {
  const own = typeof plan.args === 'function' ? plan.args(place) : (plan.args ?? []);
  return nodeArguments({
    ...place,
    program: plan.program ?? 'devnode',
    role: plan.role ?? 'validator',
    spec: ground.spec,
    nodeKeyFile: join(place.folder, 'node-key'),
    wasmCache: ground.wasmCache,
    listenAddress: namespace?.peerAddress ?? '127.0.0.1',
    listenPort: ports.listen,
    rpcPort: ports.rpc,
    metricsPort: ports.metrics,
    external: namespace !== null,
    bootnodes: [...ground.addresses].filter(([name]) => name !== place.name).map(([, address]) => address),
    more: [...ground.args, ...own],
  });
}
