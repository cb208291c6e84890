import { decodeMessage } from './codec.ts';
import type { QuorumGroup, QuorumSchedule } from './group.ts';
import { reachableWindow } from './identity.ts';
import { EVIDENCE_WINDOWS } from './late.ts';
import { longestLease } from './lease.ts';
import { HAND_OVER, QUORUM_FRAME } from './self.ts';

/**
 * Whether the payload of a frame can be of no more use to any member at a height: its window is over by a
 * rank, a certificate by the longest lease (that of a hand-over never ends), evidence by
 * {@link EVIDENCE_WINDOWS} windows. False for bytes that are not a message. Never throws.
 */
export function isExpiredMessage(
  { group, schedule }: { readonly group: QuorumGroup; readonly schedule: QuorumSchedule },
  { type, payload }: { readonly type: string; readonly payload: Uint8Array },
  height: bigint,
): boolean {
  const decoded = type === QUORUM_FRAME ? decodeMessage(payload) : null;
  if (decoded === null || !decoded.ok) return false;
  const { header, statement, attachment } = decoded.message;
  const window = reachableWindow(group, header.window);
  if (window === null) return false;
  const { rankBlocks, frequencyBlocks } = group.windows;
  switch (statement.kind) {
    case 'certificate':
      if (attachment.value?.action === HAND_OVER) return false;
      return height >= window.end + longestLease(schedule) + rankBlocks;
    case 'evidence':
      return height >= window.end + EVIDENCE_WINDOWS * frequencyBlocks;
    default:
      return height >= window.activeEnd + rankBlocks;
  }
}
