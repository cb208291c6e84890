import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { whole } from '@watchbill/kit/command/numbers';
import { type Command, Option } from 'commander';

interface Flags {
  readonly seconds?: number;
  readonly json?: boolean;
  readonly kills?: true | 'on' | 'off';
  readonly plain?: boolean;
  readonly slotMs: number;
  readonly port: number;
  readonly dir?: string;
}

/** Not the default port of `watchbill serve`, so that both can run on one machine. */
const PORT = 8_440;

/** `watchbill demo`: six validators, two of them with the same keys, against a real permission service. */
export function fillDemo(command: Command, { io }: Pick<Context, 'io'>): void {
  command
    .usage('[options]')
    .option(
      '--seconds <n>',
      'run unattended for this long, then count and end',
      whole('--seconds', 'seconds', 1, 86_400),
    )
    .addOption(
      new Option(
        '--kills [on|off]',
        'kill the node on watch at random moments (on with --seconds, else off)',
      ).choices(['on', 'off']),
    )
    .option('--json', 'print the final count as one JSON object')
    .option('--plain', 'print lines instead of the live view')
    .option(
      '--slot-ms <ms>',
      'length of a slot in milliseconds',
      whole('--slot-ms', 'milliseconds', 400, 60_000),
      1_000,
    )
    .option(
      '--port <n>',
      'port of the service; another one if it is taken',
      whole('--port', 'ports', 0, 65_535),
      PORT,
    )
    .option('--dir <folder>', 'keep ledger, records and logs in this empty folder')
    .action(async (flags: Flags) => {
      const { seconds = null, json = false, plain = false, slotMs, port, dir: directory = null } = flags;
      const { runDemo } = await import('./demo-run.ts');
      const kills = flags.kills === undefined ? seconds !== null : flags.kills !== 'off';
      process.exitCode = await runDemo({ seconds, json, kills, plain, slotMs, port, directory }, io);
    });
  command
    .command('validator <config>', { hidden: true })
    .description('one validator process of the demonstration')
    .action(async (config: string) => (await import('./validator.ts')).validatorMain(config));
  withExamples(withStatuses(command, { fault: 'conflicting signatures were counted, or the demo failed' }), [
    'watchbill demo',
    'watchbill demo --kills',
    'watchbill demo --seconds 90 --json',
    'watchbill demo --seconds 60 --kills off --dir ./demo-run',
  ]);
}
