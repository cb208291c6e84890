import { type Context, withExamples } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { whole } from '@watchbill/kit/command/numbers';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { LiveStatus } from '../runner/watch/status.ts';
import { ask, lookOptions, type MemberFlags, placeOf, recorded } from './member-place.ts';
import type { WindowRow } from './status-text.ts';

interface LookFlags extends MemberFlags {
  readonly json?: boolean;
}

interface WindowsFlags extends LookFlags {
  readonly limit: number;
}

const MOST_WINDOWS = 1_000;

/** `coordinate status`: the present state of a member. */
export function addCoordinateStatus(parent: Command, context: Context): void {
  const command = lookCommand(
    parent,
    'status',
    'one page about a running member: chain, window, peers, totals',
  );
  command.action((options: LookFlags) => status(context, options));
  withExamples(command, [
    'watchbill coordinate status',
    'watchbill coordinate status --config demo-group/one/coordinate.yaml',
    'watchbill coordinate status --url http://127.0.0.1:8460 --json',
  ]);
}

/** `coordinate windows`: how the last windows ended. */
export function addCoordinateWindows(parent: Command, { io }: Context): void {
  const command = lookCommand(parent, 'windows', 'how the last windows ended, with faults and receipts');
  command.option('--limit <n>', 'how many', whole('--limit', 'windows', 1, MOST_WINDOWS), 20);
  command.action((options: WindowsFlags) => windows(io, options));
  withExamples(command, ['watchbill coordinate windows', 'watchbill coordinate windows --limit 100 --json']);
}

function lookCommand(parent: Command, name: string, description: string): Command {
  return lookOptions(parent.command(name).description(description)).option('--json', 'print JSON');
}

async function status({ io, exit }: Context, options: LookFlags): Promise<void> {
  const { statusText, windowsText } = await import('./status-text.ts');
  const place = placeOf(io, options);
  const live = await ask<LiveStatus>(place.url, '/status');
  if (live !== null) {
    print(io, options.json, { running: true, ...live }, () => statusText(live));
    return;
  }
  exit(EXIT.unreachable);
  const { totals, last } = await recorded(place, ({ totals, windows }) => ({
    totals: totals(),
    last: windows(5),
  }));
  print(
    io,
    options.json,
    { running: false, totals, windows: last },
    () => `not running (no member answers at ${place.url}); its last windows:\n${windowsText(last)}`,
  );
}

async function windows(io: Io, options: WindowsFlags): Promise<void> {
  const { windowsText } = await import('./status-text.ts');
  const place = placeOf(io, options);
  const live = await ask<{ readonly windows: readonly WindowRow[] }>(
    place.url,
    `/windows?limit=${options.limit}`,
  );
  const rows = live?.windows ?? (await recorded(place, (reader) => reader.windows(options.limit)));
  print(io, options.json, { windows: rows }, () => windowsText(rows));
}
