import { resolve } from 'node:path';
import { boardServer } from '../jobs/board.ts';
import { localExecutor } from '../jobs/local.ts';
import { type JobQueue, openJobQueue, openWorker, type QueueSetting } from '../jobs/queue.ts';
import { scheduler } from '../jobs/scheduler.ts';
import { nominateServer, replayByProcess } from '../server/index.ts';
import type { ServiceConfig } from './config.ts';
import { readSecret, ServiceFault } from './files.ts';
import { checkPlaces } from './places.ts';
import { type Closing, openResources, type ResourceOptions, type Resources } from './resources.ts';
import { jobsOf } from './settings.ts';

/**
 * The roles of a process. `all`: everything in one process; `planner`: plans and serves pages; `worker`: runs
 * jobs.
 */
export const PROCESS_ROLES = ['all', 'planner', 'worker'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

export interface ServiceParts extends ResourceOptions {
  readonly role: ProcessRole;
  readonly version: string;
  /**
   * Starts this program again for a replay, so that the service stays responsive; null replays in this
   * process.
   */
  readonly replayCommand: readonly [string, ...string[]] | null;
}

export interface RunningService {
  /** Address of the API and the pages; null for a worker. */
  readonly url: string | null;
  readonly boardUrl: string | null;
  /** Stops the process. Running jobs may finish within the grace period. */
  readonly close: (graceMs: number) => Promise<void>;
}

const LOOK_MS = 1_000;
/** A round of Polkadot's size takes about 45 s of a processor. */
const REPLAY_MS = 5 * 60_000;
/** A snapshot that is older than so many intervals makes the service unhealthy. */
const STALE_SNAPSHOTS = 3;

function snapshotEveryMs(config: ServiceConfig): number {
  return jobsOf(config).find(({ name }) => name === 'snapshot')?.everyMs ?? 10 * 60_000;
}

/**
 * Starts a process of a programme. Rejects with a ServiceFault, a StorageFault or a TransactionFault, and
 * closes everything before.
 */
export async function startProgramme(parts: ServiceParts): Promise<RunningService> {
  const closing: Closing = [];
  try {
    return await start(parts, closing);
  } catch (error) {
    for (const close of closing.toReversed()) await close().catch(() => undefined);
    throw error;
  }
}

async function start(parts: ServiceParts, closing: Closing): Promise<RunningService> {
  const { config, role, log } = parts;
  const resources = await openResources(parts, closing);
  if (role !== 'planner') await checkPlaces(resources.world.places);
  const jobs = jobsOf(config);
  const failed = (error: unknown): void => {
    const why = error instanceof Error ? error.message : 'a fault';
    log.error({ event: 'jobs', why }, 'the jobs cannot start');
  };
  const setting = queueOf(config, parts.dir);
  if (role !== 'all' && setting === null)
    throw new ServiceFault(`the role ${role} needs a queue`, 'write `workers` in the configuration');
  const { atOnce } = config.jobs;
  const worker =
    setting === null || role === 'planner'
      ? null
      : openWorker({ setting, jobs, parts: resources.jobParts, atOnce, told: failed });
  if (worker !== null) closing.push(() => worker.close(0));
  if (role === 'worker')
    return {
      url: null,
      boardUrl: null,
      close: async (graceMs) => {
        await worker?.close(graceMs);
        await resources.close();
      },
    };
  const queue = setting === null ? null : await openJobQueue(setting, failed);
  if (queue !== null) closing.push(queue.close);
  const planner = scheduler({
    jobs,
    store: resources.jobParts.store,
    executor: queue?.executor ?? localExecutor(resources.jobParts),
    clock: resources.jobParts.clock,
    lookMs: LOOK_MS,
    atOnce: queue === null ? atOnce : jobs.length,
    failed,
  });
  const faces = await openFaces(parts, resources, queue, closing);
  planner.start();
  return {
    url: faces.url,
    boardUrl: faces.boardUrl,
    close: async (graceMs) => {
      await planner.close(graceMs);
      await worker?.close(graceMs);
      await faces.close();
      await queue?.close();
      await resources.close();
    },
  };
}

/** API and pages, and the board if there is a queue. */
async function openFaces(
  { config, programme, dir, version, log, replayCommand }: ServiceParts,
  { jobParts: { store, clock, settings }, world }: Resources,
  queue: JobQueue | null,
  closing: Closing,
) {
  const board = await openBoard(config, queue);
  if (board !== null) closing.push(board.close);
  const server = await nominateServer({
    store,
    version,
    clock: clock.nowMs,
    upSinceMs: clock.nowMs(),
    title: config.title,
    programme: programme.name,
    isRecorded: 'recorded' in config.chains,
    endpoints: world.endpoints,
    telemetry: world.feeds,
    log,
    limits: {
      staleAfterMs: STALE_SNAPSHOTS * snapshotEveryMs(config),
      oldestHeadMs: settings.oldestHeadMs,
    },
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
  const url = await server.listen(config.listen).catch((error: unknown) => {
    throw listenFault(config.listen, error);
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

function listenFault({ host, port }: ServiceConfig['listen'], error: unknown): ServiceFault {
  const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  return new ServiceFault(
    `cannot listen on ${host}:${port}: ${isTaken ? 'another program listens there' : 'it is refused'}`,
    isTaken
      ? 'stop that program, or set another port as `listen.port`'
      : 'set `listen.host` to an address of this machine, and `listen.port` to a port that this user may use',
    isTaken ? 'address-in-use' : 'address-refused',
  );
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
