/**
 * The slot mark: the highest slot for which a key that authors may have signed. It is durable before the key
 * is placed for that slot, so after any stop the key may return for slots above it.
 */
export const DEFAULT_SLOT_RULE = {
  /** Slots that the mark is moved ahead of the clock. Also the longest wait after an unclean stop. */
  aheadSlots: 20n,
  /** The mark moves on when it is this many slots away, so that a slow disk does not take the key away. */
  renewSlots: 10n,
};
type SlotRule = Readonly<typeof DEFAULT_SLOT_RULE>;

export type SlotStep =
  /** The key stays away until the clock's slot is above `until`. */
  | { readonly step: 'wait'; readonly until: bigint }
  /** Write `mark` durably; only then may the key be placed. */
  | { readonly step: 'write-mark'; readonly mark: bigint }
  /** The key may be placed now, or stay placed. */
  | { readonly step: 'open' }
  /** The clock reached the mark, and no later mark is durable: take the key away before the next slot. */
  | { readonly step: 'withdraw'; readonly mark: bigint };

export interface SlotFacts {
  readonly now: bigint;
  /** The mark that is durable, or null if this guard never placed the key. */
  readonly mark: bigint | null;
  /** The mark was written by this run of the guard, for this placement of the key. */
  readonly own: boolean;
  /** The slot of the clock when this wait began: the first wait without a mark passes it. */
  readonly began: bigint;
}

/** The slot of a time in milliseconds since 1970; `slotMs`: milliseconds of a slot. */
export const slotAt = (slotMs: bigint, ms: number): bigint => BigInt(Math.floor(ms)) / slotMs;

/** Decides the next step for a key that authors. Slots are those of the chain, for example 1795160391. */
export function slotStep({ now, mark, own, began }: SlotFacts, rule: SlotRule): SlotStep {
  if (!own || mark === null) {
    const until = mark === null || mark < began ? began : mark;
    return now > until ? { step: 'write-mark', mark: now + rule.aheadSlots } : { step: 'wait', until };
  }
  if (now >= mark) return { step: 'withdraw', mark };
  // The clock stepped back, below the slot at which the mark was written. A smaller step does no harm: the
  // running process signs no slot twice, and the next one begins above the mark.
  if (now + rule.aheadSlots < mark) return { step: 'withdraw', mark };
  if (now + rule.renewSlots >= mark) return { step: 'write-mark', mark: now + rule.aheadSlots };
  return { step: 'open' };
}
