import type { TestContext } from 'node:test';
import { type ApiOptions, nominateServer } from '@watchbill/nominate/api';
import { openProgrammeStore, type ProgrammeStore } from '@watchbill/nominate/storage';
import {
  type FilledProgramme,
  fillProgramme,
  NOON_MS,
  type ProgrammeSize,
} from '@watchbill/nominate/testing';

export interface ProgrammeSite {
  readonly url: string;
  readonly store: ProgrammeStore;
  readonly filled: FilledProgramme;
  /** Moves the clock of the site. */
  readonly pass: (ms: number) => void;
}

const DAY_MS = 86_400_000;

/** A site that shows an invented programme; stopped when the test ends. */
export async function programmeSite(
  test: Pick<TestContext, 'after'>,
  size: Partial<ProgrammeSize> = {},
  options: Partial<ApiOptions> = {},
): Promise<ProgrammeSite> {
  const store = await openProgrammeStore({ file: ':memory:' }, () => NOON_MS - 120_000);
  const filled = await fillProgramme(store, { candidates: 150, rounds: 3, ...size });
  let { nowMs } = filled;
  const endpoint = (role: string, name: string, height: bigint) => ({
    role,
    name,
    height,
    connected: true,
    atMs: nowMs - 4_000,
  });
  const app = await nominateServer({
    store,
    version: '0.1.0',
    title: 'Example programme',
    clock: () => nowMs,
    upSinceMs: nowMs - 3 * DAY_MS,
    endpoints: () => [
      endpoint('staking', 'asset-hub.example.org', 9_000_120n),
      endpoint('relay', 'relay.example.org', 28_000_040n),
      endpoint('identity', 'people.example.org', 5_000_090n),
    ],
    telemetry: () => [{ name: 'feed.example.org', connected: true, sinceMs: nowMs - DAY_MS }],
    ...options,
  });
  test.after(async () => {
    await app.close();
    await store.close();
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    store,
    filled,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}
