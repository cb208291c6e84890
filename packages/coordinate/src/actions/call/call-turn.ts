import type { ExecutionContext } from '../port.ts';
import type { CallContent } from './call-content.ts';
import { vetoWatch } from './call-veto.ts';

/** Reports are repeated every 3 blocks. */
const REPEATED_BLOCKS = 4n;
/** A transaction pool may drop a waiting extrinsic. */
const SUBMIT_AGAIN_BLOCKS = 10n;

/**
 * When a member may submit: after the hold, at its place in the order, every few blocks, unless a member
 * vetoes.
 */
export interface SubmissionTurn {
  /** At every height, before everything else. */
  readonly at: (height: bigint) => Promise<void>;
  /** Whether it may submit at this height. If so, its next turn is some blocks later. */
  readonly take: (height: bigint) => Promise<boolean>;
  /** The members that vetoed, with their reasons; null if none did. */
  readonly veto: () => string | null;
}

export function submissionTurn(
  context: ExecutionContext,
  { holdBlocks = 0 }: CallContent,
  approvals: string | null,
): SubmissionTurn {
  const place = BigInt(context.plan.submitters.indexOf(context.seat));
  let next = context.startBlock + BigInt(holdBlocks) + place * context.plan.version.stageBlocks;
  const veto = vetoWatch(context, approvals);
  let isFirst = true;
  return {
    at: async (height) => {
      // The others repeat a veto every few blocks: a member that comes back listens before it submits.
      if (isFirst && holdBlocks > 0 && next < height + REPEATED_BLOCKS) next = height + REPEATED_BLOCKS;
      isFirst = false;
      await veto.look();
    },
    take: async (height) => {
      if (height < next) return false;
      next = height + SUBMIT_AGAIN_BLOCKS;
      await veto.look();
      return veto.text() === null;
    },
    veto: veto.text,
  };
}
