import { connectNode } from '@watchbill/chain';
import type { AskRpc } from '../facts.ts';

const ANSWER_MS = 5_000;

/** Asks a node at an address, then closes the connection. */
export async function withRpc<Value>(url: string, work: (ask: AskRpc) => Promise<Value>): Promise<Value> {
  const rpc = connectNode(url.replace(/^ws/, 'http'), { timeoutMs: ANSWER_MS });
  try {
    return await work((method, params) => rpc.call(method, params));
  } finally {
    rpc.close();
  }
}
