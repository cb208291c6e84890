import { connectNode, type NodeRpc } from '@watchbill/chain';
import type { Clock } from '@watchbill/kit';
import type { Ask, Moved, RolloutPort } from '../../run/rollout/index.ts';
import {
  finalFacts,
  markOf,
  type NodeFacts,
  readingBook,
  readNode,
  unknownFacts,
} from '../../run/rollout/index.ts';
import type { ControlledNode, LocalControl, NodeProgram } from '../local/control.ts';
import { LocalFault } from '../local/local-fault.ts';

export interface LocalRollout {
  readonly control: LocalControl;
  /** Those that are changed. */
  readonly nodes: readonly ControlledNode[];
  readonly others: readonly ControlledNode[];
  readonly program: NodeProgram;
  /** The earlier program of each node, by name. */
  readonly before: Readonly<Record<string, NodeProgram>>;
  readonly clock: Clock;
}

export interface LocalPort extends RolloutPort {
  readonly close: () => void;
}

const STOP_MS = 20_000;
const ANSWER_MS = 4_000;
/**
 * The most processes of a node since its change, plus checks that found none. Above it, the node counts as
 * one that ends again and again.
 */
const MOST_ENDS = 4;

/** Nodes of a network on this machine: each is a separate unit. */
export function localPort(rollout: LocalRollout): LocalPort {
  const { control, nodes, others, program, before, clock } = rollout;
  const clients = nodeClients();
  const ends = endCounts();
  const book = readingBook();

  async function asViewer<Value>(read: (rpc: NodeRpc) => Promise<Value>): Promise<Value | null> {
    const viewer = viewerFor(await control.nodes().catch(() => []), null);
    return viewer === null ? null : read(clients.of(viewer)).catch(() => null);
  }

  async function factsOf({ node: name, version, since }: Ask, seen: Nodes): Promise<NodeFacts> {
    const node = seen.find((one) => one.name === name);
    if (node === undefined)
      return unknownFacts(
        name,
        [...nodes, ...others].some((one) => one.name === name && one.keySet !== null),
      );
    const viewer = viewerFor(seen, name);
    const read = await readNode(
      { rpc: clients.of(node), metricsUrl: node.metricsUrl },
      { node: name, signs: node.keySet !== null, since, viewer: viewer === null ? null : clients.of(viewer) },
      book,
      clock,
    );
    return { ...read, failure: ends.failureOf(node), isRight: isRight(node, version, rollout) };
  }

  return {
    units: nodes.map(({ name, pool, keySet }) => ({ id: name, pool, signs: keySet !== null, nodes: [name] })),
    others: others.map(({ name, pool, keySet }) => ({ node: name, pool, signs: keySet !== null })),
    change: (id) => replace(control, ends, id, program),
    restore: async (id) => {
      const old = before[id];
      return old === undefined
        ? { ok: false, detail: `the earlier program of ${id} is not known` }
        : replace(control, ends, id, old);
    },
    facts: async (asked) => {
      const seen = await control.nodes().catch((): Nodes => []);
      return Promise.all(asked.map((ask) => factsOf(ask, seen)));
    },
    mark: () => asViewer(async (rpc) => markOf(rpc)),
    final: () => asViewer(async (rpc) => finalFacts(rpc)),
    close: clients.close,
  };
}

type Nodes = readonly ControlledNode[];

/** Clients of nodes, each opened once and kept. */
function nodeClients() {
  const clients = new Map<string, NodeRpc>();
  return {
    of: ({ name, rpcUrl }: ControlledNode): NodeRpc => {
      const client =
        clients.get(name) ?? connectNode(rpcUrl.replace(/^ws/, 'http'), { timeoutMs: ANSWER_MS });
      clients.set(name, client);
      return client;
    },
    close: (): void => {
      for (const client of clients.values()) client.close();
    },
  };
}

/** How often the process of a node ended by itself since the last change of the node. */
interface EndCounts {
  readonly changed: (name: string) => void;
  /** The reason why a node counts as failed; null if it does not. Counts what it sees of the node. */
  readonly failureOf: (node: ControlledNode) => string | null;
}

function endCounts(): EndCounts {
  /** The process ids since the last change, and how often there was none. */
  const ends = new Map<string, { readonly pids: Set<number>; betweenCount: number }>();
  return {
    changed: (name) => {
      ends.set(name, { pids: new Set(), betweenCount: 0 });
    },
    failureOf: ({ name, state, pid }) => {
      const seen = ends.get(name);
      if (seen !== undefined && pid !== null) seen.pids.add(pid);
      if (seen !== undefined && state === 'waiting') seen.betweenCount += 1;
      const isOver = seen !== undefined && seen.pids.size + seen.betweenCount > MOST_ENDS;
      return state === 'gave-up' || isOver ? 'it ends again and again' : null;
    },
  };
}

/** Stops a node, and starts it with another program. */
async function replace(
  control: LocalControl,
  ends: EndCounts,
  name: string,
  to: NodeProgram,
): Promise<Moved> {
  try {
    const now = (await control.nodes()).find((one) => one.name === name);
    if (now === undefined) return { ok: false, detail: `${name} is not a node of the network any more` };
    // Comes first: if the file is refused, the node was not touched.
    await control.setProgram(name, to);
    await control.stop(name, STOP_MS);
    await control.start(name);
    ends.changed(name);
    return { ok: true };
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    return { ok: false, detail: `${name}: ${error.message}` };
  }
}

/** Another node that runs: a signer first, since it sees votes. */
function viewerFor(nodes: Nodes, name: string | null): ControlledNode | null {
  const running = nodes.filter((one) => one.name !== name && one.state === 'running');
  return running.find(({ keySet }) => keySet !== null) ?? running[0] ?? null;
}

/** Whether a node runs the program of a version; any program if the version is null. */
function isRight(
  { name, state, program: path }: ControlledNode,
  version: Ask['version'],
  { program, before }: Pick<LocalRollout, 'program' | 'before'>,
): boolean {
  if (state !== 'running') return false;
  if (version === null) return true;
  return path === (version === 'new' ? program.path : before[name]?.path);
}
