import { digestOfText } from '@watchbill/kit';
import { plainCandidate } from '../candidates/candidate.ts';
import type { ProgrammeNominator } from '../jobs/job-ports.ts';
import { readNote } from '../jobs/notes.ts';
import { type JobParts, runJob } from '../jobs/run-job.ts';
import { deadlineFor } from '../jobs/work/deadline.ts';
import { manualIntent } from '../jobs/work/manual-rounds.ts';
import { takeSnapshot } from '../jobs/work/snapshot.ts';
import { transactionsJob } from '../jobs/work/transactions.ts';
import { oldHeads } from '../rounds/heads.ts';
import type { RoundRecord } from '../rounds/record.ts';
import { readRound, replayRound } from '../rounds/replay.ts';
import { revalidate } from '../rounds/revalidate.ts';
import type { StoredRound } from '../rounds/stored.ts';
import { encodeSnapshot } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import {
  admitIntent,
  type Ending,
  type Intent,
  type Judge,
  type Preview,
  plannedState,
  shownState,
  sinceEraOf,
} from '../transactions/index.ts';
import { ServiceFault } from './files.ts';
import type { OpenWorld } from './world.ts';

/** The plan for one nominator when a round is carried out by hand. */
export type HandPlan =
  | { readonly name: string; readonly intent: Intent; readonly isOpen: boolean; readonly forEra: number }
  /** No nomination, with the reason. */
  | { readonly name: string; readonly intent: null; readonly why: string };

/** A round to carry out by hand: read, computed again, and compared with the current state of the chain. */
export interface HandRound {
  /** SHA-256 of its record. */
  readonly id: string;
  readonly era: number;
  readonly plans: readonly HandPlan[];
  /** The transaction that would be signed and sent now for one of them. Changes no data. */
  readonly preview: (intent: Intent, signal: AbortSignal) => Promise<Preview>;
  /**
   * Stores the round, its inputs and the nominations. Returns the reasons for those that were not accepted,
   * by name of the nominator.
   */
  readonly admit: () => Promise<ReadonlyMap<string, string>>;
  /** Runs their turns until all have ended or the signal aborts. */
  readonly carryOut: (signal: AbortSignal) => Promise<readonly HandEnd[]>;
}

export interface HandEnd {
  readonly name: string;
  readonly id: string;
  readonly state: string;
  /** Null while it is open. */
  readonly ending: Ending | null;
  readonly held: string | null;
}

export interface HandParts {
  readonly jobParts: JobParts;
  readonly world: OpenWorld;
}

const TURN_EVERY_MS = 1_000;

/**
 * A stored round, ready to be carried out by a person. Rejects with a {@link ServiceFault} if it does not
 * replay, belongs to another network, or the chain cannot be read.
 */
export async function roundInHand(
  parts: HandParts,
  stored: StoredRound,
  signal: AbortSignal,
): Promise<HandRound> {
  const { jobParts, world } = parts;
  const { store, settings } = jobParts;
  const { record, snapshot: before } = soundRound(parts, stored);
  const id = digestOfText(stored.record);
  const context = { ...jobParts, signal };
  const listed = await readNote(store, 'candidates');
  const list = before.candidates.map(({ candidate }) => plainCandidate(candidate));
  const { part, snapshot } = await takeSnapshot(context, listed ?? { readMs: before.takenAtMs, list });
  const old = oldHeads(snapshot, jobParts.clock.nowMs(), settings.oldestHeadMs);
  if (old !== null)
    throw new ServiceFault(
      `no round is carried out on old facts: ${old}`,
      'check that the endpoints under `chains` follow their chain; for a chain whose clock differs from real time, write `oldestHeadSeconds: null` there',
      'old-heads',
    );
  const { active } = snapshot.eras;
  const fromHeight = snapshot.sources.staking?.block?.number;
  if (!active.known || !part.calendar.known || fromHeight === undefined)
    throw new ServiceFault(
      'the active era or the calendar of elections is unknown',
      'retry when the endpoints under `chains` answer; `watchbill nominate run` lists them',
    );
  const { now, upcoming } = part.calendar.value;
  const elections = { relayHeight: now.relayHeight, upcoming };
  const chain = { elections, era: active.value, fromHeight };
  const plans = await plansOf(parts, { id, record, before }, chain, signal);
  return {
    id,
    era: record.era,
    plans,
    preview: (intent, stop) =>
      previewOf(world, settings.machineRules, intent, judgeBy(parts, snapshot), stop),
    admit: async () => {
      await store.snapshots.put(encodeSnapshot(snapshot));
      await store.rounds.add(stored);
      return admitAll(jobParts, plans);
    },
    carryOut: (stop) => carryOut(jobParts, plans, stop),
  };
}

