import { type Head, headerAt, type NodeRpc } from '@watchbill/chain';
import { blockHashAt } from '@watchbill/chain/extrinsics';
import { type Roster, rosterAfter } from './roster.ts';
import { accountOf, type Claim, type OwnedSlot } from './slots.ts';

/** The counts of one account since the exporter started. */
export interface SlotCounts {
  readonly authored: Readonly<Record<Claim, number>>;
  readonly missed: Readonly<Record<Claim, number>>;
}

/** The final blocks of one chain, one after another. */
export interface BlockFollower {
  /**
   * Continues to a final head, by as many blocks as the deadline allows. Throws a NodeFault; the counts so
   * far stay.
   */
  readonly follow: (node: NodeRpc, head: Head, deadline: AbortSignal) => Promise<void>;
  /** Null until a roster is known whose accounts the chain names. */
  readonly counts: (account: string) => SlotCounts | null;
  /** Data for the draw of secondary authors; null before the first block. */
  readonly consensus: () => 'babe' | 'aura' | null;
  readonly height: () => number | null;
  readonly passedBlocks: () => number;
  readonly unknownSlots: () => number;
}

interface Standing {
  readonly height: number;
  readonly slot: bigint | null;
  readonly roster: Roster | null;
}

const NONE = { turn: 0, primary: 0, secondary: 0 } as const;

/** Counts from the first head that it gets. `mostBlocks`: if it is further behind, it skips blocks. */
export function blockFollower(mostBlocks: number): BlockFollower {
  const counts = new Map<string, SlotCounts>();
  let standing: Standing | null = null;
  let passed = 0;
  let unknownSlots = 0;

  function add(kind: keyof SlotCounts, owner: OwnedSlot | null): void {
    if (owner === null || owner.account === null) {
      unknownSlots += 1;
      return;
    }
    const before = counts.get(owner.account) ?? { authored: NONE, missed: NONE };
    const changed = { ...before[kind], [owner.claim]: before[kind][owner.claim] + 1 };
    counts.set(owner.account, { ...before, [kind]: changed });
  }

  async function step(node: NodeRpc, before: Standing): Promise<Standing | null> {
    const hash = await blockHashAt(node, BigInt(before.height + 1));
    if (hash === null) return null;
    const head = await headerAt(node, hash);
    const roster = isUnchanged(head, before) ? before.roster : await rosterAfter(node, head);
    const { slot } = head.digest;
    if (slot !== null && roster !== null) {
      const account = accountOf(slot, before.slot, before.roster, roster);
      add('authored', account.authored);
      for (const missed of account.missed) add('missed', missed);
      unknownSlots += account.unknownSlots;
    }
    return { height: head.number, slot: slot?.slot ?? before.slot, roster };
  }

  return {
    follow: async (node, head, deadline) => {
      const far = standing !== null && head.number - standing.height > mostBlocks;
      if (far && standing !== null) passed += head.number - standing.height;
      if (standing === null || far) {
        standing = await standingAt(node, head);
        return;
      }
      while (standing.height < head.number && !deadline.aborted) {
        const next = await step(node, standing);
        if (next === null) return;
        standing = next;
      }
    },
    counts: (account) => {
      const found = counts.get(account);
      if (found !== undefined) return found;
      return standing?.roster?.accounts == null ? null : { authored: NONE, missed: NONE };
    },
    consensus: () => standing?.roster?.consensus ?? null,
    height: () => standing?.height ?? null,
    passedBlocks: () => passed,
    unknownSlots: () => unknownSlots,
  };
}

async function standingAt(node: NodeRpc, head: Head): Promise<Standing> {
  const slot = head.digest.slot?.slot ?? null;
  return { height: head.number, slot, roster: await rosterAfter(node, head) };
}

/**
 * The engine writes a change of its authorities into a header (`ConsensusLog`), so a roster is valid until
 * then.
 */
function isUnchanged({ digest }: Head, { roster }: Standing): boolean {
  if (roster === null || digest.slot === null) return false;
  const engine = digest.slot.consensus === 'babe' ? 'BABE' : 'aura';
  return (
    digest.slot.consensus === roster.consensus && digest.consensus.every((item) => item.engine !== engine)
  );
}
