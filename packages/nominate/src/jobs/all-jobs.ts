import type { Job } from './job.ts';
import { candidatesJob } from './work/candidates.ts';
import { historyJob } from './work/history.ts';
import { noticesJob, retentionJob } from './work/keeping.ts';
import { outcomesJob } from './work/outcomes.ts';
import { kusamaJob, releasesJob } from './work/outside.ts';
import { placesJob } from './work/places.ts';
import { roundJob } from './work/round.ts';
import { snapshotJob } from './work/snapshot.ts';
import { standingsJob } from './work/standings.ts';
import { telemetryJob } from './work/telemetry.ts';
import { transactionsJob } from './work/transactions.ts';
import { payoutsJob, watchJob } from './work/watch.ts';

/** All jobs of a programme, each after its dependencies. */
export const JOBS: readonly Job[] = [
  candidatesJob,
  releasesJob,
  kusamaJob,
  telemetryJob,
  placesJob,
  snapshotJob,
  historyJob,
  standingsJob,
  roundJob,
  transactionsJob,
  outcomesJob,
  payoutsJob,
  watchJob,
  noticesJob,
  retentionJob,
];
