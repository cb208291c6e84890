import { bestHead, finalizedHead, genesisHash, type Head } from '../header/header.ts';
import { grandpaSetId } from '../reads/authorities.ts';
import { beefySetId, sessionIndex } from '../reads/counters.ts';
import { roundState } from '../reads/round-state.ts';
import { unlessRefused } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { judgeVoter, type SeenVoter, type VoterReading } from './voter.ts';

/** A node's view of its chain at one moment. */
export interface ChainView {
  /** Genesis hash. */
  readonly chain: string;
  readonly finalizedBlock: bigint;
  /** At the finalised block; null if the runtime counts none. */
  readonly session: bigint | null;
  /** At the finalised block; null if the runtime has no BEEFY. */
  readonly beefySetId: bigint | null;
  /** Null if the node runs no GRANDPA voter. */
  readonly voter: SeenVoter | null;
  /** Hash of the best block. */
  readonly best: string | null;
  /** The slot of the best block, if the node imported it since the last view, in sync. */
  readonly arrivedSlot: bigint | null;
  /** True until the node was once seen in sync: what it shows may be long past. */
  readonly syncing: boolean;
}

/**
 * Reads the values that limit how far ahead the duties of a chain may go. `before` is the last view of the
 * same node. Rejects with a {@link NodeFault}.
 */
export async function viewChain(node: NodeRpc, before: ChainView | null): Promise<ChainView> {
  const chain = await genesisHash(node);
  const head = await finalizedHead(node);
  const [session, beefy] = await Promise.all([sessionIndex(node, head.hash), beefySetId(node, head.hash)]);
  // After the head on purpose: the head's proof about the voter holds for later readings only.
  const reading = await readVoter(node);
  const known = before?.chain === chain ? before : null;
  const voter = reading === null ? null : await judge(node, head, known?.voter ?? null, reading);
  const syncing = known?.syncing !== false && (await isSyncing(node));
  const { hash: best, digest } = await bestHead(node);
  const isNew = known !== null && known.best !== null && known.best !== best;
  // A node that catches up imports blocks long after their slots.
  const arrivedSlot = isNew && !(await isSyncing(node)) ? (digest.slot?.slot ?? null) : null;
  const counts = { finalizedBlock: BigInt(head.number), session, beefySetId: beefy };
  return { chain, ...counts, voter, best, arrivedSlot, syncing };
}

/**
 * Also true if the node does not say so, and if it has no peers yet: just after its start it does not know
 * that it is behind.
 */
async function isSyncing(node: NodeRpc): Promise<boolean> {
  const health = await unlessRefused(node.call<Readonly<Record<string, unknown>> | null>('system_health'));
  return health?.isSyncing !== false || (health.peers === 0 && health.shouldHavePeers === true);
}

/** The set of the head is read only if it is needed: at the beginning, and while a set is new. */
async function judge(
  node: NodeRpc,
  head: Head,
  before: SeenVoter | null,
  reading: VoterReading,
): Promise<SeenVoter> {
  const judged = judgeVoter(before, reading, null);
  return judged.sure ? judged : judgeVoter(before, reading, await finalizingSet(node, head));
}

/**
 * The set that finalised the head; null if it is unknown, or if other nodes may have sent the head to this
 * one.
 */
async function finalizingSet(node: NodeRpc, head: Head): Promise<bigint | null> {
  if (head.number === 0 || (await isSyncing(node))) return null;
  return unlessRefused(grandpaSetId(node, head.parentHash));
}

async function readVoter(node: NodeRpc): Promise<VoterReading | null> {
  const state = await unlessRefused(roundState(node));
  return state === null ? null : { setId: state.setId, round: state.best.round };
}
