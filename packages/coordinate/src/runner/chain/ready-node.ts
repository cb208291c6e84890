import { genesisHash, hexOf, type NodeRpc } from '@watchbill/chain';
import { type Clock, messageOf, pause, within } from '@watchbill/kit';
import type { Note } from '../../rules.ts';
import { RunnerFault } from '../fault.ts';
import type { FollowSettings } from './follow-head.ts';

export interface ReadyNodeParts {
  readonly node: NodeRpc;
  /** Hash of block 0 of the group's chain. */
  readonly genesis: Uint8Array;
  /** The other nodes only confirm, so the member waits for a bad one and does not stop. */
  readonly isOwn: boolean;
  readonly settings: Pick<FollowSettings, 'timeoutMs' | 'pollMs'>;
  readonly note: (note: Note) => void;
  readonly time: Clock;
}

/**
 * Resolves once the node is on the chain of the group; the own node must also have peers and not be syncing.
 * Tries again until the signal ends. Throws `wrong-chain` for the own node.
 */
export async function readyNode(parts: ReadyNodeParts, signal: AbortSignal): Promise<void> {
  const { node, settings, note, time } = parts;
  let told = '';
  while (!signal.aborted) {
    const why = await whyNotReady(parts, signal);
    if (why === null || signal.aborted) return;
    if (told !== why.code) note({ code: why.code, text: `${node.address}: ${why.text}` });
    told = why.code;
    await pause(settings.pollMs, signal, time);
  }
}

async function whyNotReady(
  { node, genesis, isOwn, settings, time }: ReadyNodeParts,
  signal: AbortSignal,
): Promise<Note | null> {
  const { timeoutMs } = settings;
  try {
    const ask = <Value>(what: string, call: () => Promise<Value>): Promise<Value> =>
      within(what, timeoutMs, signal, call, time);
    const found = await ask('the genesis hash', () => genesisHash(node));
    if (found !== hexOf(genesis)) return wrongChain(node, found, genesis, isOwn);
    if (!isOwn) return null;
    return notInTouch(await ask('its health', () => node.call('system_health')));
  } catch (error) {
    if (error instanceof RunnerFault) throw error;
    return { code: 'chain-unreachable', text: messageOf(error) };
  }
}

/** A node without peers reports that it is not syncing, although it does not know the height of the chain. */
function notInTouch(health: unknown): Note | null {
  const { isSyncing, peers, shouldHavePeers } = (health ?? {}) as Readonly<Record<string, unknown>>;
  if (isSyncing !== false)
    return { code: 'chain-syncing', text: 'it is syncing; the member begins when it is done' };
  if (shouldHavePeers === true && peers === 0)
    return { code: 'chain-without-peers', text: 'it has no peers; the member begins when it has one' };
  return null;
}

function wrongChain(node: NodeRpc, found: string, genesis: Uint8Array, isOwn: boolean): Note {
  const text = `it follows the chain ${found}, the group is on ${hexOf(genesis)}`;
  if (!isOwn) return { code: 'chain-differs', text };
  throw new RunnerFault(
    'wrong-chain',
    `${node.address}: ${text}`,
    'name a node of the chain of the group, or use the group file of this chain',
  );
}
