import type { Law } from './harness.ts';
import { concurrencyLaws } from './laws-concurrency.ts';
import { faultLaws } from './laws-faults.ts';
import { leaseLaws } from './laws-leases.ts';
import { lifecycleLaws } from './laws-lifecycle.ts';
import { listLaws } from './laws-list.ts';
import { recordLaws } from './laws-records.ts';
import { transactionLaws } from './laws-transactions.ts';
import { watchLaws } from './laws-watch.ts';

/** Every law of the port, in the order in which a new adapter is best built. */
export const laws: readonly Law[] = [
  ...recordLaws,
  ...listLaws,
  ...transactionLaws,
  ...concurrencyLaws,
  ...watchLaws,
  ...leaseLaws,
  ...lifecycleLaws,
  ...faultLaws,
];
