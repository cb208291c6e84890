import { counted } from '@watchbill/kit';
import { noteOutcome, noteTransaction, type Outcome, type StoredRound } from '../../rounds/stored.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import { journalTransactions } from '../../transactions/index.ts';
import type { Job, JobContext } from '../job.ts';
import { readNote, writeNote } from '../notes.ts';
import { countsFor, type IncludedNomination, keepIncluded } from './included-transactions.ts';
import { isOfRound, MOST_MANUAL_TRIES, manualRound } from './manual-rounds.ts';

const MINUTE_MS = 60_000;
/** Older rounds have complete outcomes. */
const RECENT_ROUNDS = 12;

/**
 * Outcomes of recent rounds: transactions, elected targets, points; and the candidates that were actually
 * nominated.
 */
export const outcomesJob: Job = {
  name: 'outcomes',
  everyMs: 10 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['snapshot', 'round', 'transactions'],
  run: async (context) => {
    const { store, progress, signal } = context;
    const { rows } = await store.rounds.list({ limit: RECENT_ROUNDS, after: null });
    const landed = await keepIncluded(store);
    const sets = await electedSets(store);
    for (const [at, row] of rows.entries()) {
      signal.throwIfAborted();
      await progress(at / rows.length, `round of era ${row.era}`);
      const round = await store.rounds.get(row.id);
      if (round === null) continue;
      const { aftermath } = await outcomeOf(context, round, row.id, landed, sets);
      if (JSON.stringify(aftermath) !== JSON.stringify(round.aftermath))
        await store.rounds.setAftermath(row.id, aftermath);
    }
    const nominated = await keepNominated(store, landed);
    return `looked at ${counted(rows.length, 'round')}; ${counted(nominated, 'candidate was', 'candidates were')} nominated so far`;
  },
};

/**
 * The elected validators of each era: from its exposures, or from the validators of its sessions if the
 * exposures were not read.
 */
async function electedSets(store: ProgrammeStore): Promise<ReadonlyMap<number, readonly string[]>> {
  const sessions = (await readNote(store, 'active')) ?? [];
  return new Map([...sessions, ...((await readNote(store, 'elected')) ?? [])]);
}

async function outcomeOf(
  { store }: Pick<JobContext, 'store'>,
  stored: StoredRound,
  id: string,
  landed: readonly IncludedNomination[],
  sets: ReadonlyMap<number, readonly string[]>,
): Promise<StoredRound> {
  let round = stored;
  for (let count = 0; count <= MOST_MANUAL_TRIES; count += 1) {
    const transactions = await journalTransactions(store.intents, manualRound(id, count));
    if (count > 0 && transactions.length === 0) break;
    for (const transaction of transactions) round = noteTransaction(round, transaction);
  }
  const own = landed.filter((one) => isOfRound(one.round, id));
  // No nomination was included, or so long ago that its outcome is complete.
  if (own.length === 0) return round;
  const { outcomes } = round.aftermath;
  const counted = outcomes.filter(({ era }) => own.some((one) => countsFor(one, era)));
  round = { ...round, aftermath: { ...round.aftermath, outcomes: counted } };
  for (const outcome of await outcomesOf(store, own, sets)) round = noteOutcome(round, outcome);
  return round;
}

/**
 * For every era for which a nomination of the round counts: a target is nominated until the next nomination
 * of its nominator counts.
 */
async function outcomesOf(
  store: ProgrammeStore,
  own: readonly IncludedNomination[],
  sets: ReadonlyMap<number, readonly string[]>,
): Promise<readonly Outcome[]> {
  const all = own.flatMap(({ targets }) => targets);
  const points = await store.points.ofAll(all, Math.min(...own.map(({ forEra }) => forEra)));
  return [...sets].flatMap(([era, keys]): Outcome[] => {
    const standing = own.filter((one) => countsFor(one, era));
    if (standing.length === 0) return [];
    const targets = new Set(standing.flatMap((one) => one.targets));
    const inSet = new Set(keys);
    const earned = points.filter((row) => row.era === era && targets.has(row.stashKey));
    return [
      {
        era,
        elected: [...targets].filter((key) => inSet.has(key)),
        points: Object.fromEntries(earned.map((row) => [row.stashKey, row.points])),
      },
    ];
  });
}

/** The eras in which each candidate was nominated. Only finalised nominations count. */
async function keepNominated(store: ProgrammeStore, landed: readonly IncludedNomination[]): Promise<number> {
  const eras = new Map((await readNote(store, 'nominated'))?.map(([key, list]) => [key, new Set(list)]));
  for (const { era, targets } of landed)
    for (const key of targets) eras.set(key, (eras.get(key) ?? new Set()).add(era));
  const list = [...eras].map(([key, set]): [string, number[]] => [key, [...set].sort((a, b) => a - b)]);
  list.sort(([a], [b]) => (a < b ? -1 : 1));
  await writeNote(store, 'nominated', list);
  return list.length;
}
