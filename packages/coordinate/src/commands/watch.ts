import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
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
  const { COORDINATE_DASHBOARD, coordinateAlerts, coordinateRulesYaml } = await import('../alerts/index.ts');
  const { grafanaJson } = await import('@watchbill/kit/alerts');
  const folder = newFolder(io, out);
  const dashboard = `${COORDINATE_DASHBOARD.uid}.json`;
  const texts = new Map([
    ['rules.yaml', coordinateRulesYaml()],
    [dashboard, grafanaJson(COORDINATE_DASHBOARD)],
  ]);
  writeFolder(folder, texts);
  const alerts = coordinateAlerts().alerts.map(({ name }) => name);
  print(io, json, { folder, files: [...texts.keys()], alerts }, () =>
    lines([`rules.yaml  ${alerts.length} alerts`, `${dashboard}  a dashboard`, `in ${folder}`]),
  );
}
