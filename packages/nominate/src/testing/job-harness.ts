import type { Clock } from '@watchbill/kit';
import { JOBS, type ProgrammeSettings, type ProgrammeWorld, runJob } from '../jobs/index.ts';
import { type FakeWorld, fakeSettings, fakeWorld } from '../jobs/testing/fake-world.ts';
import { openProgrammeStore, type ProgrammeStore } from '../storage/index.ts';

/** The jobs of a programme, run one by one on a database (in memory unless named) and a fake chain. */
export interface JobHarness {
  readonly store: ProgrammeStore;
  readonly chainSays: FakeWorld['chainSays'];
  /** The settings, which a test may change. */
  readonly settings: { -readonly [Key in keyof ProgrammeSettings]: ProgrammeSettings[Key] };
  /** Runs jobs in this order. Rejects with the error of the first that fails. */
  readonly run: (...names: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** `world`: real parts of the world around the jobs; `chainOf` changes the fake chain, at each access. */
export async function jobHarness(
  world: Partial<ProgrammeWorld>,
  clock: Clock,
  chainOf: (plain: ProgrammeWorld['chain']) => ProgrammeWorld['chain'] = (plain) => plain,
  file = ':memory:',
): Promise<JobHarness> {
  const store = await openProgrammeStore({ file }, clock.nowMs);
  const fake = fakeWorld(() => store, clock);
  const settings = fakeSettings(fake);
  fake.chainSays.hearsTelemetry = world.telemetry != null;
  const parts = () => ({
    ...{ store, world: { ...fake, chain: chainOf(fake.chain), ...world }, settings, clock, holder: 'test' },
    tell: () => undefined,
  });
  return {
    store,
    chainSays: fake.chainSays,
    settings,
    run: async (...names) => {
      for (const name of names) {
        const job = JOBS.find((one) => one.name === name);
        if (job === undefined) throw new Error(`there is no job ${name}`);
        const end = await runJob(parts(), job, new AbortController().signal);
        const row = (await store.jobs.all()).find((one) => one.name === name);
        if (end !== 'succeeded') throw new Error(`${name} ${end}: ${row?.error}`);
      }
    },
    close: () => store.close(),
  };
}
