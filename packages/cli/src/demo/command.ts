import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Context, withExamples } from '../process/context.ts';

interface Flags {
  readonly seconds?: number;
  readonly json?: boolean;
  readonly kills?: true | 'on' | 'off';
  readonly plain?: boolean;
  readonly slotMs: number;
  readonly port: number;
  readonly dir?: string;
}

/** `watchbill demo`: six validators, of which two are one identity, against a real permission service. */
export function fillDemo(command: Command, { io }: Pick<Context, 'io'>): void {
  command
    .usage('[options]')
    .option('--seconds <n>', 'run unattended for this long, then count and end', wholeNumber(1, 86_400))
    .addOption(
      new Option(
        '--kills [on|off]',
        'kill the node on watch at random moments (on with --seconds, else off)',
      ).choices(['on', 'off']),
    )
    .option('--json', 'print the final count as one JSON object')
    .option('--plain', 'print lines instead of the live view')
    .option('--slot-ms <ms>', 'length of a slot in milliseconds', wholeNumber(400, 60_000), 1_000)
    .option('--port <n>', 'port of the service; another one where it is taken', wholeNumber(0, 65_535), 8_450)
    .option('--dir <folder>', 'keep ledger, records and logs in this empty folder')
    .action(async (flags: Flags) => {
      const { seconds = null, json = false, plain = false, slotMs, port, dir: directory = null } = flags;
      const { runDemo } = await import('./run.ts');
      const kills = flags.kills === undefined ? seconds !== null : flags.kills !== 'off';
      process.exitCode = await runDemo({ seconds, json, kills, plain, slotMs, port, directory }, io);
    });
  command
    .command('validator <config>', { hidden: true })
    .description('one validator process of the demonstration')
    .action(async (config: string) => (await import('./validator.ts')).validatorMain(config));
  withExamples(command, [
    'watchbill demo',
    'watchbill demo --kills',
    'watchbill demo --seconds 90 --json',
    'watchbill demo --seconds 60 --kills off --dir ./demo-run',
  ]);
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  };
}
