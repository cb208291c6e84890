import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Io } from './io.ts';

/** The service manager of a unit with `Type=notify`; without one, no call has an effect. */
export interface Supervisor {
  /**
   * The program serves. From now on the watchdog is fed, as long as the event loop turns and `isAlive` holds.
   */
  ready(isAlive?: () => boolean): Promise<void>;
  /** The program ends in peace: no further message until it has ended. */
  stopping(): Promise<void>;
}

/** Sends one message such as `READY=1`. Rejects if the manager does not take it in time. */
export type Send = (message: string) => Promise<void>;

const SEND_MS = 5_000;

/** Node has no datagram sockets of the Unix kind; this program is a part of systemd. */
const bySystemdNotify: Send = async (message) => {
  await promisify(execFile)('systemd-notify', [message], { timeout: SEND_MS });
};

/**
 * Reads `NOTIFY_SOCKET` and `WATCHDOG_USEC` (sd_notify(3), sd_watchdog_enabled(3)). `failed` gets the reason
 * of a message that was not sent. The program goes on, and the manager restarts it if it misses the watchdog.
 */
export function supervisorOf(
  { env, clock }: Pick<Io, 'env' | 'clock'>,
  failed: (reason: string) => void,
  send: Send = bySystemdNotify,
): Supervisor {
  if (env.NOTIFY_SOCKET === undefined)
    return { ready: async () => undefined, stopping: async () => undefined };
  const ended = new AbortController();
  const say = (message: string) => send(message).catch((error: unknown) => failed(String(error)));
  const watchdogMs = Number(env.WATCHDOG_USEC ?? 0) / 1_000;
  const feed = async (isAlive: () => boolean): Promise<void> => {
    for (;;) {
      await clock.sleep(watchdogMs / 3, ended.signal);
      if (ended.signal.aborted) return;
      if (isAlive()) await say('WATCHDOG=1');
    }
  };
  return {
    ready: async (isAlive = () => true) => {
      await say('READY=1');
      if (watchdogMs > 0) void feed(isAlive);
    },
    stopping: async () => {
      ended.abort();
      await say('STOPPING=1');
    },
  };
}
