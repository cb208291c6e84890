import { type Quartiles, quartiles } from '@watchbill/testkit/bench/statistics';

/** Every service that is measured, in the order of the page. */
export const SERVICES = [
  'watchbill-sqlite',
  'watchbill-etcd',
  'postgres',
  'etcd',
  'sqlite',
  'logs',
  'http',
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** How the load asks: `perSecond` for an open loop, else each connection asks again when it is answered. */
export interface Phase {
  readonly name: 'one' | 'c64' | 'c256' | 'open';
  readonly title: string;
  readonly connections: number;
  readonly perSecond?: number;
}

export const PHASES: readonly Phase[] = [
  { name: 'one', title: '1 connection', connections: 1 },
  { name: 'c64', title: '64 connections', connections: 64 },
  { name: 'c256', title: '256 connections', connections: 256 },
  { name: 'open', title: '500 claims/s', connections: 64, perSecond: 500 },
];
export type PhaseName = Phase['name'];

/** One service in one phase of one round. */
export interface Figures {
  readonly samples: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** For each grant: microseconds of processor, and bytes of service and store together. */
  readonly serviceUs: number;
  readonly storeUs: number;
  readonly writtenBytes: number;
  /** When the phase ended, in millions of bytes. */
  readonly serviceMb: number;
  readonly storeMb: number;
}
export type FigureName = keyof Figures;

export type Round = Readonly<Record<PhaseName, Readonly<Record<ServiceName, Figures>>>>;

/** What one run found. */
export interface Results {
  readonly etcd: string;
  readonly postgres: string;
  /** Length of a phase. */
  readonly seconds: number;
  readonly rounds: readonly Round[];
}

const FIGURES: readonly FigureName[] = [
  'samples',
  'perSecond',
  'p50Ms',
  'p99Ms',
  'serviceUs',
  'storeUs',
  'writtenBytes',
  'serviceMb',
  'storeMb',
];
const REMEDY = 'take them again with: npm run bench -- peers --save';

/** The results in a saved run. Throws if it lacks a figure of a service. */
export function readResults<Run extends object>(saved: Run, file: string): Run & Results {
  const results = saved as Run & Results;
  if (!Array.isArray(results.rounds) || results.rounds.length === 0)
    throw new Error(`${file} has no rounds; ${REMEDY}`);
  for (const [index, round] of results.rounds.entries())
    for (const { name: phase } of PHASES)
      for (const service of SERVICES)
        for (const figure of FIGURES)
          if (!Number.isFinite(round?.[phase]?.[service]?.[figure]))
            throw new Error(`${file}: rounds[${index}].${phase}.${service} has no ${figure}; ${REMEDY}`);
  return results;
}

/** A figure of a service over the rounds. */
export function figureOver(
  { rounds }: Pick<Results, 'rounds'>,
  phase: PhaseName,
  service: ServiceName,
  value: (figures: Figures) => number,
): Quartiles {
  return quartiles(rounds.map((round) => value(round[phase][service])));
}

/**
 * The ratio of a service to a peer: the quartiles of the ratios of the single rounds, since both sides of a
 * round met the same machine.
 */
export function ratioOver(
  { rounds }: Pick<Results, 'rounds'>,
  phase: PhaseName,
  [service, peer]: readonly [ServiceName, ServiceName],
  value: (figures: Figures) => number,
): Quartiles {
  return quartiles(rounds.map((round) => value(round[phase][service]) / value(round[phase][peer])));
}

export const rate = ({ perSecond }: Figures): number => perSecond;
export const p50 = ({ p50Ms }: Figures): number => p50Ms;
export const p99 = ({ p99Ms }: Figures): number => p99Ms;
export const serviceProcessor = ({ serviceUs }: Figures): number => serviceUs;
export const processor = ({ serviceUs, storeUs }: Figures): number => serviceUs + storeUs;
export const writtenBytes = (figures: Figures): number => figures.writtenBytes;
export const memory = ({ serviceMb, storeMb }: Figures): number => serviceMb + storeMb;
