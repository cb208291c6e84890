import { auraAuthorities, babeEpoch, bestHead, dueSlots, type NodeRpc } from '@watchbill/chain';
import type { JournalWriter } from './journal.ts';
import type { DueClaim, DueSeen } from './records.ts';

/** Learns which slots are due. */
export interface DueSource {
  /**
   * Ask when new slots may be known. Failures wait for the next poll; slots that it never learns are reported
   * as unknown.
   */
  look(): Promise<void>;
}

/**
 * BABE: asks nodes that hold keys, once an epoch each. They must not sign: the question takes their key files
 * hundreds of times.
 */
export function babeDue(writer: JournalWriter, nodes: readonly NodeRpc[]): DueSource {
  const asked = new Map(nodes.map((node) => [node, -1n]));
  async function lookAt(node: NodeRpc): Promise<void> {
    const { hash, number } = await bestHead(node);
    // The first epoch begins with the first block.
    if (number === 0) return;
    const epoch = await babeEpoch(node, hash);
    if (asked.get(node) === epoch.index) return;
    const answer = await dueSlots(node);
    const [startSlot, slotCount] = [Number(epoch.startSlot), Number(epoch.durationSlots)];
    const inside = (slot: bigint): boolean =>
      slot >= epoch.startSlot && slot < epoch.startSlot + epoch.durationSlots;
    const claims: Record<string, DueSeen['claims'][string]> = {};
    for (const { key } of epoch.authorities) {
      const due = answer.get(key);
      const all = [...(due?.primary ?? []), ...(due?.secondary ?? []), ...(due?.secondaryVrf ?? [])];
      // The epoch changed between the two questions: ask again at the next poll.
      if (!all.every(inside)) return;
      if (due === undefined && !(await node.call<boolean>('author_hasKey', [key, 'babe']))) continue;
      const primary = new Set(due?.primary);
      const claimOf = (slot: bigint): DueClaim => (primary.has(slot) ? 'primary' : 'secondary');
      claims[key] = all.map((slot) => ({ slot: Number(slot), claim: claimOf(slot) }));
    }
    writer.due({ startSlot, slotCount, claims });
    asked.set(node, epoch.index);
  }
  return {
    look: async () => {
      await Promise.allSettled(nodes.map(lookAt));
    },
  };
}

/** After a longer silence the slots in between stay unknown. */
const MOST_SLOTS_AT_ONCE = 10_000;

/** Aura: slot by slot, whose turn it is among the authorities of the best block. */
export function auraDue(writer: JournalWriter, nodes: readonly NodeRpc[]): DueSource {
  let next: number | null = null;
  return {
    look: async () => {
      for (const node of nodes) {
        try {
          const { hash, digest } = await bestHead(node);
          // Before the first block there is no slot to count from.
          if (digest.slot === null) return;
          const authorities = await auraAuthorities(node, hash);
          const slot = Number(digest.slot.slot);
          const from = Math.max(next ?? slot, slot - MOST_SLOTS_AT_ONCE);
          for (let each = from; each <= slot; each++) turn(writer, authorities, each);
          next = Math.max(next ?? 0, slot + 1);
          return;
        } catch {
          // The next node may answer; if none does, the slots stay unknown.
        }
      }
    },
  };
}

function turn(writer: JournalWriter, authorities: readonly string[], slot: number): void {
  const due = authorities[slot % authorities.length];
  const claims: Record<string, DueSeen['claims'][string]> = {};
  for (const key of authorities) claims[key] = key === due ? [{ slot, claim: 'turn' }] : [];
  writer.due({ startSlot: slot, slotCount: 1, claims });
}
