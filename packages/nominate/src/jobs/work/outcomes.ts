import { noteOutcome, noteTransaction, type StoredRound } from '../../rounds/stored.ts';
import { journalTransactions } from '../../transactions/index.ts';
import type { Job, JobContext } from '../job.ts';
import { readNote, writeNote } from '../notes.ts';
import { MOST_BY_HAND, roundByHand } from './by-hand.ts';

const MINUTE_MS = 60_000;
/** Older rounds have had all that comes of them. */
const RECENT_ROUNDS = 12;
/** More eras than lie between two nominations. */
const MOST_ERAS = 512;

/** What came of the last rounds: transactions, who was elected, points; and who was really nominated. */
export const outcomesJob: Job = {
  name: 'outcomes',
  everyMs: 10 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['snapshot', 'round', 'transactions'],
  run: async (context) => {
    const { store, progress, signal } = context;
    const { rows } = await store.rounds.list({ limit: RECENT_ROUNDS, after: null });
    const sets = new Map(await readNote(store, 'active'));
    for (const [at, row] of rows.entries()) {
      signal.throwIfAborted();
      await progress(at / rows.length, `round of era ${row.era}`);
      const round = await store.rounds.get(row.id);
      if (round === null) continue;
      const { aftermath } = await outcomeOf(context, round, row, sets);
      if (JSON.stringify(aftermath) !== JSON.stringify(round.aftermath))
        await store.rounds.setAftermath(row.id, aftermath);
    }
    const nominated = await keepNominated(context);
    return `looked at ${rows.length} rounds; ${nominated} candidates were nominated so far`;
  },
};

async function outcomeOf(
  { store, settings }: JobContext,
  stored: StoredRound,
  { id, era }: { readonly id: string; readonly era: number },
  sets: ReadonlyMap<number, readonly string[]>,
): Promise<StoredRound> {
  let round = stored;
  for (let count = 0; count <= MOST_BY_HAND; count += 1) {
    const transactions = await journalTransactions(store.intents, roundByHand(id, count));
    if (count > 0 && transactions.length === 0) break;
    for (const transaction of transactions) round = noteTransaction(round, transaction);
  }
  const { nominators } = JSON.parse(stored.record) as {
    nominators: readonly { targets: readonly string[] }[];
  };
  const targets = nominators.flatMap((one) => one.targets);
  const points = await store.points.ofAll(targets, era + 1);
  for (const [elected, keys] of sets) {
    // A nomination made in an era counts for one of the next two, and lasts until the next.
    if (elected <= era || elected > era + settings.programme.round.everyEras + 2) continue;
    const inSet = new Set(keys);
    const earned = points.filter((row) => row.era === elected).map((row) => [row.stashKey, row.points]);
    round = noteOutcome(round, {
      era: elected,
      elected: targets.filter((key) => inSet.has(key)),
      points: Object.fromEntries(earned),
    });
  }
  return round;
}

/** Only what a finalised block has counts as a nomination. */
async function keepNominated({ store }: JobContext): Promise<number> {
  const eras = new Map((await readNote(store, 'nominated'))?.map(([key, list]) => [key, new Set(list)]));
  const done = await store.intents.list({ open: false, limit: MOST_ERAS });
  for (const { id, era, state } of done) {
    if (state !== 'finalised') continue;
    const intent = await store.intents.load(id);
    for (const key of intent?.state.targets ?? []) eras.set(key, (eras.get(key) ?? new Set()).add(era));
  }
  const list = [...eras].map(([key, set]): [string, number[]] => [key, [...set].sort((a, b) => a - b)]);
  list.sort(([a], [b]) => (a < b ? -1 : 1));
  await writeNote(store, 'nominated', list);
  return list.length;
}
