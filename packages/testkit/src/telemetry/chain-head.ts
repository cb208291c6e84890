import { ACTION, type FeedAction } from './feed-action.ts';
import type { ReportedBlock } from './node-message.ts';
import { blockPayload, type ReportingNode } from './reporting-node.ts';

/** The best and the final block that nodes of a chain reported. Each method returns actions for feeds. */
export interface ChainHead {
  imported(id: number, node: ReportingNode, block: ReportedBlock, atMs: number): readonly FeedAction[];
  finalised(id: number, node: ReportingNode, block: ReportedBlock): readonly FeedAction[];
  /** For a new feed. */
  overview(): readonly FeedAction[];
}

/** `nodes`: those of the chain, which become stale when it stands still. */
export function chainHead(nodes: ReadonlyMap<number, ReportingNode>, staleAfterMs: number): ChainHead {
  const head = { best: 0, bestAtMs: 0, finalised: 0, finalisedHash: `0x${'0'.repeat(64)}` };

  function staleNodes(atMs: number): readonly FeedAction[] {
    if (head.bestAtMs === 0 || atMs - head.bestAtMs < staleAfterMs) return [];
    const late = [...nodes].filter(([, node]) => !node.stale && atMs - node.bestAtMs >= staleAfterMs);
    for (const [, node] of late) node.stale = true;
    return late.map(([id]) => [ACTION.staleNode, id]);
  }

  return {
    imported: (id, node, block, atMs) => {
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
    },
    finalised: (id, node, block) => {
      if (block.height <= node.finalised.height) return [];
      node.finalised = block;
      const own: FeedAction = [ACTION.finalisedBlock, [id, block.height, block.hash]];
      if (block.height <= head.finalised) return [own];
      [head.finalised, head.finalisedHash] = [block.height, block.hash];
      return [own, [ACTION.bestFinalised, [block.height, block.hash]]];
    },
    overview: () => [
      [ACTION.bestBlock, [head.best, head.bestAtMs, null]],
      [ACTION.bestFinalised, [head.finalised, head.finalisedHash]],
    ],
  };
}
