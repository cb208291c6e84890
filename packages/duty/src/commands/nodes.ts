import {
  bestHead,
  mayBeTold,
  NodeFault,
  type NodeRpc,
  storageValue,
  unlessRefused,
  viewChain,
} from '@watchbill/chain';
import { openNode } from '@watchbill/chain/command/node';
import type { NodeView, RecoveryFinding } from '../proof/recovery/index.ts';

const TIMEOUT_MS = 10_000;

/** The present by the nodes, and a finding for each that does not answer. */
export async function askNodes(
  urls: readonly string[],
): Promise<{ readonly views: readonly NodeView[]; readonly silent: readonly RecoveryFinding[] }> {
  const asked = await Promise.all([...new Set(urls)].map(askNode));
  return {
    views: asked.flatMap((answer) => ('view' in answer ? [answer.view] : [])),
    silent: asked.flatMap((answer) => ('silent' in answer ? [answer.silent] : [])),
  };
}

async function askNode(
  url: string,
): Promise<{ readonly view: NodeView } | { readonly silent: RecoveryFinding }> {
  const node = await openNode(url, TIMEOUT_MS, 'flag --node');
  try {
    const [view, peer, newestMs] = await Promise.all([
      viewChain(node, null),
      unlessRefused(peerOf(node)),
      unlessRefused(newestOf(node)),
    ]);
    const { chain, finalizedBlock, session, beefySetId, voter } = view;
    // Set and round together or not at all: beside a new set the round of the old one is too high.
    const { setId, round } = voter !== null && mayBeTold(voter) ? voter : { setId: null, round: null };
    const url = node.address;
    return { view: { url, peer, chain, finalizedBlock, session, beefySetId, newestMs, setId, round } };
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    const what = `the node ${node.address} did not report the present of its chain`;
    return { silent: { kind: 'node-silent', what, evidence: [error.message], remedy: error.remedy } };
  } finally {
    node.close();
  }
}

/** Two addresses of one node are one witness. */
async function peerOf(node: NodeRpc): Promise<string | null> {
  const peer = await node.call('system_localPeerId');
  return typeof peer === 'string' && peer !== '' ? peer : null;
}

/** Unix milliseconds that the newest block carries; null if the chain has none. */
async function newestOf(node: NodeRpc): Promise<number | null> {
  const { hash } = await bestHead(node);
  const ms = await storageValue(node, 'Timestamp', 'Now', hash, (reader) => reader.u64());
  return ms === null ? null : Number(ms);
}
