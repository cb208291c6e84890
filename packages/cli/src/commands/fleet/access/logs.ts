import type { Command } from 'commander';
import { type Context, withExamples } from '../../../context.ts';
import { usageFault } from '../../../fault.ts';
import { type AccessFlags, addAccessFlags, countOf, useNode } from './open.ts';
import { sinksOf } from './sinks.ts';

interface LogFlags extends AccessFlags {
  readonly follow?: boolean;
  readonly tail?: string;
  readonly since?: string;
}

export function addLogs(parent: Command, { io }: Context): void {
  const command = parent
    .command('logs <node>')
    .description('print what a node logs')
    .option('--follow', 'go on with what comes, until Ctrl-C')
    .option('--tail <lines>', 'only the last lines')
    .option('--since <time>', 'only of the last time: 30s, 10m, 2h, 3d');
  addAccessFlags(command).action(async (node: string, flags: LogFlags) => {
    const wish = {
      follow: flags.follow === true,
      tail: flags.tail === undefined ? null : countOf(flags.tail, 0, '--tail'),
      sinceSeconds: flags.since === undefined ? null : secondsOf(flags.since),
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
    'watchbill fleet access logs rpc-main-0 --since 10m',
    'watchbill fleet access logs validators-harbour-0 --tail 50 --follow --local local',
  ]);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function secondsOf(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const scale = UNITS[unit];
  if (digits === undefined || scale === undefined)
    throw usageFault(`${text} is no time`, 'for example --since 10m', 'flag --since');
  return Number(digits) * scale;
}
