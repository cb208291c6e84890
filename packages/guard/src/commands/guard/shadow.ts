import { resolve } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import { openLog } from '@watchbill/kit/command/log';
import { print } from '@watchbill/kit/command/print';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import { bootId } from '@watchbill/kit/files';
import { viewKeystore } from '../../custody/keystore-view.ts';
import { serveMetrics } from '../../metrics/http.ts';
import { shadowMetrics } from '../../metrics/metrics.ts';
import { folderIdentity, uptimeMs } from '../../run/memory.ts';
import { allEvents } from '../../run/parts.ts';
import { runShadow } from '../../run/shadow.ts';
import { DEFAULT_RULES } from '../../run/verdict.ts';
import type { Flags } from './flags.ts';
import { openNodes, validatorOf } from './inputs.ts';
import { shadowLog } from './shadow-log.ts';
import { shadowTally, tallyText } from './shadow-tally.ts';

type ShadowFlags = Flags<
  'keystore' | 'database' | 'rpc' | 'witness',
  'validator' | 'metricsPort' | 'seconds' | 'json'
>;

/** Decides beside the node that runs, for some seconds or until SIGTERM, and writes nothing. */
export async function shadow(io: Io, options: ShadowFlags): Promise<void> {
  const { parts, close } = await open(io, options);
  const log = openLog(io, { level: 'info', format: io.outIsTerminal ? 'text' : 'json' });
  const stop = stopOnSignal(io, log, 0);
  const over = new AbortController();
  void stop.asked.then(() => over.abort());
  const { seconds } = options;
  if (seconds !== undefined) void io.clock.sleep(seconds * 1_000, over.signal).then(() => over.abort());
  const metrics = shadowMetrics(uptimeMs);
  const port = options.metricsPort;
  const server = port === undefined ? null : await serveMetrics(port, metrics);
  if (server !== null) log.info({ event: 'metrics', url: server.url }, 'metrics are served');
  const tally = shadowTally(uptimeMs);
  const events = allEvents(shadowLog(log), metrics.events, tally.events);
  try {
    await runShadow({ ...parts, events }, over.signal);
  } finally {
    stop.forget();
    over.abort();
    await server?.close();
    close();
  }
  const seen = tally.seen();
  print(io, options.json, seen, () => tallyText(seen));
}

async function open(io: Io, options: ShadowFlags) {
  const { nodes, close } = await openNodes(options);
  const { validator } = options;
  const parts = {
    validator: validator === undefined ? null : validatorOf(validator),
    ...{ ...nodes, clock: io.clock, rules: DEFAULT_RULES, uptimeMs, boot: bootId() },
    keystore: viewKeystore(resolve(io.cwd, options.keystore)),
    database: () => folderIdentity(resolve(io.cwd, options.database)),
  };
  return { parts, close };
}
