import { connectNode, type NodeRpc } from '@watchbill/chain';
import type { LocalSeat } from './layout.ts';

/** The node's own report; null if it does not answer. */
export interface NodeReading {
  readonly best: number;
  readonly finalised: number;
  readonly peers: number;
  readonly isSyncing: boolean;
}

export interface NodeWatch {
  readonly read: () => Promise<NodeReading | null>;
  readonly close: () => void;
}

const ANSWER_MS = 3_000;

export function watchNode({ ports }: LocalSeat): NodeWatch {
  const rpc: NodeRpc = connectNode(`http://127.0.0.1:${ports.rpc}`, { timeoutMs: ANSWER_MS });
  return {
    close: () => rpc.close(),
    read: async () => {
      try {
        const [head, finalisedHash, health] = await Promise.all([
          rpc.call<{ readonly number: string }>('chain_getHeader', []),
          rpc.call<string>('chain_getFinalizedHead', []),
          rpc.call<{ readonly peers: number; readonly isSyncing: boolean }>('system_health', []),
        ]);
        const finalised = await rpc.call<{ readonly number: string }>('chain_getHeader', [finalisedHash]);
        const { peers, isSyncing } = health;
        return { best: Number(head.number), finalised: Number(finalised.number), peers, isSyncing };
      } catch {
        return null;
      }
    },
  };
}
