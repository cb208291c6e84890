import { afterEach, beforeEach } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import type { ProgrammeWorld } from '../jobs/index.ts';
import { type JobHarness, jobHarness } from './job-harness.ts';
import { NOON_MS } from './records.ts';

/** The harness of the running test, on a virtual clock. */
export type TestHarness = JobHarness & { readonly clock: VirtualClock };

/**
 * Opens a harness at noon before each test of the file, and closes it afterwards. The returned object has the
 * members of the harness of the running test. Later `beforeEach` hooks find it open.
 */
export function harnessOfEachTest(
  world: Partial<ProgrammeWorld> = {},
  chainOf?: (plain: ProgrammeWorld['chain']) => ProgrammeWorld['chain'],
): TestHarness {
  const current = {} as TestHarness;
  beforeEach(async () => {
    const clock = createVirtualClock({ startMs: NOON_MS });
    Object.assign(current, await jobHarness(world, clock, chainOf), { clock });
  });
  afterEach(() => current.close());
  return current;
}
