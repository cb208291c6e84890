import { resolve } from 'node:path';
import type { Io } from '@watchbill/kit/command/io';
import { openLog } from '@watchbill/kit/command/log';
import { print } from '@watchbill/kit/command/print';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import { KEY_KINDS } from '../../custody/key-name.ts';
import { viewKeystore } from '../../custody/keystore-view.ts';
import { uptimeMs } from '../../run/memory.ts';
import { allEvents } from '../../run/parts.ts';
import { runShadow } from '../../run/shadow.ts';
import type { Flags } from './flags.ts';
import { openGround, openMetrics, validatorOf } from './inputs.ts';
import { shadowLog } from './shadow-log.ts';
import { shadowTally, tallyText } from './shadow-tally.ts';

type ShadowFlags = Flags<
  'keystore' | 'database' | 'rpc' | 'witness',
  'validator' | 'metricsPort' | 'seconds' | 'json'
>;

/** Decides beside the node that runs, for some seconds or until SIGTERM, and writes nothing. */
export async function shadow(io: Io, options: ShadowFlags): Promise<void> {
  const { parts, close } = await openGround(io, options);
  const log = openLog(io, { level: 'info', format: io.outIsTerminal ? 'text' : 'json' });
  const stop = stopOnSignal(io, log, 0);
  const over = new AbortController();
  void stop.asked.then(() => over.abort());
  const { seconds, validator } = options;
  if (seconds !== undefined) void io.clock.sleep(seconds * 1_000, over.signal).then(() => over.abort());
  const metrics = await openMetrics(options, log, KEY_KINDS, { labels: { mode: 'shadow' } });
  const tally = shadowTally(uptimeMs);
  const given = {
    validator: validator === undefined ? null : validatorOf(validator),
    keystore: viewKeystore(resolve(io.cwd, options.keystore)),
    events: allEvents(shadowLog(log), metrics?.eventsOf(null) ?? {}, tally.events),
  };
  try {
    await runShadow({ ...parts, ...given }, over.signal);
  } finally {
    stop.forget();
    over.abort();
    await metrics?.close();
    close();
  }
  const seen = tally.seen();
  print(io, options.json, seen, () => tallyText(seen));
}
