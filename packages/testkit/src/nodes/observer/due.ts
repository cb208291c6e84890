import type { Journal } from './journal.ts';
import type { DueClaim, HeaderSeen } from './records.ts';
import type { Stretch } from './report.ts';

/**
 * Due slots. A slot is due for an identity when its key has a claim on it: under BABE it won the slot
 * (`primary`), or did not and is the one secondary author of the slot (`secondary`); under Aura it is its
 * turn (`turn`). A stock node authors in every such slot. It does so in a secondary slot that others won as
 * well, where its block is sealed, sent and then loses: several authors may be due in one slot, and each of
 * them makes a header. A due slot without a header of the identity is `missed`. A validator that the chain
 * has disabled for an offence still has its claims, and misses them all.
 */
export interface DueReport {
  /** Due slots of the stretch that had ended long enough ago for their headers to arrive. */
  readonly slots: number;
  readonly byClaim: Readonly<Record<DueClaim, number>>;
  readonly missed: readonly MissedSlot[];
  /**
   * Slots of the stretch without an answer of a node that holds the key: whether they were due is unknown.
   */
  readonly unknownSlots: number;
}

export interface MissedSlot {
  readonly slot: number;
  readonly claim: DueClaim;
  /** Headers of others in that slot: if there are any, the chain lost nothing. */
  readonly othersAuthored: number;
}

/** A header has this long after the end of its slot to arrive. */
const ARRIVAL_MS = 2_000;

/** `headers` and `keys` are those of one identity. */
export function countDue(
  journal: Journal,
  headers: readonly HeaderSeen[],
  keys: ReadonlySet<string>,
  stretch: Stretch,
  slotMs: number,
): DueReport {
  const first = Math.ceil(stretch.fromMs / slotMs);
  const last = Math.floor((stretch.untilMs - ARRIVAL_MS) / slotMs) - 1;
  const inside = (slot: number): boolean => slot >= first && slot <= last;
  const known = [...journal.due.values()].filter(({ claims }) =>
    Object.keys(claims).some((key) => keys.has(key)),
  );
  const due = known
    .flatMap(({ claims }) => [...keys].flatMap((key) => claims[key] ?? []))
    .filter(({ slot }) => inside(slot));
  const authored = new Set(headers.map(({ slot }) => slot));
  const covered = new Set(
    known.flatMap(({ startSlot, slotCount }) => stretchOf(startSlot, slotCount).filter(inside)),
  );
  const of = (claim: DueClaim): number => due.filter((each) => each.claim === claim).length;
  return {
    slots: due.length,
    byClaim: { primary: of('primary'), secondary: of('secondary'), turn: of('turn') },
    missed: due
      .filter(({ slot }) => !authored.has(slot))
      .map(({ slot, claim }) => ({ slot, claim, othersAuthored: headersIn(journal, slot) }))
      .toSorted((a, b) => a.slot - b.slot),
    unknownSlots: Math.max(0, last - first + 1) - covered.size,
  };
}

function stretchOf(startSlot: number, slotCount: number): readonly number[] {
  return Array.from({ length: slotCount }, (_, index) => startSlot + index);
}

function headersIn(journal: Journal, slot: number): number {
  return [...journal.headers.values()].filter((header) => header.slot === slot).length;
}
