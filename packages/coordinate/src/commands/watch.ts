import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { boardText } from '@watchbill/kit/command/monitoring';
import { newFolder, writeFolder } from '@watchbill/kit/command/new-folder';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';

interface WatchFlags {
  readonly out: string;
  readonly json?: boolean;
}

/** `coordinate watch`: alerts and a dashboard for the members of groups. */
export function addCoordinateWatch(parent: Command, { io }: Context): void {
  const command = parent
    .command('watch')
    .description('write alerts for Prometheus and a dashboard for Grafana')
    .option('--out <folder>', 'new folder', 'coordinate-watch')
    .option('--json', 'print JSON')
    .action((options: WatchFlags) => write(io, options));
  withExamples(command, [
    'watchbill coordinate watch',
    'watchbill coordinate watch --out /etc/prometheus/watchbill',
  ]);
}

async function write(io: Io, { out, json }: WatchFlags): Promise<void> {
  const { coordinateMonitoring } = await import('../alerts/index.ts');
  const { groups, rules, boards } = coordinateMonitoring();
  const folder = newFolder(io, out);
  const drawn = boards().map((board) => [`${board.uid}.json`, boardText(board)] as const);
  const texts = new Map([['rules.yaml', rules()], ...drawn]);
  writeFolder(folder, texts);
  const alerts = groups.flatMap((group) => group.alerts.map(({ name }) => name));
  print(io, json, { folder, files: [...texts.keys()], alerts }, () =>
    lines([
      `rules.yaml  ${alerts.length} alerts`,
      ...drawn.map(([file]) => `${file}  a dashboard`),
      `in ${folder}`,
    ]),
  );
}
