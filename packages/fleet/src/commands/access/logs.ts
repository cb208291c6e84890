import { type Context, withExamples } from '@watchbill/kit/command/context';
import { spanOf, wholeOf } from '@watchbill/kit/command/numbers';
import type { Command } from 'commander';
import { type AccessFlags, addAccessFlags, useNode } from './open.ts';
import { sinksOf } from './sinks.ts';

interface LogFlags extends AccessFlags {
  readonly follow?: boolean;
  readonly tail?: string;
  readonly since?: string;
}

const LINES = { where: 'flag --tail', of: 'lines', least: 0, most: 1_000_000_000 };

export function addLogs(parent: Command, { io }: Context): void {
  const command = parent
    .command('logs <node>')
    .description('print the logs of a node')
    .option('--follow', 'keep printing new lines, until Ctrl-C')
    .option('--tail <lines>', 'only the last lines')
    .option('--since <time>', 'only lines of the last time span, for example 30s, 10m, 2h or 3d');
  addAccessFlags(command).action(async (node: string, flags: LogFlags) => {
    const wish = {
      follow: flags.follow === true,
      tail: flags.tail === undefined ? null : wholeOf(flags.tail, LINES),
      sinceSeconds: flags.since === undefined ? null : spanOf(flags.since, '--since'),
    };
    const sinks = sinksOf(io);
    await useNode(io, node, flags, {
      verb: 'logs',
      what: null,
      check: () => undefined,
      work: (access, signal) => access.logs(wish, sinks, signal),
    });
  });
  withExamples(command, [
    'watchbill fleet nodes logs rpc-main-0 --since 10m',
    'watchbill fleet nodes logs validators-harbour-0 --tail 50 --follow --local local',
  ]);
}
