import { join } from 'node:path';
import { z } from 'zod';
import { keepRecord, knownRecord } from '../kept-record.ts';
import { memberName } from '../member-name.ts';
import type { ExecutionContext } from '../port.ts';
import { oneLine } from '../text.ts';
import { bareReceipt } from './call-receipts.ts';

/** The status of the report by which a member vetoes. */
const VETO = 'veto';
/** Another member heard of a veto; it counts as one. */
const RELAYED = 'veto-relayed';
const MOST_REASON = 150;

const vetoFile = z.strictObject({ reason: z.string() });

function fileOf(approvals: string, window: bigint): string {
  return join(approvals, 'vetoes', `${window}.json`);
}

/**
 * Leaves a veto for the running member, which reports it at the next block. Throws if the file cannot be
 * written.
 */
export async function writeVeto(approvals: string, window: bigint, reason: string): Promise<void> {
  await keepRecord(fileOf(approvals, window), { reason: oneLine(reason, MOST_REASON) });
}

/** The vetoes of one execution. */
export interface VetoWatch {
  /**
   * Reports a veto of this operator, and takes note of the vetoes of others. Throws if the operator's file
   * cannot be read.
   */
  readonly look: () => Promise<void>;
  /** The members that vetoed, with their reasons; null if none did. A veto that was seen stays. */
  readonly text: () => string | null;
}

export function vetoWatch(context: ExecutionContext, approvals: string | null): VetoWatch {
  let seen: string | null = null;
  let isReported = false;
  const look = async (): Promise<void> => {
    if (approvals !== null && !isReported) {
      const own = await knownRecord(vetoFile, fileOf(approvals, context.certificate.window));
      if (own !== null) await context.report(VETO, own.reason);
      isReported = own !== null;
    }
    if (seen !== null) return;
    seen = vetoText(context);
    if (seen === null) return;
    // Members repeat their own reports, so a member that restarts hears of the veto even if the first one is
    // offline.
    if (!isReported) await context.report(RELAYED, seen);
    await context.note(bareReceipt('step', `${seen}; this member does not submit any more`));
  };
  return { look, text: () => seen };
}

function vetoText(context: ExecutionContext): string | null {
  const reports = context.progress();
  const texts = reports.flatMap(({ seat, status, detail }) =>
    status === VETO ? [`vetoed by ${memberName(context.plan, seat)}: ${oneLine(detail)}`] : [],
  );
  if (texts.length > 0) return texts.join('; ');
  const relayed = reports.find(({ status }) => status === RELAYED);
  return relayed === undefined
    ? null
    : `${oneLine(relayed.detail)} (relayed by ${memberName(context.plan, relayed.seat)})`;
}
