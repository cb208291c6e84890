import { counted } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import { lines, print } from '@watchbill/kit/command/print';
import { type Command, Option } from 'commander';
import type { Finding, LintResult } from '../../index.ts';
import { textOf } from '../inputs.ts';
import { resultOf } from '../problems.ts';

interface LintFlags {
  readonly network: 'kusama' | 'polkadot';
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** `candidates lint`: all errors and warnings of a candidate list. */
export function addLint(parent: Command, context: Context): void {
  const command = parent
    .command('lint')
    .argument('<file>', 'candidate list, JSON')
    .description('list all errors and warnings of a candidate list, with line and remedy')
    .addOption(
      new Option('--network <name>', 'network whose rules apply')
        .choices(['kusama', 'polkadot'])
        .default('polkadot'),
    )
    .option('--strict', 'exit 3 for warnings too')
    .option('--json', 'print JSON')
    .action((file: string, options: LintFlags) => lint(context, file, options));
  withExamples(withStatuses(command, { denied: 'the list has an error; with --strict also a warning' }), [
    'watchbill nominate candidates lint candidates.json',
    'watchbill nominate candidates lint kusama.json --network kusama --strict --json',
  ]);
}

async function lint({ io, exit }: Context, file: string, options: LintFlags): Promise<void> {
  const { findingLine, lintCandidates } = await import('../../index.ts');
  const { network } = options;
  const result = await resultOf(
    lintCandidates({ text: textOf(io, file, 'name a candidate list, a JSON file'), network }),
    {},
  );
  const { report, clean } = result;
  const document = {
    file,
    network,
    clean,
    entryCount: report.entryCount,
    loadableCount: report.candidates.length,
    freeSlotCount: report.freeSlotCount,
    counts: report.counts,
    findings: report.findings,
  };
  print(io, options.json, document, () =>
    lines([
      ...report.findings.map((finding) => findingLine(finding).replace(/^line /, `${file}:`)),
      ...summary(file, network, result),
    ]),
  );
  const tooOdd = options.strict === true && count(report.findings, 'warning') > 0;
  if (!clean || tooOdd) exit(EXIT.denied);
}

function count(findings: readonly Finding[], severity: Finding['severity']): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

function otherNetwork(network: LintFlags['network']): LintFlags['network'] {
  return network === 'kusama' ? 'polkadot' : 'kusama';
}

function summary(
  file: string,
  network: LintFlags['network'],
  { report, clean }: LintResult,
): readonly string[] {
  const { findings, entryCount, candidates } = report;
  const of = (severity: Finding['severity']) => counted(count(findings, severity), severity);
  const found = `${of('error')}, ${of('warning')}, ${of('note')}`;
  const strangers = report.counts['wrong-prefix'] ?? 0;
  return [
    `${file}: ${counted(entryCount, 'entry', 'entries')} by the rules of ${network}: ${found}`,
    clean
      ? 'the list can be loaded'
      : `correct the errors first: the list is refused with them; ${candidates.length} of ${counted(entryCount, 'entry has', 'entries have')} none`,
    ...(strangers > entryCount / 2
      ? [`most stashes have the prefix of another network; try --network ${otherNetwork(network)}`]
      : []),
  ];
}
