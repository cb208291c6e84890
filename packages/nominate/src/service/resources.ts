import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Clock } from '@watchbill/kit';
import type { Logger } from 'pino';
import { readNote } from '../jobs/notes.ts';
import type { JobParts } from '../jobs/run-job.ts';
import type { Fetch } from '../notify/index.ts';
import { noteState } from '../notify/notices.ts';
import type { Programme } from '../rounds/programme.ts';
import { decodeSnapshot } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { openProgrammeStore, type ProgrammeStore, type StoreSetting } from '../storage/index.ts';
import type { TransactionEvent, TransactionSigner } from '../transactions/index.ts';
import { channelsOf } from './channels.ts';
import type { ServiceConfig } from './config.ts';
import { readSecret, readText, ServiceFault } from './files.ts';
import { nominationLines } from './nomination-events.ts';
import { withNoticeLog } from './notice-log.ts';
import { networkOf, settingsOf, sourceWarnings } from './settings.ts';
import { checkSigners, signersOf } from './signers.ts';
import { type OpenWorld, openWorld } from './world.ts';

/** Close functions, called in reverse order. */
export type Closing = (() => Promise<unknown>)[];

export interface Resources {
  readonly jobParts: JobParts;
  readonly world: OpenWorld;
  readonly close: () => Promise<void>;
}

/** Options of {@link openResources}. */
export interface ResourceOptions {
  readonly config: ServiceConfig;
  readonly programme: Programme;
  /** The folder for relative paths of the configuration. */
  readonly dir: string;
  readonly clock: Clock;
  readonly systemNowMs: () => number;
  readonly fetch: Fetch;
  readonly log: Logger;
  /** A person runs one command: nominators without a signer are accepted, because a preview needs none. */
  readonly byHand?: boolean;
}

/** The database and the world, which every role needs. */
export async function openResources(parts: ResourceOptions, closing: Closing): Promise<Resources> {
  const { config, programme, dir, log } = parts;
  checkSigners(parts.byHand === true ? { ...config, send: false } : config, programme);
  const recorded = 'recorded' in config.chains ? await recordedSnapshot(dir, config.chains.recorded) : null;
  const time = timeOf(parts, recorded);
  const clock: Clock = { ...parts.clock, nowMs: time.nowMs };
  const database = databaseOf(config, dir);
  const store = withNoticeLog(await openProgrammeStore(database, clock.nowMs), log);
  closing.push(store.close);
  await time.goOnFrom(store);
  const nameOf = await namesOf(store);
  const { prefix } = networkOf(config, programme);
  const signers = config.send ? signersOf(config, dir, prefix, nameOf) : new Map<string, TransactionSigner>();
  const settings = await settingsOf(config, programme, dir, signers);
  for (const { told, isSo } of sourceWarnings(config, programme))
    await noteState(store, clock.nowMs(), told, isSo);
  const world = await openWorld({
    config,
    dir,
    store,
    database,
    settings,
    recorded,
    signers,
    channels: channelsOf(config.notify, dir, parts.fetch),
    fetch: parts.fetch,
    clock,
    tell: nominationTeller(programme, log),
  });
  closing.push(world.close);
  return {
    jobParts: {
      store,
      world,
      settings,
      clock,
      holder: randomUUID(),
      tell: ({ event, text, facts }) => log.info({ event, ...facts }, text),
    },
    world,
    close: async () => {
      await world.close();
      await store.close();
    },
  };
}

/** Each step of a nomination is a line of the log. */
function nominationTeller({ nominators }: Programme, log: Logger): (event: TransactionEvent) => void {
  const names = new Map(nominators.map(({ name, stashKey }) => [stashKey, name]));
  return (event) => {
    log.debug({ event: 'transaction', kind: event.kind, intent: event.intent }, event.kind);
    for (const { text, isWarning, facts } of nominationLines(event, (key) => names.get(key) ?? key))
      log[isWarning ? 'warn' : 'info']({ event: 'nomination', ...facts }, text);
  };
}

/** Names of candidates by key, for people who sign at a device. */
async function namesOf(store: ProgrammeStore): Promise<(key: string) => string | null> {
  const note = await readNote(store, 'candidates');
  const names = new Map(note?.list.map(({ stashKey, name }) => [stashKey, name]));
  return (key) => names.get(key) ?? null;
}

const EPOCH_NOTE = 'recorded epoch';
/**
 * After a longer pause, a recorded programme continues at its stop; after a shorter one, as if it had run on.
 */
const LONGEST_REST_MS = 10 * 60_000;

/** A recorded programme runs in the time of its snapshot, the same time in all of its processes. */
function timeOf({ systemNowMs }: ResourceOptions, recorded: Snapshot | null) {
  const takenAtMs = recorded?.takenAtMs ?? 0;
  let epochMs = systemNowMs();
  return {
    nowMs: recorded === null ? systemNowMs : () => takenAtMs + (systemNowMs() - epochMs),
    goOnFrom: async (store: ProgrammeStore): Promise<void> => {
      if (recorded === null) return;
      const told = await store.notes.get(EPOCH_NOTE);
      const ended = (await store.jobs.all()).map((row) => row.endedMs ?? 0);
      const lastMs = Math.max(takenAtMs, ...ended);
      const isGoingOn = told !== null && takenAtMs + systemNowMs() - Number(told) - lastMs < LONGEST_REST_MS;
      epochMs = isGoingOn ? Number(told) : systemNowMs() - (lastMs - takenAtMs);
      await store.notes.put(EPOCH_NOTE, String(epochMs));
    },
  };
}

async function recordedSnapshot(dir: string, file: string): Promise<Snapshot> {
  const read = decodeSnapshot((await readText(dir, file)).replace(/\n$/, ''));
  if (read.ok) return read.snapshot;
  throw new ServiceFault(`${file} is not a snapshot`, 'make one with `watchbill nominate init --example`');
}

/** The database of a configuration. Rejects with a ServiceFault or a StorageFault. */
export function openDatabaseOf(
  config: ServiceConfig,
  dir: string,
  nowMs: () => number,
): Promise<ProgrammeStore> {
  return openProgrammeStore(databaseOf(config, dir), nowMs);
}

function databaseOf({ database }: ServiceConfig, dir: string): StoreSetting {
  if ('urlFile' in database) return { url: readSecret(dir, database.urlFile) };
  return { file: database.file === ':memory:' ? database.file : resolve(dir, database.file) };
}
