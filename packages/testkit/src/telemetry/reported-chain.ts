import { type ChainHead, chainHead } from './chain-head.ts';
import { ACTION, type FeedAction } from './feed-action.ts';
import type { NodeReport } from './node-message.ts';
import {
  addedNodePayload,
  hardwarePayload,
  ioPayload,
  type NodePlace,
  placePayload,
  type ReportingNode,
  statsPayload,
  takeInterval,
} from './reporting-node.ts';

/** The nodes of one chain, by the ids that the feed gives them. */
export interface ReportedChain {
  readonly genesisHash: string;
  label(): string;
  size(): number;
  /** An id that was given up comes into use again, as with the real server. */
  add(node: ReportingNode): { readonly id: number; readonly actions: readonly FeedAction[] };
  remove(id: number): void;
  /** Sets the place of the nodes with this network id. Returns the actions for feeds. */
  locate(networkId: string, place: NodePlace): readonly FeedAction[];
  /** The actions for feeds after a report. */
  report(id: number, report: NodeReport, atMs: number): readonly FeedAction[];
  /** The first actions for a new feed. */
  overview(atMs: number): readonly FeedAction[];
  /** All nodes, some per frame. */
  nodeFrames(): readonly (readonly FeedAction[])[];
}

export interface ChainRules {
  /** Whether address, machine and benchmark of nodes are shown. */
  readonly exposeNodeDetails: boolean;
  /** A node is stale when its best block is older, on a chain that stands still. */
  readonly staleAfterMs: number;
}

/** Nodes per frame of the first list. */
const NODES_PER_FRAME = 64;

export function reportedChain(genesisHash: string, rules: ChainRules): ReportedChain {
  const nodes = new Map<number, ReportingNode>();
  const givenUp: number[] = [];
  const head = chainHead(nodes, rules.staleAfterMs);
  const added = (id: number, node: ReportingNode) => addedAction(id, node, rules);
  return {
    genesisHash,
    label: () => [...nodes.values()].at(0)?.details.chain ?? '',
    size: () => nodes.size,
    add: (node) => {
      const id = givenUp.pop() ?? nodes.size;
      nodes.set(id, node);
      return { id, actions: [added(id, node)] };
    },
    remove: (id) => {
      if (nodes.delete(id)) givenUp.push(id);
    },
    locate: (networkId, place) =>
      [...nodes]
        .filter(([, { details }]) => details.networkId === networkId)
        .map(([id, node]): FeedAction => {
          node.location = place;
          return [ACTION.locatedNode, [id, ...placePayload(place)]];
        }),
    report: (id, report, atMs) => {
      const node = nodes.get(id);
      return node === undefined ? [] : apply({ head, rules, id, node }, report, atMs);
    },
    overview: (atMs) => [[ACTION.subscribedTo, genesisHash], [ACTION.timeSync, atMs], ...head.overview()],
    nodeFrames: () => {
      const all = [...nodes].map(([id, node]): readonly FeedAction[] => [
        added(id, node),
        [ACTION.finalisedBlock, [id, node.finalised.height, node.finalised.hash]],
        ...(node.stale ? [[ACTION.staleNode, id] as const] : []),
      ]);
      const frames = Math.ceil(all.length / NODES_PER_FRAME);
      return Array.from({ length: frames }, (_, index) =>
        all.slice(index * NODES_PER_FRAME, (index + 1) * NODES_PER_FRAME).flat(),
      );
    },
  };
}

function addedAction(id: number, node: ReportingNode, { exposeNodeDetails }: ChainRules): FeedAction {
  return [ACTION.addedNode, addedNodePayload(id, node, exposeNodeDetails)];
}

/** A node that reports, in its chain. */
interface Reporter {
  readonly head: ChainHead;
  readonly rules: ChainRules;
  readonly id: number;
  readonly node: ReportingNode;
}

function apply(reporter: Reporter, report: NodeReport, atMs: number): readonly FeedAction[] {
  const { head, rules, id, node } = reporter;
  switch (report.kind) {
    case 'interval':
      return interval(reporter, report, atMs);
    case 'block':
      return head.imported(id, node, report.best, atMs);
    case 'finalised':
      return head.finalised(id, node, report.finalised);
    case 'authority':
      if (node.validator === report.authorityId) return [];
      node.validator = report.authorityId;
      return [addedAction(id, node, rules)];
    case 'benchmark':
      node.scores = report.scores;
      return rules.exposeNodeDetails ? [addedAction(id, node, rules)] : [];
    default:
      return [];
  }
}

function interval(
  { head, id, node }: Reporter,
  report: Extract<NodeReport, { kind: 'interval' }>,
  atMs: number,
): readonly FeedAction[] {
  const actions = report.best === null ? [] : [...head.imported(id, node, report.best, atMs)];
  const changed = takeInterval(node, report, atMs);
  if (changed.hardware) actions.push([ACTION.hardware, [id, hardwarePayload(node)]]);
  if (changed.stats) actions.push([ACTION.nodeStats, [id, statsPayload(node)]]);
  if (changed.io) actions.push([ACTION.nodeIo, [id, ioPayload(node)]]);
  return report.finalised === null ? actions : [...actions, ...head.finalised(id, node, report.finalised)];
}
