import { counted, digestOfText, Fault, table, visible } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { whole } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import { short } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import type { Backtest } from '../index.ts';
import { addModuleOption, type GivenText, loadModules, readData, readRound } from './inputs.ts';
import { type Documents, resultOf } from './problems.ts';

interface BacktestFlags {
  readonly change: string;
  readonly module?: readonly string[];
  readonly limit: number;
  readonly json?: boolean;
}

const CHANGE_REMEDY = 'part 9 of `watchbill docs nominate` shows one; a part replaces the old one whole';

/** `nominate backtest`: stored rounds decided once more with other rules. */
export function addBacktest(parent: Command, context: Context): void {
  const command = parent
    .command('backtest')
    .argument('<files...>', 'stored rounds')
    .description(
      'decide stored rounds again with other rules, and list the candidates that would gain or lose',
    )
    .requiredOption(
      '--change <file>',
      'whole parts of a programme that replace the present ones, YAML or JSON: profile, weights, caps, checks, rank, tiers, round',
    );
  addModuleOption(command)
    .option(
      '--limit <n>',
      'how many candidates to print; JSON has all',
      whole('--limit', 'candidates', 1, 9_999_999),
      20,
    )
    .option('--json', 'print JSON')
    .action((files: readonly string[], options: BacktestFlags) => run(context, files, options));
  withExamples(command, [
    'watchbill nominate backtest round.json --change change.yaml',
    'watchbill nominate backtest rounds/*.json --change weights.json --json',
  ]);
}

async function run({ io }: Context, files: readonly string[], options: BacktestFlags): Promise<void> {
  const { backtestFromTexts } = await import('../index.ts');
  const rounds = files.map((file) => readRound(io, file));
  await refuseTwice(rounds);
  const change = readData(io, options.change, CHANGE_REMEDY, 'write the parts that change into a file');
  const modules = await loadModules(io, options.module);
  const texts = rounds.map(({ text }) => text);
  const found = await resultOf(backtestFromTexts(texts, change.text, modules), documentsOf(rounds, change));
  refuseUnreadable(found, files);
  const named = found.rounds.map((round, at) => ({ file: files[at] ?? '', ...round }));
  const { candidates } = found;
  print(io, options.json, { rounds: named, candidates }, () =>
    backtestText(named, candidates, options.limit),
  );
}

/** One round that is named twice, or a copy of it, would count twice. */
async function refuseTwice(rounds: readonly GivenText[]): Promise<void> {
  const { decodeStored } = await import('../index.ts');
  const seen = new Map<string, string>();
  const problems = rounds.flatMap(({ file, text }) => {
    const read = decodeStored(text);
    const digest = digestOfText(read.ok ? read.stored.record : text);
    const first = seen.get(digest);
    seen.set(digest, first ?? file);
    if (first === undefined) return [];
    const what = `${visible(file)} is the same round as ${visible(first)}, and would count twice`;
    return [{ what, where: visible(file), remedy: 'name each round once' }];
  });
  if (problems.length > 0) throw new Fault('same-round', 'usage', problems);
}

/** Paths of problems begin with the position of the round. */
function documentsOf(rounds: readonly GivenText[], change: GivenText): Documents {
  const fileOf = (path: string) => rounds[Number(path.split('.')[0])]?.file ?? 'a stored round';
  const [first] = rounds;
  return { change, ...(first === undefined ? {} : { round: { ...first, whereIs: fileOf } }) };
}

function refuseUnreadable({ unreadable }: Backtest, files: readonly string[]): void {
  if (unreadable.length === 0) return;
  const problems = unreadable.map((at) => ({
    what: 'the round cannot be read',
    where: files[at] ?? null,
    remedy: 'see why with `watchbill nominate round replay`, or leave it out',
  }));
  throw new Fault('bad-round', 'usage', problems);
}

type NamedRound = Backtest['rounds'][number] & { readonly file: string };

function backtestText(
  rounds: readonly NamedRound[],
  candidates: Backtest['candidates'],
  limit: number,
): string {
  const rows = rounds.map(({ file, era, gained, lost, lostElected, refusal }) => [
    file,
    String(era),
    String(gained.length),
    String(lost.length),
    String(lostElected),
    refusal === null ? '' : `no round: ${refusal.code}: ${refusal.detail}`,
  ]);
  const shown = candidates
    .slice(0, limit)
    .map(({ name, stashKey, gained, lost }) => [short(name), String(gained), String(lost), stashKey]);
  const rest = candidates.length - shown.length;
  return [
    table(['round', 'era', 'gain', 'lose', 'of these elected', ''], rows),
    '\n',
    shown.length === 0 ? '' : `${table(['candidate', 'gained', 'lost', 'stash'], shown)}\n`,
    lines([
      `${counted(candidates.length, 'candidate')} of ${counted(rounds.length, 'round')} would have another result${rest === 0 ? '' : `, ${rest} not shown (--limit)`}`,
    ]),
  ].join('');
}
