import { counted, table, visible } from '@watchbill/base';
import type { SweepReport, SweepResult } from '@watchbill/fleet/simulate';

const HEADERS = [
  'validators',
  'blocks',
  'mean',
  'p50',
  'p99',
  'longest',
  'longest gap',
  'block time',
  'final blocks/s',
];

/** A report as people read it. */
export function sweepTable({ settings, machine, results }: SweepReport): string {
  const head = `import to finality, ${counted(settings.blocks, 'block')} after block ${settings.warmupBlocks}; ${counted(machine.cpus, 'core')}, ${machine.platform}\n`;
  return results.length === 0
    ? `${head}nothing was measured\n`
    : `${head}${table(HEADERS, results.map(row))}`;
}

/** One size as a line. */
export function resultLine(result: SweepResult): string {
  if (result.outcome === 'failed')
    return visible(`failed   ${counted(result.validators, 'validator')}: ${result.why}`);
  const { lagMs, firstBlock, lastBlock, tookSeconds } = result;
  return `done     ${counted(result.validators, 'validator')}: blocks ${firstBlock} to ${lastBlock}, mean ${seconds(lagMs.mean)}, p99 ${seconds(lagMs.p99)} (${tookSeconds.toFixed(0)} s)`;
}

function row(result: SweepResult): readonly string[] {
  if (result.outcome === 'failed') return [String(result.validators), 'failed', result.why];
  const { blocks, lagMs, longestGapMs, blockTimeMs, finalisedPerSecond } = result;
  return [
    String(result.validators),
    String(blocks.length),
    ...[lagMs.mean, lagMs.p50, lagMs.p99, lagMs.longest, longestGapMs, blockTimeMs].map(seconds),
    finalisedPerSecond === null ? '-' : finalisedPerSecond.toFixed(2),
  ];
}

function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1_000).toFixed(2)} s`;
}
