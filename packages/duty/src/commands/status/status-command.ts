import { Fault, retry } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { printJson } from '@watchbill/kit/command/print';
import { seconds, yes } from '@watchbill/kit/command/shapes';
import { type Api, withApi } from '../../client/api.ts';
import { onlyKey } from '../../client/keys.ts';
import { refuseOther } from '../../client/other.ts';
import { notReady } from '../../client/ready.ts';
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
      ? readStatus(api, target, options)
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
    const status = await readStatus(api, target, options);
    if (status.health.ready) return status;
    throw notReady(target, status.health, ` after ${seconds} s`);
  };
  // No service listens yet, or a service that still starts refuses every request.
  const mayPass = (error: unknown) =>
    error instanceof Fault && (error.kind === 'unreachable' || error.code === 'not-ready');
  return retry(read, { clock: io.clock, pauseMs: 250, withinMs: seconds * 1_000, mayPass });
}

/** Throws a fault if the service of another folder answers. */
async function readStatus(api: Api, target: Target, { key }: StatusOptions) {
  const health = await api.get<PermitHealth>('/v1/health');
  refuseOther(target, health.service);
  /** Null while a service that is not ready has no store. */
  const known = <Body>(asked: Promise<Body>): Promise<Body | null> =>
    asked.catch((error: unknown) => {
      if (health.ready || !(error instanceof Fault) || error.code !== 'store-unavailable') throw error;
      return null;
    });
  const [services, policies, watch, marks, standbys, reports] = await Promise.all([
    known(api.get<{ services: readonly ServiceView[] }>('/v1/services')),
    api.get<{ policies: readonly Policy[] }>('/v1/policies', { key }),
    api.get<{ watch: readonly WatchState[] }>('/v1/watch'),
    known(api.get<{ marks: readonly MarkView[] }>('/v1/marks')),
    api.get<{ standbys: readonly StandbyView[] }>('/v1/standbys'),
    api.get<{ reports: readonly RollbackReportView[] }>('/v1/rollback-reports'),
  ]);
  const ofStore = { services: services?.services ?? null, marks: marks?.marks ?? null };
  return { health, ...ofStore, ...policies, ...watch, ...standbys, ...reports };
}
