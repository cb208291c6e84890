import { ACTION, type FeedAction } from './feed-action.ts';
import type { NodeReport, ReportedBlock } from './node-message.ts';
import {
  addedNodePayload,
  blockPayload,
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
  const head = { best: 0, bestAtMs: 0, finalised: 0, finalisedHash: `0x${'0'.repeat(64)}` };

  const added = (id: number, node: ReportingNode): FeedAction => [
    ACTION.addedNode,
    addedNodePayload(id, node, rules.exposeNodeDetails),
  ];

  function staleNodes(atMs: number): readonly FeedAction[] {
    if (head.bestAtMs === 0 || atMs - head.bestAtMs < rules.staleAfterMs) return [];
    const late = [...nodes].filter(([, node]) => !node.stale && atMs - node.bestAtMs >= rules.staleAfterMs);
    for (const [, node] of late) node.stale = true;
    return late.map(([id]) => [ACTION.staleNode, id]);
  }

  function imported(id: number, node: ReportingNode, block: ReportedBlock, atMs: number): FeedAction[] {
    const actions: FeedAction[] = [...staleNodes(atMs)];
    if (block.height <= node.best.height) return actions;
    const isBest = block.height > head.best;
    if (isBest) {
      [head.best, head.bestAtMs] = [block.height, atMs];
      actions.push([ACTION.bestBlock, [block.height, atMs, null]]);
    }
    node.blockTimeMs = atMs - node.bestAtMs;
    [node.best, node.bestAtMs, node.stale] = [block, atMs, false];
    node.propagationMs = block.height === head.best ? atMs - head.bestAtMs : null;
    return [...actions, [ACTION.importedBlock, [id, blockPayload(node)]]];
  }

  function finalised(id: number, node: ReportingNode, block: ReportedBlock): readonly FeedAction[] {
    if (block.height <= node.finalised.height) return [];
    node.finalised = block;
    const own: FeedAction = [ACTION.finalisedBlock, [id, block.height, block.hash]];
    if (block.height <= head.finalised) return [own];
    [head.finalised, head.finalisedHash] = [block.height, block.hash];
    return [own, [ACTION.bestFinalised, [block.height, block.hash]]];
  }

  function interval(
    id: number,
    node: ReportingNode,
    report: Extract<NodeReport, { kind: 'interval' }>,
    atMs: number,
  ): readonly FeedAction[] {
    const actions = report.best === null ? [] : imported(id, node, report.best, atMs);
    const changed = takeInterval(node, report, atMs);
    if (changed.hardware) actions.push([ACTION.hardware, [id, hardwarePayload(node)]]);
    if (changed.stats) actions.push([ACTION.nodeStats, [id, statsPayload(node)]]);
    if (changed.io) actions.push([ACTION.nodeIo, [id, ioPayload(node)]]);
    return report.finalised === null ? actions : [...actions, ...finalised(id, node, report.finalised)];
  }

  function apply(id: number, node: ReportingNode, report: NodeReport, atMs: number): readonly FeedAction[] {
    switch (report.kind) {
      case 'interval':
        return interval(id, node, report, atMs);
      case 'block':
        return imported(id, node, report.best, atMs);
      case 'finalised':
        return finalised(id, node, report.finalised);
      case 'authority':
        if (node.validator === report.authorityId) return [];
        node.validator = report.authorityId;
        return [added(id, node)];
      case 'benchmark':
        node.scores = report.scores;
        return rules.exposeNodeDetails ? [added(id, node)] : [];
      default:
        return [];
    }
  }

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
      return node === undefined ? [] : apply(id, node, report, atMs);
    },
    overview: (atMs) => [
      [ACTION.subscribedTo, genesisHash],
      [ACTION.timeSync, atMs],
      [ACTION.bestBlock, [head.best, head.bestAtMs, null]],
      [ACTION.bestFinalised, [head.finalised, head.finalisedHash]],
    ],
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
