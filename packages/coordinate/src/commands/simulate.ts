import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import { MOST_COUNT, whole } from '@watchbill/kit/command/numbers';
import { print } from '@watchbill/kit/command/print';
import { type Command, Option } from 'commander';
import { CONTROLS, type Control } from '../simulate/options.ts';
import { loadRuntime } from './runtime.ts';

interface SimulateFlags {
  readonly seed?: string;
  readonly windows: number;
  readonly members: number;
  readonly byzantine?: number;
  readonly control?: Control;
  readonly untilViolation?: boolean;
  readonly json?: boolean;
}

const SEED_BYTES = 6;

/** `coordinate simulate`: thousands of windows with crashes, partitions and Byzantine members. */
export function addCoordinateSimulate(parent: Command, context: Context): void {
  const command = parent
    .command('simulate')
    .description(
      'run the rules of quorum through many windows with crashes, partitions, full disks and Byzantine members',
    )
    .option('--seed <text>', 'decides everything; the same seed gives the same report (default: random)')
    .option('--windows <n>', 'how many windows', whole('--windows', 'windows', 0, MOST_COUNT), 1_000)
    .option('--members <n>', 'size of the group, 4 or more', whole('--members', 'members', 0, MOST_COUNT), 4)
    .option(
      '--byzantine <n>',
      'number of Byzantine members (default: as many as the group tolerates)',
      whole('--byzantine', 'members', 0, MOST_COUNT),
    )
    .addOption(
      new Option('--control <name>', 'break a rule on purpose: the checks must fail').choices(CONTROLS),
    )
    .option('--until-violation', 'stop at the window in which a check fails first')
    .option('--json', 'print JSON')
    .action((options: SimulateFlags) => run(context, options));
  withExamples(command, [
    'watchbill coordinate simulate',
    'watchbill coordinate simulate --seed 7 --windows 5000 --members 7 --json',
    'watchbill coordinate simulate --control no-lock --until-violation',
  ]);
}

async function run({ io, exit }: Context, options: SimulateFlags): Promise<void> {
  const { simulate, simulationText } = await loadRuntime();
  const { byzantine, control, untilViolation } = options;
  const seed = options.seed ?? Buffer.from(io.random.bytes(SEED_BYTES)).toString('hex');
  const report = checked(() =>
    simulate({
      seed,
      windows: options.windows,
      members: options.members,
      ...(byzantine === undefined ? {} : { byzantine }),
      ...(control === undefined ? {} : { control }),
      ...(untilViolation === undefined ? {} : { untilViolation }),
    }),
  );
  print(io, options.json, report, () => simulationText(report));
  // A control that no check notices is as bad as a check that fails without one.
  if (report.isClean !== (control === undefined)) exit(EXIT.fault);
}

function checked<Value>(run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw usageFault(error.message, 'see --help');
    throw error;
  }
}
