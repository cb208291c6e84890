import type { Command } from 'commander';
import { type Context, withExamples } from '../../../context.ts';
import { EXIT } from '../../../exit.ts';
import { fault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { readSweepReport, type SweepFlags, type SweepOrder, sweepOrder } from './sweep-order.ts';
import { runSweep } from './sweep-run.ts';
import { sweepTable } from './sweep-text.ts';

/** `fleet simulate sweep`: how finality changes with the number of validators, on real nodes. */
export function addSweep(parent: Command, { io }: Context): void {
  const command = parent
    .command('sweep')
    .description(
      'measure the time from import to finality over growing sets of validators: for each size a throw-away network of real nodes on this machine, one after the other',
    )
    .option('--command <file>', 'the node')
    .option('--sizes <list>', 'how many validators, one network for each', '1,2,4,6')
    .option('--spec <file>', 'specification of each size; {validators} stands for the size')
    .option('--chain <name>', 'or a chain that the node knows, with {validators} in its name')
    .option(
      '--spec-command <line>',
      'or a program with arguments that prints one, with {validators}; no shell',
    )
    .option('--flag <flags...>', 'flags that only this node has', [])
    .option('--keys <types>', 'session keys of validators', 'babe,gran,imon,audi')
    .option(
      '--names <list>',
      'names of validators, in the order of the chains',
      'alice,bob,charlie,dave,eve,ferdie',
    )
    .option('--warmup <blocks>', 'first blocks of each chain, which are not measured', '5')
    .option('--blocks <blocks>', 'blocks that are measured', '20')
    .option('--timeout <seconds>', 'the longest that one size may take to measure', '300')
    .option('--start-seconds <seconds>', 'the longest until every node answers', '60')
    .option('--report <file>', 'where each size is kept as soon as it is measured (default: sweep.json)')
    .option('--continue', 'go on with a report: sizes that are measured stay as they are')
    .option('--show <file>', 'print the table of a report and end: nothing is started')
    .option('--json', 'print one line of JSON for each thing that happens; with --show the report')
    // A flag that `simulate` knows too is taken by that.
    .action((_own, one: Command) => sweep(io, one.optsWithGlobals<SweepFlags>()));
  withExamples(command, [
    "watchbill fleet simulate sweep --command ./node --spec 'chain-{validators}.json' --sizes 1,2,4,6",
    "watchbill fleet simulate sweep --command ./node --spec-command './node spec --preset dev{validators}' --continue",
    'watchbill fleet simulate sweep --show sweep.json',
  ]);
}

async function sweep(io: Io, flags: SweepFlags): Promise<void> {
  if (flags.show !== undefined) {
    const report = await readSweepReport(io, flags.show, 'flag --show');
    io.out(flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : sweepTable(report));
    return;
  }
  const order = await sweepOrder(io, flags);
  const { report, interrupted } = await runSweep(io, order, flags);
  io.out(flags.json === true ? `${JSON.stringify({ kind: 'report', ...report })}\n` : sweepTable(report));
  refuseUnmeasured(order, report, interrupted);
}

function refuseUnmeasured(
  { sizes, file }: SweepOrder,
  { results }: Awaited<ReturnType<typeof runSweep>>['report'],
  interrupted: boolean,
): void {
  const missing = sizes.filter(
    (size) => !results.some(({ validators, outcome }) => validators === size && outcome === 'measured'),
  );
  if (missing.length === 0) return;
  const failed = results.flatMap((result) =>
    result.outcome === 'failed' && missing.includes(result.validators)
      ? [`${result.validators}: ${result.why} (${result.remedy})`]
      : [],
  );
  throw fault('sweep', EXIT.fault, {
    what: interrupted
      ? `it was interrupted; not measured: ${missing.join(', ')}`
      : `not measured: ${failed.join('; ')}`,
    where: file,
    remedy: 'what was measured is kept; go on with --continue',
  });
}
