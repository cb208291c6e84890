import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addClientOptions, type ClientOptions, wholeMs } from '../../client/target.ts';

export interface TopOptions extends ClientOptions {
  readonly once?: boolean;
  readonly everyMs: number;
}

/** `top`: the console of a service in a terminal. */
export function fillTop(command: Command, { io }: Context): void {
  command
    .option('--once', 'print one view and end; also if standard output is not a terminal')
    .option('--every-ms <ms>', 'time between refreshes in milliseconds', wholeMs, 1_000);
  addClientOptions(command).action(async (options: TopOptions) => {
    await (await import('./top-run.ts')).runTop(io, options);
  });
  withExamples(command, ['watchbill top', 'watchbill top --once', 'watchbill top --once --json']);
}
