import { type ChainView, hexOf, mayBeTold } from '@watchbill/chain';
import {
  type AuthoredBlock,
  type DuePass,
  type JustifiedVote,
  type OffencesAt,
  type VoteTarget,
  voteDigest,
} from '@watchbill/chain/observe';
import type {
  DueReport,
  ObservationReport,
  OffencesReport,
  SignaturesReport,
  VotesReport,
} from '../../service/index.ts';

/** The report of a view to the service. Set id and round go together: one alone is not a bound. */
export function reportOf({
  chain,
  finalizedBlock,
  session,
  beefySetId,
  voter,
  arrivedSlot,
}: ChainView): ObservationReport {
  const told = voter !== null && mayBeTold(voter) ? voter : null;
  return {
    chain,
    finalizedBlock: finalizedBlock.toString(),
    ...(session === null ? {} : { session: session.toString() }),
    ...(beefySetId === null ? {} : { beefySetId: beefySetId.toString() }),
    ...(told === null ? {} : { setId: told.setId.toString(), round: told.round.toString() }),
    ...(arrivedSlot === null ? {} : { bestSlot: arrivedSlot.toString() }),
  };
}

/** Signatures of one report: with the longest numbers it fits the body that a service takes, 16 kB. */
const MAX_SIGNATURES = 40;

/** The reports of blocks to the service, which compares their signatures with its grants. */
export function signaturesOf(chain: string, blocks: readonly AuthoredBlock[]): readonly SignaturesReport[] {
  const signatures = blocks.flatMap((block) => {
    const { key, digest } = block;
    const about = { key, digest, block: blockOf(block) };
    return unitsOf(block).map((named) => ({ ...about, ...named }));
  });
  return inParts(signatures, MAX_SIGNATURES).map((part) => ({ chain, signatures: part }));
}

/** Lists of at most so many items, in their order. */
function inParts<Item>(items: readonly Item[], most: number): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / most);
  return Array.from({ length: count }, (_, at) => items.slice(at * most, (at + 1) * most));
}

/**
 * A block as a unit of each duty that may count it: the policy of the key has one of them, and the service
 * ignores the others. Without its relay parent it is no unit of `aura-parachain`, and its key is not quiet.
 */
function unitsOf({ duty, slot, number, relayParent }: AuthoredBlock) {
  if (duty === 'babe') return [{ duty, unit: `${slot}` }];
  const place = `${slot}/${number}`;
  return [
    { duty: 'aura', unit: `${slot}` },
    { duty: 'aura-blocks', unit: place },
    { duty: 'aura-parachain', unit: relayParent === null ? place : `${place}/${relayParent}` },
  ];
}

/** The report of votes to the service, which verifies their signatures and compares them with its grants. */
export function votesOf(chain: string, votes: readonly JustifiedVote[]): VotesReport {
  return {
    chain,
    votes: votes.map(({ key, set, round, part, target, signature, finalised }) => ({
      ...{ key, unit: `${set}/${round}`, part, digest: voteDigest(target) },
      ...{ signature: hexOf(signature), block: blockOf(finalised) },
    })),
  };
}

/** Offences of one report: the service takes no more. */
export const MAX_OFFENCES = 16;

/** The reports of the equivocations that one block records. */
export function offencesOf(chain: string, { block, equivocations }: OffencesAt): readonly OffencesReport[] {
  const offences = equivocations.map(({ signatures, ...offence }) => ({
    ...offence,
    ...(signatures === null ? {} : { signatures }),
    block: blockOf(block),
  }));
  return inParts(offences, MAX_OFFENCES).map((part) => ({ chain, offences: part }));
}

/** Passes of one report: with the most due slots each, and the longest numbers, it fits the body. */
const MAX_PASSES = 6;
/** Its slots are passed as those of `aura`. */
const ON_RELAY = 'aura-parachain';

/** The reports of the slots that were due between blocks, and of those that come. */
export function dueReportsOf(chain: string, passes: readonly DuePass[]): readonly DueReport[] {
  return (['babe', 'aura', ON_RELAY] as const).flatMap((duty) => {
    const own = passes.filter((pass) => (duty === ON_RELAY ? pass.onRelay : pass.duty === duty));
    return inParts(own, MAX_PASSES).map((part): DueReport => {
      // The unit of a parachain block that was not built has no number and no relay parent.
      const dueOf = (slots: DuePass['due']) =>
        duty === ON_RELAY ? [] : slots.map(({ key, slot }) => ({ key, unit: `${slot}` }));
      const reported = part.map(({ after, slot, author, due }) => ({
        ...{ after: `${after}`, slot: `${slot}`, author },
        due: dueOf(due),
      }));
      const next = duty === ON_RELAY ? null : (part.at(-1)?.next ?? null);
      const sent = next === null ? {} : { next: { until: `${next.until}`, due: dueOf(next.due) } };
      return { chain, duty, passes: reported, ...sent };
    });
  });
}

function blockOf({ number, hash }: Pick<VoteTarget, 'number' | 'hash'>) {
  return { number: number.toString(), hash };
}

/** The state of the voter of the node, if the report does not show it. */
export type VoterState = 'told' | 'withheld' | 'absent';

export function voterState({ voter }: ChainView): VoterState {
  if (voter === null) return 'absent';
  return mayBeTold(voter) ? 'told' : 'withheld';
}

/** One line for people. */
export function reportText({
  chain,
  finalizedBlock,
  session,
  beefySetId,
  setId,
  round,
}: ObservationReport): string {
  const parts = [
    `chain ${chain}`,
    `finalised ${finalizedBlock}`,
    ...(setId == null ? [] : [`set ${setId} round ${round}`]),
    ...(session == null ? [] : [`session ${session}`]),
    ...(beefySetId == null ? [] : [`beefy set ${beefySetId}`]),
  ];
  return `observed ${parts.join('  ')}\n`;
}
