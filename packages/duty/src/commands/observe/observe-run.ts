import { openNode } from '@watchbill/chain/command/node';
import type { Io } from '@watchbill/kit/command/io';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import { supervisorOf } from '@watchbill/kit/command/supervisor';
import { openApi } from '../../client/api.ts';
import { resolveTarget } from '../../client/target.ts';
import { loadConfig } from '../../config/load.ts';
import type { ObservationReport } from '../../service/index.ts';
import { type ObserverParts, observeOnce, observeUntil } from './follow.ts';
import type { ObserveOptions } from './observe-command.ts';
import { reportText } from './report.ts';
import { nodeFault } from './steps.ts';

/** Observes once or until it is stopped, as the options say. */
export async function runObserve(io: Io, options: ObserveOptions): Promise<void> {
  const target = resolveTarget(io, options);
  const node = await openNode(options.node, target.timeoutMs, 'flag --node');
  const api = await openApi(target);
  const { clock } = io;
  const parts = { node, api, clock, intervalMs: options.intervalMs, onReport: printer(io, options) };
  try {
    if (options.once) await observeOnce(parts);
    else await observeAsDaemon(io, options, parts);
  } catch (error) {
    throw nodeFault(error);
  } finally {
    node.close();
    await api.close();
  }
}

async function observeAsDaemon(
  io: Io,
  options: ObserveOptions,
  parts: Omit<ObserverParts, 'log'>,
): Promise<void> {
  // Loaded here and not above, so that the other commands start fast.
  const { openLog } = await import('@watchbill/kit/command/log');
  const log = openLog(io, loadConfig(io, { config: options.config }).config.log);
  const supervisor = supervisorOf(io, (detail) =>
    log.warn({ event: 'unnotified', detail }, 'the service manager did not get a message'),
  );
  const stop = stopOnSignal(io, log, 0);
  const stopping = new AbortController();
  const ended = stop.asked.then(async () => {
    stopping.abort();
    // Ends the calls in progress, so that no stop waits for them.
    parts.node.close();
    await parts.api.close();
  });
  try {
    log.info(
      { event: 'started', node: parts.node.address, intervalMs: parts.intervalMs },
      'observing a node',
    );
    await supervisor.ready();
    await observeUntil({ ...parts, log }, stopping.signal);
    await supervisor.stopping();
    await ended;
    log.info({ event: 'stopped' }, 'stopped');
  } finally {
    stop.forget();
  }
}

/** A service that runs for months prints only its log, unless --json or --once asks for reports. */
function printer(io: Io, { json, once }: ObserveOptions): (report: ObservationReport) => void {
  if (json) return (report) => io.out(`${JSON.stringify(report)}\n`);
  return once ? (report) => io.out(reportText(report)) : () => undefined;
}
