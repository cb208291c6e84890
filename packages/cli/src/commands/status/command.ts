import type { Command } from 'commander';
import { type Api, withApi } from '../../client/api.ts';
import {
  addClientOptions,
  type ClientOptions,
  resolveTarget,
  type Target,
  wholeMs,
} from '../../client/target.ts';
import type { MarkView, PermitHealth, Policy, ServiceView, WatchState } from '../../client/views.ts';
import { print } from '../../output/print.ts';
import { type Context, withExamples } from '../../process/context.ts';
import { EXIT } from '../../process/exit.ts';
import { CliFault, faultJson, renderFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { refuseOther } from './other.ts';
import { statusPage } from './page.ts';

/** Everything that one look needs, read at about the same time. */
export interface Status {
  readonly health: PermitHealth;
  readonly services: readonly ServiceView[];
  readonly policies: readonly Policy[];
  readonly watch: readonly WatchState[];
  readonly marks: readonly MarkView[];
}

interface StatusOptions extends ClientOptions {
  readonly watch?: boolean;
  readonly everyMs: number;
}

/** `status`: one page about the service and its keys. */
export function fillStatus(command: Command, { io }: Context): void {
  command
    .option('--watch', 'refresh until stopped with Ctrl-C')
    .option('--every-ms <ms>', 'time between refreshes in milliseconds', wholeMs, 1_000);
  addClientOptions(command).action((options: StatusOptions) => run(io, options));
  withExamples(command, [
    'watchbill status',
    'watchbill status --watch',
    'watchbill status --json --url http://127.0.0.1:8450',
  ]);
}

async function run(io: Io, options: StatusOptions): Promise<void> {
  const target = resolveTarget(io, options);
  await withApi(target, async (api) => {
    if (options.watch !== true) return show(io, options, await readOwn(api, target));
    const stopped = new AbortController();
    const forget = [io.onStopSignal(() => stopped.abort()), io.onOutputGone(() => stopped.abort())];
    try {
      while (!stopped.signal.aborted) {
        await look(io, options, api);
        await io.clock.sleep(options.everyMs, stopped.signal);
      }
    } finally {
      for (const each of forget) each();
    }
  });
}

/**
 * One look of many. A service that does not answer now may answer the next one; anything else would fail in
 * the same way again.
 */
async function look(io: Io, options: StatusOptions, api: Api): Promise<void> {
  const clear = () => io.draw(io.outIsTerminal ? '\u001b[H\u001b[2J' : '');
  try {
    const status = await readStatus(api);
    clear();
    show(io, options, status);
  } catch (error) {
    if (!(error instanceof CliFault) || error.exitCode !== EXIT.unreachable) throw error;
    clear();
    print(io, options.json, faultJson(error), () => renderFault(error));
  }
}

function show(io: Io, options: StatusOptions, status: Status): void {
  print(io, options.json, status, () => statusPage(status));
}

/**
 * As {@link readStatus}. An answer, also a refusal, from the service of another folder becomes a fault that
 * says so.
 */
async function readOwn(api: Api, target: Target): Promise<Status> {
  try {
    const status = await readStatus(api);
    await refuseOther(target, status.health.service);
    return status;
  } catch (error) {
    if (error instanceof CliFault && error.exitCode !== EXIT.unreachable) await refuseOther(target, null);
    throw error;
  }
}

async function readStatus(api: Api): Promise<Status> {
  const [health, services, policies, watch, marks] = await Promise.all([
    api.get<PermitHealth>('/v1/health'),
    api.get<{ services: ServiceView[] }>('/v1/services'),
    api.get<{ policies: Policy[] }>('/v1/policies'),
    api.get<{ watch: WatchState[] }>('/v1/watch'),
    api.get<{ marks: MarkView[] }>('/v1/marks'),
  ]);
  const { marks: all } = marks;
  return { health, services: services.services, policies: policies.policies, watch: watch.watch, marks: all };
}
