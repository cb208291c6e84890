import { counted } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { newFolder, writeFolder } from '@watchbill/kit/command/new-folder';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';

interface DashboardFlags {
  readonly out: string;
  readonly json?: boolean;
}

export function addDashboards(parent: Command, { io }: Context): void {
  const command = parent
    .command('dashboards')
    .description('write dashboards for Grafana: fleet, node, signers, RPC and gateway, backups')
    .option('--out <folder>', 'new folder', 'dashboards')
    .option('--json', 'print JSON')
    .action((options: DashboardFlags) => write(io, options));
  withExamples(command, [
    'watchbill fleet services watch dashboards',
    'watchbill fleet services watch dashboards --out /var/lib/grafana/dashboards/watchbill',
  ]);
}

async function write(io: Io, { out, json }: DashboardFlags): Promise<void> {
  const { DASHBOARDS, grafanaJson } = await import('../../watch/index.ts');
  const folder = newFolder(io, out);
  writeFolder(folder, new Map(DASHBOARDS.map((one) => [`${one.uid}.json`, grafanaJson(one)])));
  const dashboards = DASHBOARDS.map(({ uid, title, panels }) => ({
    file: `${uid}.json`,
    title,
    panels: panels.length,
  }));
  print(io, json, { folder, dashboards }, () =>
    [
      ...dashboards.map(({ file, title, panels }) => `${file}  ${title}, ${counted(panels, 'panel')}`),
      `in ${folder}`,
      '',
    ].join('\n'),
  );
}
