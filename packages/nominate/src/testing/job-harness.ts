import type { Clock } from '@watchbill/kit';
import {
  JOBS,
  type JobEvent,
  type JobParts,
  type ProgrammeSettings,
  type ProgrammeWorld,
  runJob,
} from '../jobs/index.ts';
import { fakeSettings, fakeWorld } from '../jobs/testing/fake-world.ts';
import { decodeSnapshot } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { openProgrammeStore, type ProgrammeStore } from '../storage/index.ts';
import type { Ending, IntentState } from '../transactions/index.ts';

/** The jobs of a programme, run one by one on a database (in memory unless named) and a fake chain. */
export type JobHarness = Awaited<ReturnType<typeof jobHarness>>;

/** `world`: real parts of the world around the jobs; `chainOf` changes the fake chain, at each access. */
export async function jobHarness(
  world: Partial<ProgrammeWorld>,
  clock: Clock,
  chainOf: (plain: ProgrammeWorld['chain']) => ProgrammeWorld['chain'] = (plain) => plain,
  file = ':memory:',
) {
  const store = await openProgrammeStore({ file }, clock.nowMs);
  const fake = fakeWorld(() => store, clock);
  const settings: { -readonly [Key in keyof ProgrammeSettings]: ProgrammeSettings[Key] } = fakeSettings(fake);
  fake.chainSays.hearsTelemetry = world.telemetry != null;
  const told: JobEvent[] = [];
  const parts = (): JobParts => ({
    ...{ store, world: { ...fake, chain: chainOf(fake.chain), ...world }, settings, clock, holder: 'test' },
    tell: (event) => void told.push(event),
  });
  return {
    store,
    chainSays: fake.chainSays,
    /** The settings, which a test may change. */
    settings,
    /** The reports of the jobs. */
    told: told as readonly JobEvent[],
    parts,
    /** As {@link runJobs}. */
    run: (...names: readonly string[]) => runJobs(parts, names),
    /** The detail of the last run of a job; empty if it never ran. */
    detailOf: async (name: string) => (await store.jobs.all()).find((one) => one.name === name)?.detail ?? '',
    /** The newest snapshot. */
    snapshot: () => newestSnapshot(store),
    close: () => store.close(),
  };
}

async function newestSnapshot({ snapshots }: ProgrammeStore): Promise<Snapshot> {
  const newest = await snapshots.newest();
  const read = decodeSnapshot((await snapshots.get(newest?.digest ?? '')) ?? '');
  if (!read.ok) throw new Error('there is no snapshot that can be read');
  return read.snapshot;
}

/** Runs jobs in this order. Rejects with the error of the first that fails. */
export async function runJobs(parts: () => JobParts, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const job = JOBS.find((one) => one.name === name);
    if (job === undefined) throw new Error(`there is no job ${name}`);
    const now = parts();
    const end = await runJob(now, job, new AbortController().signal);
    const row = (await now.store.jobs.all()).find((one) => one.name === name);
    if (end !== 'succeeded') throw new Error(`${name} ${end}: ${row?.error}`);
  }
}

type Intents = Pick<ProgrammeStore, 'intents'>;

/** Changes every open intent. Returns their states before. */
export async function changeIntents(
  { intents }: Intents,
  change: (state: IntentState) => Partial<IntentState>,
): Promise<readonly IntentState[]> {
  const open = await intents.open();
  for (const { state, revision } of open) {
    const changed = { ...state, ...change(state) };
    const saved = await intents.save({ revision, state: changed, notes: [], closed: [] });
    if (!saved.ok) throw new Error(`an intent was not saved: ${saved.code}`);
  }
  return open.map(({ state }) => state);
}

export const LANDED = { result: 'finalised', reason: 'verified', detail: '' } as const satisfies Ending;

/** Ends every open intent, by default as one that landed. Returns their states before. */
export function endIntents(store: Intents, ending: Ending = LANDED): Promise<readonly IntentState[]> {
  return changeIntents(store, () => ({ stage: 'ended', ending }));
}
