import type { Clock } from '@watchbill/base';
import type { Logger } from 'pino';
import type { Api } from '../../client/api.ts';
import { problemOf } from './problems.ts';

/** A kind of report that services of older releases do not take. */
export interface ReportRoute {
  /** False while the service is known not to take such reports. */
  readonly isOpen: () => boolean;
  /** Sends a report. False if the service does not take such reports. Throws any other Fault. */
  readonly send: (report: unknown) => Promise<boolean>;
}

/** A service may be upgraded while its observer runs. */
const ASK_AGAIN_MS = 5 * 60_000;

/** `untaken`: the one line in the log while the service takes no such reports. */
export function reportRoute(
  { api, log, clock }: { readonly api: Pick<Api, 'send'>; readonly log: Logger; readonly clock: Clock },
  path: string,
  untaken: { readonly event: string; readonly text: string },
): ReportRoute {
  let untakenAtMs: number | null = null;
  return {
    isOpen: () => untakenAtMs === null || clock.monotonicMs() - untakenAtMs >= ASK_AGAIN_MS,
    send: async (report) => {
      try {
        await api.send('POST', path, report);
        untakenAtMs = null;
        return true;
      } catch (error) {
        if (problemOf(error).code !== 'no-such-route') throw error;
        if (untakenAtMs === null) log.warn({ event: untaken.event }, untaken.text);
        untakenAtMs = clock.monotonicMs();
        return false;
      }
    },
  };
}
