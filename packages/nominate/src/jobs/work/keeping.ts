import type { Job } from '../job.ts';

const MINUTE_MS = 60_000;

/** Tells people what is open and not told yet. What a channel does not take waits for the next time. */
export const noticesJob: Job = {
  name: 'notices',
  everyMs: MINUTE_MS,
  deadlineMs: 2 * MINUTE_MS,
  after: ['watch'],
  run: ({ world, signal }) => world.deliver(signal),
};

/** Forgets what is older than the bounds. */
export const retentionJob: Job = {
  name: 'retention',
  everyMs: 24 * 60 * MINUTE_MS,
  deadlineMs: 30 * MINUTE_MS,
  after: ['outcomes'],
  run: async ({ store, settings }) => {
    const forgot = Object.entries(await store.prune(settings.retention)).filter(([, count]) => count > 0);
    return forgot.length === 0
      ? 'nothing was old enough'
      : `forgot ${forgot.map(([name, count]) => `${count} ${name}`).join(', ')}`;
  },
};
