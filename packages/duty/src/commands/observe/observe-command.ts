import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addClientOptions, wholeMs } from '../../client/target.ts';
import type { ObserveOptions } from './observe-run.ts';

const DEFAULT_INTERVAL_MS = 1_000;

/** `observe`: reports the chain heights that a node sees to the service, until SIGTERM or SIGINT. */
export function fillObserve(command: Command, { io }: Context): void {
  command
    .requiredOption(
      '--node <url>',
      'RPC of a node that does not itself sign with the key: ws, wss, http or https',
    )
    .option('--service <url>', 'address of the service; the same as --url')
    .option('--interval-ms <ms>', 'pause between two reports, in milliseconds', wholeMs, DEFAULT_INTERVAL_MS)
    .option('--once', 'report once and end');
  addClientOptions(command).action(async (options: ObserveOptions) =>
    (await import('./observe-run.ts')).observe(io, options),
  );
  withExamples(command, [
    'watchbill observe --node ws://127.0.0.1:9944 --service https://box1:8450 --token-file watcher.token',
    'watchbill observe --node ws://127.0.0.1:9944 --token-file watcher.token --once --json',
  ]);
}
