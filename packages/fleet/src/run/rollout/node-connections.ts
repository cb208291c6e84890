import { connectNode, type NodeRpc } from '@watchbill/chain';
import type { NodeReach } from '../../file/live/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';

/** One node of a place: an object or unit of a place, and the number of its pod. */
export interface NodeInstance {
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
export interface NodeConnections {
  /** Null if there is no connection now. */
  readonly open: (instance: NodeInstance, signal: AbortSignal) => Promise<OpenNode | null>;
  readonly close: () => void;
}

const ANSWER_MS = 8_000;

interface Kept {
  readonly reach: NodeReach;
  readonly open: OpenNode;
}

export function nodeConnections(targets: ReadonlyMap<string, IdentifiedTarget>): NodeConnections {
  // Connections that are being opened are in the map too: concurrent callers wait for the same one, and none
  // is lost.
  const kept = new Map<string, Promise<Kept | null>>();
  let closed = false;

  async function reached(
    { node, place, resourceId, ordinal }: NodeInstance,
    signal: AbortSignal,
  ): Promise<Kept | null> {
    try {
      const found = await targets.get(place)?.reach?.(resourceId, ordinal, signal);
      if (found?.ok && !closed) {
        const { reach } = found;
        const rpc = connectNode(reach.rpcUrl, { timeoutMs: ANSWER_MS });
        return { reach, open: { rpc, metricsUrl: reach.metricsUrl } };
      }
      if (found?.ok) found.reach.close();
    } catch (error) {
      kept.delete(node);
      throw error;
    }
    kept.delete(node);
    return null;
  }

  return {
    open: async (instance, signal) => {
      const known = kept.get(instance.node);
      if (known !== undefined) return (await known)?.open ?? null;
      const made = reached(instance, signal);
      kept.set(instance.node, made);
      return (await made)?.open ?? null;
    },
    close: () => {
      closed = true;
      for (const made of kept.values())
        made.then(
          (way) => {
            way?.open.rpc.close();
            way?.reach.close();
          },
          () => undefined,
        );
      kept.clear();
    },
  };
}
