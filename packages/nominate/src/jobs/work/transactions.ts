import { counted } from '@watchbill/kit';
import type { Job } from '../job.ts';

const SECOND_MS = 1_000;

/** Runs one turn of each open intent on the newest finalised block. */
export const transactionsJob: Job = {
  name: 'transactions',
  everyMs: 6 * SECOND_MS,
  deadlineMs: 10 * 60 * SECOND_MS,
  after: [],
  run: async ({ store, world, signal }) => {
    if (world.transactions === null) return 'no transaction is sent: this is a dry run';
    const open = await store.intents.open();
    if (open.length > 0) await world.transactions.turn(signal);
    return counted(open.length, 'intent is open', 'intents are open');
  },
};
