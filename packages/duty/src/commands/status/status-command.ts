import { Fault, fault, retry } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { printJson } from '@watchbill/kit/command/print';
import { seconds, yes } from '@watchbill/kit/command/shapes';
import { type Api, NOT_A_SERVICE, place, withApi } from '../../client/api.ts';
import { onlyKey } from '../../client/keys.ts';
import { connection, resolveTarget, type Target } from '../../client/target.ts';
import type { Policy } from '../../rule/index.ts';
import type {
  MarkView,
  PermitHealth,
  RollbackReportView,
  ServiceView,
  StandbyView,
  WatchState,
} from '../../service/index.ts';
import { tell } from '../tell.ts';
import { refuseOther } from './other.ts';

/** Everything that one look needs, read at about the same time. */
export type Status = Awaited<ReturnType<typeof readStatus>>;

const flags = {
  key: onlyKey,
  short: flag(yes(), 'one line for each key, for a login shell'),
  wait: flag(seconds().optional(), 'wait until the service is ready, at most this long'),
  ...connection,
};
type StatusOptions = OptionsOf<typeof flags>;

/** `status`: one page about the service and its keys. */
export const status = command({
  flags,
  examples: [
    'watchbill status',
    'watchbill status --short',
    'watchbill status --wait 30',
    'watchbill status --json --url http://127.0.0.1:8450',
  ],
  run: ({ io }, options) => run(io, options),
});

async function run(io: Io, options: StatusOptions): Promise<void> {
  const target = resolveTarget(io, options);
  await withApi(target, async (api) => {
    const status = await (options.wait === undefined
      ? readOwn(api, target, options)
      : ready(io, api, target, options));
    if (options.json) return printJson(io, status);
    const { shortText, statusPage } = await import('./page.ts');
    tell(io, (options.short ? shortText : statusPage)(status, io.clock.nowMs()));
  });
}

/**
 * The status once the service is ready. A service that does not answer yet is asked again; a refusal, or an
 * answer of another service, ends the wait.
 */
async function ready(io: Io, api: Api, target: Target, options: StatusOptions): Promise<Status> {
  const { wait: seconds = 0 } = options;
  const read = async (): Promise<Status> => {
    const status = await readOwn(api, target, options);
    if (status.health.ready) return status;
    throw fault('not-ready', 'unreachable', {
      what: `the service is not ready after ${seconds} s: ${status.health.state}. ${status.health.detail}`,
      where: place(target),
      remedy: 'look at the log of the service; `watchbill status` shows the state of the others',
    });
  };
  // No service listens yet, or a service that still starts refuses every request.
  const mayPass = (error: unknown) =>
    error instanceof Fault && (error.kind === 'unreachable' || error.code === 'not-ready');
  return retry(read, { clock: io.clock, pauseMs: 250, withinMs: seconds * 1_000, mayPass });
}

/**
 * As {@link readStatus}. An answer, also a refusal, from the service of another folder becomes a fault that
 * says so.
 */
async function readOwn(api: Api, target: Target, options: StatusOptions): Promise<Status> {
  try {
    const status = await readStatus(api, options);
    refuseOther(target, status.health.service);
    return status;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code === NOT_A_SERVICE) refuseOther(target, null, false);
    else if (error.kind !== 'unreachable') refuseOther(target, null);
    throw error;
  }
}

async function readStatus(api: Api, { key }: StatusOptions) {
  const [health, services, policies, watch, marks, standbys, reports] = await Promise.all([
    api.get<PermitHealth>('/v1/health'),
    api.get<{ services: readonly ServiceView[] }>('/v1/services'),
    api.get<{ policies: readonly Policy[] }>('/v1/policies', { key }),
    api.get<{ watch: readonly WatchState[] }>('/v1/watch'),
    api.get<{ marks: readonly MarkView[] }>('/v1/marks'),
    api.get<{ standbys: readonly StandbyView[] }>('/v1/standbys'),
    api.get<{ reports: readonly RollbackReportView[] }>('/v1/rollback-reports'),
  ]);
  return { health, ...services, ...policies, ...watch, ...marks, ...standbys, ...reports };
}
