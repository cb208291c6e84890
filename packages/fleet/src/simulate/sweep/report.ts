import { z } from 'zod';

export const SWEEP_FORMAT = 'watchbill/sweep-report/1';

const ms = z.number().min(0);
const count = z.int().min(0);

const spread = z.strictObject({ samples: count, mean: ms, p50: ms, p99: ms, longest: ms });

const measured = z.strictObject({
  validators: z.int().min(1),
  outcome: z.literal('measured'),
  firstBlock: count,
  lastBlock: count,
  lagMs: spread,
  longestGapMs: ms.nullable(),
  blockTimeMs: ms.nullable(),
  finalisedPerSecond: z.number().positive().nullable(),
  blocks: z.array(z.strictObject({ number: count, hash: z.string(), lagMs: z.record(z.string(), ms) })),
  tookSeconds: ms,
});

const failed = z.strictObject({
  validators: z.int().min(1),
  outcome: z.literal('failed'),
  why: z.string(),
  remedy: z.string(),
  tookSeconds: ms,
});

const settings = z.strictObject({
  /** SHA-256 of the node. */
  programSha256: z.string(),
  /** What the chain was made from, as it was given. */
  chain: z.string(),
  flags: z.array(z.string()),
  keyTypes: z.record(z.string(), z.string()),
  names: z.array(z.string()),
  warmupBlocks: count,
  blocks: z.int().min(1),
});

/** What a sweep came to. A later sweep with the same settings adds to it. */
export const sweepReportShape = z.strictObject({
  format: z.literal(SWEEP_FORMAT),
  settings,
  /** Where it was measured: figures of different machines are not compared. */
  machine: z.strictObject({ platform: z.string(), cpus: count, memoryGiB: z.number() }),
  results: z.array(
    z.discriminatedUnion('outcome', [
      measured.extend({ at: z.iso.datetime() }),
      failed.extend({ at: z.iso.datetime() }),
    ]),
  ),
});
export type SweepReport = z.output<typeof sweepReportShape>;
export type SweepResult = SweepReport['results'][number];
export type SweepSettings = z.output<typeof settings>;

/** The report with one more result, by size; it takes the place of an earlier one of its size. Pure. */
export function withResult(report: SweepReport, result: SweepResult): SweepReport {
  const others = report.results.filter(({ validators }) => validators !== result.validators);
  const results = [...others, result].sort((one, other) => one.validators - other.validators);
  return { ...report, results };
}

/** The sizes that are still to be measured. Pure. */
export function sizesLeft(report: SweepReport, sizes: readonly number[]): readonly number[] {
  const done = new Set(
    report.results.filter(({ outcome }) => outcome === 'measured').map(({ validators }) => validators),
  );
  return sizes.filter((size) => !done.has(size));
}

/** Names of the settings in which two differ: their figures are not of one sweep. Pure. */
export function settingsThatDiffer(one: SweepSettings, other: SweepSettings): readonly string[] {
  return (Object.keys(one) as (keyof SweepSettings)[]).filter(
    (key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]),
  );
}
