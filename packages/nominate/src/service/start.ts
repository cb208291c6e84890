import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { nominateServer, replayByProcess } from '../api/index.ts';
import type { TransactionChainOptions } from '../chain/index.ts';
import { boardServer } from '../jobs/board.ts';
import { localExecutor } from '../jobs/local.ts';
import { readNote } from '../jobs/notes.ts';
import { type JobQueue, openJobQueue, openWorker, type QueueSetting } from '../jobs/queue.ts';
import type { JobParts } from '../jobs/run-job.ts';
import { scheduler } from '../jobs/scheduler.ts';
import type { Fetch } from '../notify/index.ts';
import type { Programme } from '../rounds/programme.ts';
import { decodeSnapshot } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { openProgrammeStore, type ProgrammeStore, type StoreSetting } from '../storage/index.ts';
import type { TransactionSigner } from '../transactions/index.ts';
import { channelsOf } from './channels.ts';
import type { ServiceConfig } from './config.ts';
import { readSecret, readText, ServiceFault } from './files.ts';
import { jobsOf, networkOf, settingsOf } from './settings.ts';
import { signersOf } from './signers.ts';
import { type OpenWorld, openWorld } from './world.ts';

/** What a process of a programme does. `all`: everything, alone; `planner`: plans and shows; `worker`: carries out. */
export const PROCESS_ROLES = ['all', 'planner', 'worker'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

export interface ServiceParts {
  readonly config: ServiceConfig;
  readonly programme: Programme;
  /** The folder that paths of the configuration start from. */
  readonly dir: string;
  readonly role: ProcessRole;
  readonly version: string;
  readonly clock: TransactionChainOptions['clock'];
  readonly systemNowMs: () => number;
  readonly fetch: Fetch;
  readonly log: Logger;
  /** Starts this program anew, so that a replay does not hold up the service; null computes it in this process. */
  readonly replayCommand: readonly [string, ...string[]] | null;
}

export interface RunningService {
  /** Of the API and the pages; null for a worker. */
  readonly url: string | null;
  readonly boardUrl: string | null;
  /** Ends it: what runs has the grace to end by itself. */
  readonly close: (graceMs: number) => Promise<void>;
}

const LOOK_MS = 1_000;
const REPLAY_MS = 60_000;
/** A snapshot that is older than so many intervals is not well. */
const STALE_SNAPSHOTS = 3;

function snapshotEveryMs(config: ServiceConfig): number {
  return jobsOf(config).find(({ name }) => name === 'snapshot')?.everyMs ?? 10 * 60_000;
}

/** Starts a process of a programme. Rejects with a ServiceFault, a StorageFault or a TransactionFault, with nothing left open. */
export async function startProgramme(parts: ServiceParts): Promise<RunningService> {
  const closing: Closing = [];
  try {
    return await start(parts, closing);
  } catch (error) {
    for (const close of closing.toReversed()) await close().catch(() => undefined);
    throw error;
  }
}

/** What was opened, so that it can be closed in the other order. */
type Closing = (() => Promise<unknown>)[];

async function start(parts: ServiceParts, closing: Closing): Promise<RunningService> {
  const { config, role, log } = parts;
  const ground = await openGround(parts, closing);
  const jobs = jobsOf(config);
  const failed = (error: unknown): void => {
    const why = error instanceof Error ? error.message : 'a fault';
    log.error({ event: 'jobs', why }, 'jobs cannot be begun');
  };
  const setting = queueOf(config, parts.dir);
  if (role !== 'all' && setting === null)
    throw new ServiceFault(`the role ${role} needs a queue`, 'write `workers` in the configuration');
  const { atOnce } = config.jobs;
  const worker =
    setting === null || role === 'planner'
      ? null
      : openWorker({ setting, jobs, parts: ground.jobParts, atOnce, told: failed });
  if (worker !== null) closing.push(() => worker.close(0));
  if (role === 'worker')
    return {
      url: null,
      boardUrl: null,
      close: async (graceMs) => {
        await worker?.close(graceMs);
        await ground.close();
      },
    };
  const queue = setting === null ? null : await openJobQueue(setting, failed);
  if (queue !== null) closing.push(queue.close);
  const planner = scheduler({
    jobs,
    store: ground.jobParts.store,
    executor: queue?.executor ?? localExecutor(ground.jobParts),
    nowMs: ground.jobParts.nowMs,
    lookMs: LOOK_MS,
    atOnce: queue === null ? atOnce : jobs.length,
    failed,
  });
  const faces = await openFaces(parts, ground, queue, closing);
  planner.start();
  return {
    url: faces.url,
    boardUrl: faces.boardUrl,
    close: async (graceMs) => {
      await planner.close(graceMs);
      await worker?.close(graceMs);
      await faces.close();
      await queue?.close();
      await ground.close();
    },
  };
}

interface Ground {
  readonly jobParts: JobParts;
  readonly world: OpenWorld;
  readonly close: () => Promise<void>;
}

/** The database and the world: what every role has. */
async function openGround(parts: ServiceParts, closing: Closing): Promise<Ground> {
  const { config, programme, dir, log } = parts;
  const recorded = 'recorded' in config.chains ? await recordedSnapshot(dir, config.chains.recorded) : null;
  const time = timeOf(parts, recorded);
  const { nowMs } = time;
  const store = await openDatabaseOf(config, dir, nowMs);
  closing.push(store.close);
  await time.goOnFrom(store);
  const nameOf = await namesOf(store);
  const { prefix } = networkOf(config, programme);
  const signers = config.send ? signersOf(config, dir, prefix, nameOf) : new Map<string, TransactionSigner>();
  const settings = await settingsOf(config, programme, dir, signers);
  const world = await openWorld({
    config,
    dir,
    store,
    settings,
    recorded,
    signers,
    channels: channelsOf(config.notify, dir, parts.fetch),
    fetch: parts.fetch,
    clock: parts.clock,
    nowMs,
    tell: ({ kind, intent }) => log.debug({ event: 'transaction', kind, intent }, kind),
  });
  closing.push(world.close);
  return {
    jobParts: { store, world, settings, nowMs, holder: randomUUID() },
    world,
    close: async () => {
      await world.close();
      await store.close();
    },
  };
}

/** Names of candidates by key, for people who sign at a device. */
async function namesOf(store: ProgrammeStore): Promise<(key: string) => string | null> {
  const note = await readNote(store, 'candidates');
  const names = new Map(note?.list.map(({ stashKey, name }) => [stashKey, name]));
  return (key) => names.get(key) ?? null;
}

/** API and pages, and the board where there is a queue. */
async function openFaces(
  { config, dir, version, log, replayCommand }: ServiceParts,
  { jobParts: { store, nowMs }, world }: Ground,
  queue: JobQueue | null,
  closing: Closing,
) {
  const board = await openBoard(config, queue);
  if (board !== null) closing.push(board.close);
  const server = await nominateServer({
    store,
    version,
    clock: nowMs,
    upSinceMs: nowMs(),
    title: config.title,
    endpoints: world.endpoints,
    telemetry: world.feeds,
    log,
    limits: { staleAfterMs: STALE_SNAPSHOTS * snapshotEveryMs(config) },
    ...(replayCommand === null
      ? {}
      : {
          replay: replayByProcess({
            command: replayCommand,
            modules: config.modules.map((file) => resolve(dir, file)),
            timeoutMs: REPLAY_MS,
          }),
        }),
  });
  closing.push(() => server.close());
  const url = await server.listen(config.listen).catch(() => {
    const { host, port } = config.listen;
    throw new ServiceFault(`${host}:${port} cannot be listened on`, 'end what uses it, or change `listen`');
  });
  return {
    url,
    boardUrl: board?.url ?? null,
    close: async () => {
      await server.close();
      await board?.close();
    },
  };
}

const EPOCH_NOTE = 'recorded epoch';
/** After a longer rest a recorded programme goes on where it was, and not where it would have been. */
const LONGEST_REST_MS = 10 * 60_000;

/** A recorded programme lives in the time of its snapshot, the same time in all of its processes. */
function timeOf({ systemNowMs }: ServiceParts, recorded: Snapshot | null) {
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
  throw new ServiceFault(`${file} is no snapshot`, 'make one with `watchbill nominate init --example`');
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

function queueOf({ workers }: ServiceConfig, dir: string): QueueSetting | null {
  if (workers === undefined) return null;
  const url = workers.queueFile === undefined ? workers.queue : readSecret(dir, workers.queueFile);
  if (url === undefined)
    throw new ServiceFault('`workers` names no queue', 'write `queue: redis://HOST:PORT`');
  return { url, name: workers.name };
}

async function openBoard({ workers }: ServiceConfig, queue: JobQueue | null) {
  if (queue === null || workers === undefined) return null;
  const app = await boardServer(queue.queue);
  const url = await app.listen(workers.board);
  return { url: `${url}/board`, close: () => app.close() };
}
