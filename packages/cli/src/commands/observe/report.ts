import { type ChainView, mayBeTold } from '@watchbill/chain';
import type { AuthoredBlock } from '@watchbill/chain/observe';
import type { ObservationReport, SignaturesReport } from '@watchbill/permit';

/** The report of a view to the service. Set id and round go together: one alone is no bound. */
export function reportOf({
  chain,
  finalizedBlock,
  session,
  beefySetId,
  voter,
}: ChainView): ObservationReport {
  const told = voter !== null && mayBeTold(voter) ? voter : null;
  return {
    chain,
    finalizedBlock: finalizedBlock.toString(),
    ...(session === null ? {} : { session: session.toString() }),
    ...(beefySetId === null ? {} : { beefySetId: beefySetId.toString() }),
    ...(told === null ? {} : { setId: told.setId.toString(), round: told.round.toString() }),
  };
}

/** The report of blocks to the service, which compares their signatures with its grants. */
export function signaturesOf(chain: string, blocks: readonly AuthoredBlock[]): SignaturesReport {
  const signatures = blocks.map(({ key, duty, slot, digest, number, hash }) => ({
    ...{ key, duty, unit: slot.toString(), digest },
    block: { number: number.toString(), hash },
  }));
  return { chain, signatures };
}

/** How the voter of the node stands, if the report does not show it. */
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
