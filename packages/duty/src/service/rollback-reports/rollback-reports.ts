import type { Unit } from '../../rule/index.ts';
import type { RollbackReportView } from '../contract.ts';
import { type CoreContext, listTexts } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import type { LedgerEpochs } from '../ground/memory.ts';
import type { PolicyBook } from '../ground/policies.ts';
import { LedgerFault } from '../ledger/port.ts';
import { type Entry, heldText, openText, viewsOf } from './book.ts';
import { act, type Following, follow, followingOf, isCalm, settles } from './follow.ts';
import { type FreeingPlan, planFreeing } from './freeing.ts';
import type { SaidWord } from './report.ts';
import { isDurable, onCommitted, onSaid } from './rules.ts';
import { judgeWords, type ReadMark, releaseRecord } from './store-records.ts';

/** Compares and writes for an adoption's transaction, or why the key may not be adopted. */
export type Freeing =
  | (Extract<FreeingPlan, { readonly ok: true }> & {
      /** To be called after the commit: the own disk then knows the releases that follow from it. */
      applied(): Promise<void>;
    })
  | Extract<FreeingPlan, { readonly ok: false }>;

/** Words that the store does not explain: protocol section 6. While one is held, no unit is granted. */
export type RollbackReports = Awaited<ReturnType<typeof createRollbackReports>>;

/**
 * Reads every report before it settles: words on the own disk, and the records of all services. Rejects with
 * a StoreFault if the store cannot be read.
 */
export async function createRollbackReports(
  context: CoreContext,
  identity: LedgerEpochs,
  policies: Pick<PolicyBook, 'all'>,
  readMark: ReadMark,
) {
  const { clock, log } = context.parts;
  const following = followingOf(context, (asked) => judgeWords(context, identity, readMark, asked));
  const { book } = following;
  const stop = await follow(following);
  return {
    /**
     * Holds every key at once. Settles when the word is durable on this service's disk, or an operator has
     * released it before. Rejects with a LedgerFault if the disk refuses; then the word holds from memory,
     * and the disk is tried again.
     */
    report: (word: SaidWord): Promise<void> => hold(following, word),
    /** Why no unit of this key is granted, with the remedies; null if no report holds it. */
    held: (chain: string, key: string): string | null => heldText(book, chain, key),
    /** As `held`, for any key that has a policy. */
    open: (): string | null => openText(book, policies.all()),
    list: (): readonly RollbackReportView[] => viewsOf(book),
    /**
     * Compares and writes by which an adoption frees its key in every held report. Refused if a floor is
     * below the `top` of a held word of this key, or if a report is not in the store yet. Throws a
     * StoreFault.
     */
    async freeing(
      chain: string,
      key: string,
      floors: ReadonlyMap<string, Unit | null>,
      by: string,
    ): Promise<Freeing> {
      const texts = await listTexts(context, keys.doubts);
      const adoption = { chain, key, floors, by, atMs: clock.nowMs() };
      const plan = planFreeing(book.entries.values(), texts, adoption);
      if (!plan.ok) return plan;
      const applied = async () => {
        const event = { event: 'rollback-reports-left', chain, key, left: plan.left };
        if (plan.left > 0)
          log.warn(event, 'more reports hold this key than one adoption frees; adopt it again');
        await committed(following, plan.texts);
      };
      return { ...plan, applied };
    },
    /**
     * Throws a PermitFault: `report-unknown` (404), `report-released`, `report-unreadable` or `changed`
     * (409), or 503.
     */
    async release(id: string, by: string, reason: string): Promise<void> {
      const released = await releaseRecord(context, book, id, { by, reason, atMs: clock.nowMs() });
      await committed(following, released);
    },
    stop,
  };
}

async function hold(following: Following, word: SaidWord): Promise<void> {
  let entry: Entry | null = null;
  act(following, () => {
    entry = onSaid(following.book, word);
  });
  if (await settles(following, () => entry !== null && isKept(entry))) return;
  throw new LedgerFault('the disk did not keep a rollback report in time', 'Look at the disk.');
}

/** Waits until the store and the disk hold what follows from a transaction, for the time of the store. */
async function committed(following: Following, texts: ReadonlyMap<string, string>): Promise<void> {
  const { book } = following;
  act(following, () => onCommitted(book, texts));
  await settles(following, () => [...texts.keys()].every((recordKey) => isCalm(book, recordKey)));
}

function isKept(entry: Entry): boolean {
  if (!isDurable(entry) && entry.fault !== null) throw entry.fault;
  return isDurable(entry);
}
