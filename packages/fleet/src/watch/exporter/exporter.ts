import { connectNode, type NodeRpc } from '@watchbill/chain';
import { runtimeViews } from '@watchbill/chain/extrinsics';
import { messageOf, pause } from '@watchbill/kit';
import type { Logger } from 'pino';
import { listenAt } from '../../file/net/index.ts';
import { LASTING_DOUBTS } from '../lasting-doubts.ts';
import { openBoard } from './board.ts';
import type { Sample } from './catalogue.ts';
import { ExporterFault } from './exporter-fault.ts';
import { type LookGround, lookOnce } from './look.ts';
import { exporterRoutes } from './routes.ts';
import { type Doubt, samplesOf } from './samples.ts';
import type { ExporterSettings } from './settings.ts';
import { countsOf, type FleetCounts, saidOf } from './status.ts';
import type { Target } from './target.ts';

export interface Exporter {
  /** The address for Prometheus, for example `http://127.0.0.1:9960/metrics`. */
  readonly metricsUrl: string;
  /** Ends the look under way, answers open requests, and closes. */
  readonly close: () => Promise<void>;
}

export interface ExporterParts {
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

interface Running extends ExporterParts {
  readonly ground: LookGround;
  readonly board: ReturnType<typeof openBoard>;
  readonly stopping: AbortSignal;
  state: {
    readonly endedAtMs: number | null;
    readonly samples: readonly Sample[];
    readonly counts: FleetCounts | null;
    readonly errors: number;
    readonly doubts: ReadonlySet<string>;
  };
}

/** Listens and begins to look. Throws an {@link ExporterFault} if the address is taken. */
export async function openExporter(
  settings: ExporterSettings,
  targets: readonly Target[],
  parts: ExporterParts,
): Promise<Exporter> {
  const rpcs = openRpcs(targets, settings.limits.callSeconds * 1_000);
  const stop = new AbortController();
  const running: Running = {
    ...parts,
    ground: { settings, targets, rpcs, views: runtimeViews(), followers: new Map(), sessions: new Map() },
    board: openBoard(),
    stopping: stop.signal,
    state: { endedAtMs: null, samples: [], counts: null, errors: 0, doubts: new Set() },
  };
  const app = server(running);
  const url = await listenAt(
    app,
    settings.listen,
    (what, cause) => new ExporterFault('address', what, 'take another port', cause),
  );
  const looking = keepLooking(running);
  return {
    metricsUrl: `${url}/metrics`,
    close: async () => {
      stop.abort();
      for (const rpc of rpcs.values()) rpc.close();
      await looking;
      await app.close();
    },
  };
}

function openRpcs(targets: readonly Target[], timeoutMs: number): ReadonlyMap<string, NodeRpc> {
  return new Map(
    targets.flatMap(({ name, url }) =>
      url === null ? [] : [[name, connectNode(url, { timeoutMs })] as const],
    ),
  );
}

async function keepLooking(running: Running): Promise<void> {
  const { ground, stopping } = running;
  const everyMs = ground.settings.everySeconds * 1_000;
  while (!stopping.aborted) {
    const startedAtMs = running.nowMs();
    await lookAndTell(running, startedAtMs);
    // Never longer, also after a clock that was set back during the look.
    const tookMs = Math.max(0, running.nowMs() - startedAtMs);
    await pause(Math.max(0, everyMs - tookMs), stopping);
  }
}

async function lookAndTell(running: Running, startedAtMs: number): Promise<void> {
  const { ground, log, nowMs, stopping, state } = running;
  const { network, place, limits } = ground.settings;
  const deadline = AbortSignal.any([stopping, AbortSignal.timeout(limits.lookSeconds * 1_000)]);
  try {
    const look = await lookOnce(ground, deadline);
    const { samples, doubts } = samplesOf(look, network, place);
    if (stopping.aborted) return;
    const endedAtMs = nowMs();
    const here = { network, place };
    const own: readonly Sample[] = [
      { metric: 'lookEnd', labels: here, value: endedAtMs / 1_000 },
      { metric: 'lookSeconds', labels: here, value: (endedAtMs - startedAtMs) / 1_000 },
    ];
    const names = tellDoubts(log, state.doubts, doubts);
    const counts = countsOf(look);
    running.state = { ...state, endedAtMs, samples: [...samples, ...own], counts, doubts: names };
  } catch (error) {
    if (stopping.aborted) return;
    const why = messageOf(error);
    log.error(
      { event: 'look-failed', why },
      'the look failed; earlier facts are served until they are too old',
    );
    running.state = { ...state, errors: state.errors + 1 };
  }
}

/** Reports each fact that became unknown, once, with its reason. */
function tellDoubts(log: Logger, before: ReadonlySet<string>, doubts: readonly Doubt[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { labels, what, why } of doubts) {
    const name = `${labels.node ?? ''} ${what}`;
    const level = LASTING_DOUBTS.includes(what) ? 'info' : 'warn';
    if (!before.has(name) && !names.has(name))
      log[level]({ event: 'unknown', node: labels.node, what, why }, `${what} is not known`);
    names.add(name);
  }
  return names;
}

/** Facts that are older than this are not served: a look that hangs must not freeze them. */
function tooOldMs({ everySeconds, limits }: ExporterSettings): number {
  return (3 * everySeconds + limits.lookSeconds + 4 * limits.callSeconds) * 1_000;
}

function server(running: Running) {
  const { board, nowMs, ground, stopping } = running;
  const { network, place } = ground.settings;
  const fresh = (): boolean => {
    const { endedAtMs } = running.state;
    return endedAtMs !== null && nowMs() - endedAtMs <= tooOldMs(ground.settings);
  };
  return exporterRoutes({
    contentType: board.contentType,
    readiness: () => ({ ready: fresh() && !stopping.aborted, stopping: stopping.aborted }),
    status: () => {
      const { counts, endedAtMs } = running.state;
      const look = counts === null || !fresh() ? null : { ...counts, ageMs: nowMs() - (endedAtMs ?? 0) };
      return { network, place, look, said: saidOf(network, look) };
    },
    metrics: () => {
      const { errors, samples } = running.state;
      board.publish([
        ...(fresh() ? samples : []),
        { metric: 'errors', labels: { network, place }, value: errors },
      ]);
      return board.text();
    },
  });
}
