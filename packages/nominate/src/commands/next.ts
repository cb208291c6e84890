import { table } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { whole } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import { points, short } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import type { CandidateEntry } from '../index.ts';
import { readRound } from './inputs.ts';
import { resultOf } from './problems.ts';

interface NextFlags {
  readonly limit: number;
  readonly json?: boolean;
}

/** `nominate next`: who comes next. */
export function addNext(parent: Command, context: Context): void {
  const command = parent
    .command('next')
    .argument('<file>', 'stored round')
    .description('list the eligible candidates of a stored round without a nomination, best first')
    .option('--limit <n>', 'how many', whole('--limit', 'rows', 1, 9_999_999), 10)
    .option('--json', 'print JSON')
    .action((file: string, options: NextFlags) => next(context, file, options));
  withExamples(command, [
    'watchbill nominate next round.json',
    'watchbill nominate next round.json --limit 3',
  ]);
}

async function next({ io }: Context, file: string, { limit, json }: NextFlags): Promise<void> {
  const { nextFromText } = await import('../index.ts');
  const round = readRound(io, file);
  const found = await resultOf(nextFromText(round.text, limit), { round });
  print(io, json, { file, candidates: found }, () => nextText(found));
}

function nextText(candidates: readonly CandidateEntry[]): string {
  if (candidates.length === 0) return lines(['none: every eligible candidate is nominated']);
  const rows = candidates.map(({ position, slotId, name, score, decision }) => [
    String(position ?? ''),
    String(slotId),
    short(name),
    score === null ? '' : points(score.total),
    decision.code,
    decision.detail,
  ]);
  return table(['position', 'slot', 'name', 'points', 'decision', 'because'], rows);
}
