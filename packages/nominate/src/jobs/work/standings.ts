import { counted } from '@watchbill/kit';
import { programmeDigest } from '../../rounds/programme.ts';
import type { Job } from '../job.ts';
import { rulesOf } from './thread-rules.ts';

const MINUTE_MS = 60_000;

/** Judges and scores every candidate of the newest snapshot, for pages and the API. */
export const standingsJob: Job = {
  name: 'standings',
  everyMs: 5 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['snapshot', 'history'],
  run: async (context) => {
    const { store, settings, world, signal } = context;
    const newest = await store.snapshots.newest();
    const of = await store.standings.of();
    const programme = programmeDigest(settings.programme);
    if (newest === null) return 'there is no snapshot yet';
    if (of?.snapshot === newest.digest && of.programme === programme)
      return 'no snapshot since the last time';
    const made = await world.desk.standings(newest, rulesOf(settings), signal);
    if (made === null) return 'the newest snapshot cannot be read';
    return `${made.valid} of ${counted(made.count, 'candidate is', 'candidates are')} valid`;
  },
};