/** The plan for each nominator of the round that has targets. */
async function plansOf(
  { jobParts }: HandParts,
  { id, record, before }: { readonly id: string; readonly record: RoundRecord; readonly before: Snapshot },
  chain: {
    readonly elections: Parameters<typeof deadlineFor>[1];
    readonly era: number;
    readonly fromHeight: bigint;
  },
  signal: AbortSignal,
): Promise<readonly HandPlan[]> {
  const { store, settings } = jobParts;
  const { elections, era, fromHeight } = chain;
  const context = { ...jobParts, signal };
  const plans: HandPlan[] = [];
  for (const { name, stashKey, targets } of record.nominators) {
    if (targets.length === 0) continue;
    const nominator = settings.nominators.find((one) => one.stashKey === stashKey);
    const until =
      nominator === undefined
        ? 'the programme has no such nominator any more'
        : await deadlineFor(context, elections, nominator, signal);
    if (nominator === undefined || typeof until === 'string') {
      plans.push({ name, intent: null, why: String(until) });
      continue;
    }
    // From the round's snapshot: by the time of the new one, this very round may have nominated.
    const sinceEra = sinceEraOf(before.nominators.find((one) => one.stashKey === stashKey)?.submittedIn);
    const reach = { deadlineRelay: until.nominateBefore, forEra: until.era };
    const fixed = { era, fromHeight, targets, sinceEra, ...reach };
    const found = await manualIntent(store.intents, id, { ...accountsOf(nominator), ...fixed });
    plans.push('why' in found ? { name, intent: null, ...found } : { name, ...found, forEra: until.era });
  }
  return plans;
}

function accountsOf({ stashKey, real, signer, way }: ProgrammeNominator) {
  return { nominator: stashKey, real, signer, way, call: 'nominate' } as const;
}

/** Anyone may have written the record, so only a record that replays is sent. */
function soundRound(
  { jobParts: { settings } }: HandParts,
  stored: StoredRound,
): { readonly record: RoundRecord; readonly snapshot: Snapshot } {
  const read = readRound(stored);
  const replay = replayRound(stored, settings.modules);
  if (!read.ok || replay.result !== 'same')
    throw new ServiceFault(
      'the stored round does not replay: computing it again gives another record',
      'run `watchbill nominate round replay`; never edit a stored round',
    );
  const { network } = read.record;
  if (network === settings.network.name) return read;
  throw new ServiceFault(
    `the round is of ${network}, but the programme is for ${settings.network.name}`,
    'name a round of this programme',
  );
}

function judgeBy({ jobParts: { settings } }: HandParts, snapshot: Snapshot): Judge {
  return async (_intent, targets) => ({
    result: 'judged',
    ...revalidate(snapshot, settings.programme, targets, settings.modules),
  });
}

async function previewOf(
  { preview }: OpenWorld,
  rules: JobParts['settings']['machineRules'],
  intent: Intent,
  judge: Judge,
  signal: AbortSignal,
): Promise<Preview> {
  if (preview === null)
    throw new ServiceFault('there is no chain to send to', 'name endpoints under `chains`');
  return preview(rules, plannedState(intent), judge, signal);
}

async function admitAll(
  { store, settings }: JobParts,
  plans: readonly HandPlan[],
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  for (const { name, intent, ...plan } of plans) {
    if (intent === null || ('isOpen' in plan && plan.isOpen)) continue;
    const added = await admitIntent(store.intents, settings.machineRules, intent);
    if (!added.ok) refused.set(name, added.code);
  }
  return refused;
}

/** A service on the same database runs turns as well, but never two at once. */
async function carryOut(
  jobParts: JobParts,
  plans: readonly HandPlan[],
  signal: AbortSignal,
): Promise<readonly HandEnd[]> {
  for (;;) {
    const ends = await endsOf(jobParts, plans);
    const isOver = ends.every(({ ending, held }) => ending !== null || held !== null);
    if (isOver || signal.aborted) return ends;
    await runJob(jobParts, transactionsJob, signal);
    await jobParts.clock.sleep(TURN_EVERY_MS, signal);
  }
}

async function endsOf({ store }: JobParts, plans: readonly HandPlan[]): Promise<readonly HandEnd[]> {
  const ends: HandEnd[] = [];
  for (const { name, intent } of plans) {
    const stored = intent === null ? null : await store.intents.load(intent.id);
    if (stored === null) continue;
    const { state } = stored;
    const { ending, held } = state;
    ends.push({ name, id: state.intent.id, state: shownState(state), ending, held });
  }
  return ends;
}
