import { figure } from '@watchbill/testkit/bench/budgets';
import type { PatientLatency } from '../load/patient-load.ts';
import type { Collections } from './collections.ts';

/** The latency of all claims of one kind of trouble, and the garbage that the service collected meanwhile. */
export interface Met extends PatientLatency {
  /** For example `etcd: the leader is killed`. */
  readonly name: string;
  readonly collections: Collections;
}

/** The heads of a table of {@link troubleRow}. */
export const TROUBLE_HEADS: readonly string[] = [
  ...['', 'p50', 'p99', 'p99.9', 'longest', 'longest gap', 'asked again', 'longest collection'],
];

/** One kind of trouble as a row: latencies in ms, the longest time between two grants, repeated requests. */
export function troubleRow({ collections, ...met }: Met): readonly string[] {
  const { p50Ms, p99Ms, p999Ms, maxMs, longestGapMs } = met;
  return [
    met.name,
    ...[p50Ms, p99Ms, p999Ms, maxMs, longestGapMs].map((ms) => figure(ms, 'ms')),
    String(met.askedAgain),
    figure(collections.longestMs, 'ms'),
  ];
}
