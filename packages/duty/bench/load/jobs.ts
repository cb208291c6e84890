import { answerParent } from '@watchbill/testkit/bench/child';
import {
  type ClosedLoop,
  closedLoop,
  type OneByOne,
  type OpenLatency,
  type OpenLoop,
  type Operation,
  oneByOne,
  openLoop,
  type Throughput,
} from '@watchbill/testkit/bench/pace';
import type { Latency } from '@watchbill/testkit/bench/statistics';

/** What a load process can be asked to do, and what it answers. Travels as JSON. */
export type Job =
  | ({ readonly kind: 'one-by-one' } & OneByOne)
  | ({ readonly kind: 'closed-loop' } & ClosedLoop)
  | ({ readonly kind: 'open-loop' } & OpenLoop);

export interface Results {
  readonly 'one-by-one': Latency;
  readonly 'closed-loop': Throughput;
  readonly 'open-loop': OpenLatency;
}

/**
 * Be a load process: the first message of the parent is the set-up, each further one a job. Ends when the
 * parent is gone. Nothing of the load runs in the process that measures nothing, so it costs no more than
 * what it asks.
 */
export function serveJobs<SetUp>(setUp: (options: SetUp) => Promise<Operation>): void {
  let operation: Operation | null = null;
  answerParent(async (message) => {
    if (operation !== null) return run(message as Job, operation);
    operation = await setUp(message as SetUp);
    return null;
  });
}

function run(job: Job, operation: Operation): Promise<unknown> {
  if (job.kind === 'one-by-one') return oneByOne(job, operation);
  return job.kind === 'closed-loop' ? closedLoop(job, operation) : openLoop(job, operation);
}
