import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@watchbill/kit';
import { readNote } from '../jobs/notes.ts';
import { fakeSettings, fakeWorld } from '../jobs/testing/fake-world.ts';
import { telemetryMemory } from '../jobs/work/telemetry.ts';
import { serviceShape } from '../service/config.ts';
import { openWorld } from '../service/world.ts';
import { openProgrammeStore } from '../storage/index.ts';
import { runJobs } from './job-harness.ts';

export interface TelemetryHarnessOptions {
  /** File of the database. */
  readonly file: string;
  readonly genesisHash: string;
  readonly feedUrl: string;
  /** Names of the candidates. */
  readonly names: readonly string[];
  readonly nowMs: () => number;
}

/**
 * The telemetry part of a programme's process: the world as the service opens it, and its jobs, on a database
 * in a file.
 */
export type TelemetryHarness = Awaited<ReturnType<typeof telemetryHarness>>;

/** Opens the process. Its chain only serves the genesis hash. */
export async function telemetryHarness(options: TelemetryHarnessOptions) {
  const { file, genesisHash, feedUrl, names, nowMs } = options;
  const chain = await genesisEndpoint(genesisHash);
  const clock = { ...systemClock({ unref: true }), nowMs };
  const store = await openProgrammeStore({ file }, nowMs);
  const fake = fakeWorld(() => store, clock);
  const settings = fakeSettings(fake);
  const listed = fake.chainSays.snapshot.candidates.slice(0, names.length);
  fake.chainSays.hearsTelemetry = true;
  fake.chainSays.list = JSON.stringify({
    candidates: listed.map(({ candidate: { slotId, stash } }, at) => ({
      ...{ slotId, stash, name: names[at], kyc: false, riotHandle: `@operator-${at}:example.org` },
    })),
  });
  const config = serviceShape.parse({
    version: 1,
    candidates: { source: 'candidates.json' },
    chains: { staking: [chain.url] },
    telemetry: [{ name: 'the feed', url: feedUrl }],
  });
  const world = await openWorld({
    ...{ config, dir: '.', store, settings, recorded: null, signers: new Map(), channels: [] },
    ...{ fetch: globalThis.fetch as never, clock, tell: () => undefined, database: { file: ':memory:' } },
  });
  const { telemetry } = world;
  if (telemetry === null) throw new Error('the configuration names a feed');
  const parts = {
    store,
    world: { ...fake, telemetry },
    settings,
    clock,
    holder: 'test',
    tell: () => undefined,
  };
  return {
    store,
    /** Stash keys, in the order of the names. */
    keys: listed.map(({ candidate }) => candidate.stashKey),
    report: telemetry.report,
    run: (...names: readonly string[]) => runJobs(() => parts, names),
    memory: () => telemetryMemory(store),
    note: () => readNote(store, 'telemetry'),
    close: async () => {
      await world.close();
      await store.close();
      await chain.close();
    },
  };
}

async function genesisEndpoint(genesisHash: string) {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { id } = JSON.parse(Buffer.concat(parts).toString());
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: genesisHash }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
