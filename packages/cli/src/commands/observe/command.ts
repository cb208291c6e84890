import { connectNode, NodeFault, type NodeRpc } from '@watchbill/chain';
import type { ObservationReport } from '@watchbill/permit';
import type { Command } from 'commander';
import { openApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget, wholeMs } from '../../client/target.ts';
import { loadConfig } from '../../config/load.ts';
import { type Context, withExamples } from '../../context.ts';
import { usageFault } from '../../fault.ts';
import type { Io } from '../../io.ts';
import { stopOnSignal } from '../serve/stop.ts';
import { type ObserverParts, observeOnce, observeUntil } from './follow.ts';
import { nodeFault } from './problems.ts';
import { reportText } from './report.ts';

interface ObserveOptions extends ClientOptions {
  readonly node: string;
  readonly service?: string;
  readonly intervalMs: number;
  readonly once?: boolean;
}

const DEFAULT_INTERVAL_MS = 1_000;
const SHORTEST_INTERVAL_MS = 100;

/** `observe`: tells the service what a node sees of its chain, until SIGTERM or SIGINT. */
export function addObserve(program: Command, { io }: Context): void {
  const command = program
    .command('observe')
    .description('tell the service what a node sees of its chain, until SIGTERM or Ctrl-C')
    .requiredOption(
      '--node <url>',
      'RPC of a node that does not itself sign with the key: ws, wss, http or https',
    )
    .option('--service <url>', 'address of the service; the same as --url')
    .option('--interval-ms <ms>', 'pause between two looks, in milliseconds', wholeMs, DEFAULT_INTERVAL_MS)
    .option('--once', 'look and tell once');
  addClientOptions(command).action((options: ObserveOptions) => observe(io, options));
  withExamples(command, [
    'watchbill observe --node ws://127.0.0.1:9944 --service https://box1:8450 --token-file watcher.token',
    'watchbill observe --node ws://127.0.0.1:9944 --token-file watcher.token --once --json',
  ]);
}

async function observe(io: Io, options: ObserveOptions): Promise<void> {
  if (options.intervalMs < SHORTEST_INTERVAL_MS)
    throw usageFault('the pause is shorter than 100 milliseconds', 'give 100 or more', 'flag --interval-ms');
  const target = resolveTarget(io, withService(options));
  const node = openNode(options.node, target.timeoutMs);
  const api = openApi(target);
  const { clock } = io;
  const parts = { node, api, clock, intervalMs: options.intervalMs, onReport: printer(io, options) };
  try {
    if (options.once === true) await observeOnce(parts);
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
  const { openLog } = await import('../serve/log.ts');
  const log = openLog(io, loadConfig(io, { config: options.config }).config.log);
  const stop = stopOnSignal(io, log, 0);
  const stopping = new AbortController();
  const ended = stop.asked.then(async () => {
    stopping.abort();
    // Ends what is under way, so that nothing has to be waited for.
    parts.node.close();
    await parts.api.close();
  });
  try {
    log.info(
      { event: 'started', node: parts.node.address, intervalMs: parts.intervalMs },
      'observing a node',
    );
    await observeUntil({ ...parts, log }, stopping.signal);
    await ended;
    log.info({ event: 'stopped' }, 'stopped');
  } finally {
    stop.forget();
  }
}

function withService({ service, url, ...options }: ObserveOptions): ClientOptions {
  if (service !== undefined && url !== undefined)
    throw usageFault('--service and --url are the same', 'keep one of them');
  const address = service ?? url;
  return address === undefined ? options : { ...options, url: address };
}

function openNode(url: string, timeoutMs: number): NodeRpc {
  try {
    return connectNode(url, { timeoutMs });
  } catch (error) {
    if (error instanceof NodeFault) throw usageFault(error.message, error.remedy, 'flag --node');
    throw error;
  }
}

/** A service that runs for months prints nothing but its log, unless it was asked to. */
function printer(io: Io, { json, once }: ObserveOptions): (report: ObservationReport) => void {
  if (json === true) return (report) => io.out(`${JSON.stringify(report)}\n`);
  return once === true ? (report) => io.out(reportText(report)) : () => undefined;
}
