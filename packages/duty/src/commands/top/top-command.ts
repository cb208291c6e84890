import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import { milliseconds, yes } from '@watchbill/kit/command/shapes';
import { connection } from '../../client/target.ts';

const flags = {
  once: flag(yes(), 'print one view and end; also if standard output is not a terminal'),
  everyMs: flag(milliseconds().default(1_000), 'time between refreshes in milliseconds'),
  ...connection,
};
export type TopOptions = OptionsOf<typeof flags>;

/** `top`: the console of a service in a terminal. */
export const top = command({
  flags,
  examples: ['watchbill top', 'watchbill top --once', 'watchbill top --once --json'],
  run: async ({ io }, options) => (await import('./top-run.ts')).runTop(io, options),
});
