import { argument, command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import { choice, file, folder, whole, yes } from '@watchbill/kit/command/shapes';

/** Not the default port of `watchbill serve`, so that both can run on one machine. */
const PORT = 8_440;

const validator = command({
  about: 'one validator process of the demonstration',
  hidden: true,
  args: { config: argument(file(), 'settings of the process') },
  examples: ['watchbill demo validator config.json'],
  run: async (_context, { config }) => (await import('./validator.ts')).validatorMain(config),
});

const flags = {
  seconds: flag(
    whole('n', { of: 'seconds', least: 1, most: 86_400 }).optional(),
    'run unattended for this long, then count and end',
  ),
  kills: flag(
    choice('on|off', ['on', 'off']).optional(),
    'kill the active node at random moments (on with --seconds, else off)',
    { bare: 'on' },
  ),
  json: flag(yes(), 'print the final count as one JSON object'),
  plain: flag(yes(), 'print lines instead of the live view'),
  slotMs: flag(
    whole('ms', { of: 'milliseconds', least: 400, most: 60_000 }).default(1_000),
    'length of a slot in milliseconds',
  ),
  port: flag(
    whole('n', { of: 'ports', least: 0, most: 65_535 }).default(PORT),
    'port of the service; another one if it is taken',
  ),
  dir: flag(folder().optional(), 'keep ledger, records and logs in this empty folder'),
};
export type DemoOptions = OptionsOf<typeof flags>;

/** `watchbill demo`: six validators, two of them with the same keys, against a real permission service. */
export const demo = command({
  flags,
  commands: { validator },
  statuses: { fault: 'conflicting signatures were counted, or the demo failed' },
  examples: [
    'watchbill demo',
    'watchbill demo --kills',
    'watchbill demo --seconds 90 --json',
    'watchbill demo --seconds 60 --kills off --dir ./demo-run',
  ],
  run: async ({ io }, options) => {
    process.exitCode = await (await import('./demo-run.ts')).runDemo(options, io);
  },
});
