// A whole process that carries out intents: its store is a file, its chain a real runtime. It kills itself at
// the given point.

import { connectNode, type NodeRpc } from '@watchbill/chain';
import { type TransactionEvent, transactionRunner } from '@watchbill/nominate/transactions';
import { account } from './accounts.ts';
import { openTransactions, runnerParts } from './programme.ts';

/** Where a process dies: as soon as it has stored a state, or as soon as a node has taken what it sent. */
export type Death = 'signing' | 'submitted' | 'sent' | 'in-block' | 'announced' | 'executable' | 'finalised';

export interface ProcessOrder {
  readonly file: string;
  readonly url: string;
  readonly genesis: string;
  /** Name of the account that signs. */
  readonly signer: string;
  readonly death: Death | null;
}

/** A node whose finality is a block behind its best chain, as on real chains. */
export function laggingNode(node: NodeRpc): NodeRpc {
  return {
    ...node,
    call: async <T>(method: string, params: readonly unknown[] = [], options = {}): Promise<T> => {
      const answer = await node.call<T>(method, params, options);
      if (method !== 'chain_getFinalizedHead') return answer;
      const header = await node.call<{ readonly parentHash: T }>('chain_getHeader', [answer], options);
      return header.parentHash;
    },
  };
}

function isDeath(death: Death | null, event: TransactionEvent): boolean {
  if (death === 'sent') return event.kind === 'answered' && event.event.kind === 'submit';
  if (event.kind !== 'performed' || event.effect.kind !== 'store') return false;
  return event.effect.notes.some(({ from, to }) => to === death && from !== to);
}

async function run({ file, url, genesis, signer, death }: ProcessOrder): Promise<void> {
  const node = connectNode(url, { timeoutMs: 60_000 });
  const store = await openTransactions(file);
  const tell = (event: TransactionEvent): void => {
    if (isDeath(death, event)) process.kill(process.pid, 'SIGKILL');
  };
  const parts = runnerParts(store, [laggingNode(node)], genesis, { signers: [account(signer)] }, tell);
  const runner = transactionRunner(parts);
  process.on('message', (message) => {
    if (message !== 'turn') return;
    void runner.turn(new AbortController().signal).then(() => process.send?.('done'));
  });
  process.on('disconnect', () => {
    node.close();
    void store.close();
  });
  process.send?.('ready');
}

process.once('message', (order) => void run(order as ProcessOrder));
