import { type Context, withExamples } from '@watchbill/kit/command/context';
import { printAlerts, writeBoards } from '@watchbill/kit/command/monitoring';
import type { Command } from 'commander';
import { addExporter } from './exporter.ts';
import { addLogs } from './logs.ts';
import { addRender } from './render.ts';

/**
 * `services watch`: files for Prometheus, Alertmanager, Grafana and Loki, and an exporter of facts that nodes
 * do not export.
 */
export function addFleetWatch(parent: Command, context: Context): void {
  const command = parent
    .command('watch')
    .description(
      'write alerts, routes, scrape settings, dashboards and log pipelines of a fleet, and run an exporter of facts that nodes do not export',
    );
  withExamples(command, [
    'watchbill fleet services watch alerts',
    'watchbill fleet services watch render --settings watch.yaml --out monitoring',
    'watchbill fleet services watch exporter --settings exporter.yaml',
  ]);
  addAlerts(command, context);
  addRender(command, context);
  addExporter(command, context);
  addDashboards(command, context);
  addLogs(command, context);
}

interface AlertsFlags {
  readonly json?: boolean;
}

function addAlerts(parent: Command, { io }: Context): void {
  const command = parent
    .command('alerts')
    .description('list every alert: its condition and its remedy')
    .option('--json', 'print JSON')
    .action(async (options: AlertsFlags) => {
      const { fleetMonitoring } = await import('../../watch/index.ts');
      // Those that a file names are shown with a name to be filled in.
      const node = { network: 'NETWORK', node: 'NODE' };
      const expected = {
        places: ['PLACE'],
        nodes: [{ ...node, pool: 'POOL', role: 'ROLE', place: 'PLACE' }],
        claims: [{ namespace: 'NAMESPACE', place: null }],
        backups: [node],
        jobs: [{ namespace: 'NAMESPACE', job: 'JOB', place: null, minutes: 120 }],
      };
      printAlerts(io, options.json, fleetMonitoring(undefined, expected).groups);
    });
  withExamples(command, [
    'watchbill fleet services watch alerts',
    'watchbill fleet services watch alerts --json',
  ]);
}

interface DashboardFlags {
  readonly out: string;
  readonly json?: boolean;
}

function addDashboards(parent: Command, { io }: Context): void {
  const command = parent
    .command('dashboards')
    .description('write dashboards for Grafana: fleet, node, signers, RPC and gateway, backups')
    .option('--out <folder>', 'new folder', 'dashboards')
    .option('--json', 'print JSON')
    .action(async ({ out, json }: DashboardFlags) => {
      const { fleetMonitoring } = await import('../../watch/index.ts');
      writeBoards(io, out, json, fleetMonitoring().boards());
    });
  withExamples(command, [
    'watchbill fleet services watch dashboards',
    'watchbill fleet services watch dashboards --out /var/lib/grafana/dashboards/watchbill',
  ]);
}
