import type { Budget } from '@watchbill/testkit/bench/budgets';
import {
  type Figures,
  type PhaseName,
  p50,
  p99,
  type Results,
  rate,
  ratioOver,
  type ServiceName,
  serviceProcessor,
  writtenBytes,
} from './results.ts';

interface Ratio {
  readonly name: string;
  readonly phase: PhaseName;
  readonly of: readonly [ServiceName, ServiceName];
  readonly value: (figures: Figures) => number;
  readonly limit: number;
  readonly bound: Budget['bound'];
}

const embedded = (peer: ServiceName): readonly [ServiceName, ServiceName] => ['watchbill-sqlite', peer];

/** Every budget is a ratio of two services in one run: the median of its rounds. */
const RATIOS: readonly Ratio[] = [
  { name: 'rate64ToPostgres', phase: 'c64', of: embedded('postgres'), ...atLeast(rate, 2) },
  { name: 'rate256ToPostgres', phase: 'c256', of: embedded('postgres'), ...atLeast(rate, 2) },
  { name: 'rate64ToTwoLogs', phase: 'c64', of: embedded('logs'), ...atLeast(rate, 0.6) },
  { name: 'rate256ToTwoLogs', phase: 'c256', of: embedded('logs'), ...atLeast(rate, 0.6) },
  { name: 'p50ToTwoLogs', phase: 'one', of: embedded('logs'), ...atMost(p50, 1.15) },
  { name: 'openP50ToPostgres', phase: 'open', of: embedded('postgres'), ...atMost(p50, 1) },
  { name: 'openP99ToPostgres', phase: 'open', of: embedded('postgres'), ...atMost(p99, 1) },
  { name: 'serviceProcessorToHttp', phase: 'c256', of: embedded('http'), ...atMost(serviceProcessor, 2) },
  {
    name: 'etcdServiceProcessorToHttp',
    phase: 'c256',
    of: ['watchbill-etcd', 'http'],
    ...atMost(serviceProcessor, 2),
  },
  { name: 'bytesToPostgres', phase: 'one', of: embedded('postgres'), ...atMost(writtenBytes, 2) },
];

function atLeast(value: Ratio['value'], limit: number) {
  return { value, limit, bound: 'at least' } as const;
}

function atMost(value: Ratio['value'], limit: number) {
  return { value, limit, bound: 'at most' } as const;
}

/** The budgets of a run with what it measured. */
export function budgetsOf(results: Pick<Results, 'rounds'>): readonly Budget[] {
  return RATIOS.map(({ name, phase, of, value, limit, bound }) => ({
    ...{ name, limit, bound, unit: 'x' },
    value: ratioOver(results, phase, of, value).middle,
  }));
}
