import type { Job } from '../job.ts';

const MINUTE_MS = 60_000;

/**
 * Sends new and ended notices to the channels. If a channel rejects a message, the next run sends it again.
 */
export const noticesJob: Job = {
  name: 'notices',
  everyMs: MINUTE_MS,
  deadlineMs: 2 * MINUTE_MS,
  after: ['watch'],
  run: ({ world, signal }) => world.deliver(signal),
};

/** Deletes rows that are older than the bounds. */
export const retentionJob: Job = {
  name: 'retention',
  everyMs: 24 * 60 * MINUTE_MS,
  deadlineMs: 30 * MINUTE_MS,
  after: ['outcomes'],
  run: async ({ store, settings }) => {
    const forgot = Object.entries(await store.prune(settings.retention)).filter(([, count]) => count > 0);
    return forgot.length === 0
      ? 'no row was old enough'
      : `forgot ${forgot.map(([name, count]) => `${count} ${name}`).join(', ')}`;
  },
};
