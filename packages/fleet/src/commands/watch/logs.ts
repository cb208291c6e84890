import { counted } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { newFolder, writeFolder } from '@watchbill/kit/command/new-folder';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { readWatchSettings } from './settings.ts';

interface LogsFlags {
  readonly file: string;
  readonly settings?: string;
  readonly out: string;
  readonly json?: boolean;
}

export function addLogs(parent: Command, { io }: Context): void {
  const command = parent
    .command('logs')
    .description('write the log pipeline: Alloy for each place, which removes possible secrets, and Loki')
    .option('--file <file>', 'network file: its places and nodes', NETWORK_FILE)
    .option('--settings <file>', 'section logs; see `watchbill docs watch-fleet`')
    .option('--out <folder>', 'new folder', 'logs')
    .option('--json', 'print JSON')
    .action((options: LogsFlags) => write(io, options));
  withExamples(command, [
    'watchbill fleet services watch logs',
    'watchbill fleet services watch logs --settings watch.yaml --out logs',
  ]);
}

async function write(io: Io, options: LogsFlags): Promise<void> {
  const watch = await import('../../watch/index.ts');
  const { network } = await readGraph(io, options.file);
  const { logs } = readWatchSettings(io, watch, options.settings, network);
  const folder = newFolder(io, options.out);
  const all = network.pools.flatMap((pool) => pool.nodes);
  const texts = new Map([['loki.yaml', watch.lokiYaml(logs)]]);
  for (const place of network.places.values()) {
    const nodes = all.filter((node) => node.place === place.name);
    if (nodes.length === 0) continue;
    const text =
      place.target === 'kubernetes'
        ? watch.podsAlloy(network.name, place.name, place.namespace, logs)
        : watch.journalAlloy(network.name, place.name, nodes, logs);
    texts.set(`${place.name}.alloy`, text);
  }
  writeFolder(folder, texts);
  const files = [...texts.keys()];
  print(
    io,
    options.json,
    { folder, files, retentionDays: logs.retentionDays },
    () =>
      `wrote ${files.join(', ')} to ${folder}; lines are kept for ${counted(logs.retentionDays, 'day')}\n`,
  );
}
