import { connectNode, type NodeRpc } from '@watchbill/chain';
import type { IdentifiedTarget } from '../apply/identity.ts';
import type { NodeReach } from '../live/reach.ts';

/** Where a node runs: an object or unit of a place, and the number of its pod. */
export interface NodeSeat {
  readonly node: string;
  readonly pool: string;
  readonly place: string;
  readonly resourceId: string;
  readonly ordinal: number;
  readonly signs: boolean;
}

export interface OpenNode {
  readonly rpc: NodeRpc;
  readonly metricsUrl: string | null;
}

/** Ways to nodes, each opened once and kept. */
export interface ReachBook {
  /** Null where there is no way now. */
  readonly open: (seat: NodeSeat, signal: AbortSignal) => Promise<OpenNode | null>;
  readonly close: () => void;
}

const ANSWER_MS = 8_000;

export function reachBook(targets: ReadonlyMap<string, IdentifiedTarget>): ReachBook {
  const kept = new Map<string, { readonly reach: NodeReach; readonly open: OpenNode }>();
  return {
    open: async ({ node, place, resourceId, ordinal }, signal) => {
      const found = kept.get(node);
      if (found !== undefined) return found.open;
      const reached = await targets.get(place)?.reach?.(resourceId, ordinal, signal);
      if (!reached?.ok) return null;
      const { reach } = reached;
      const open = { rpc: connectNode(reach.rpcUrl, { timeoutMs: ANSWER_MS }), metricsUrl: reach.metricsUrl };
      kept.set(node, { reach, open });
      return open;
    },
    close: () => {
      for (const { reach, open } of kept.values()) {
        open.rpc.close();
        reach.close();
      }
      kept.clear();
    },
  };
}
