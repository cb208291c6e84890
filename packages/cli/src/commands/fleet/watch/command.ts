import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { readDocument } from '../../../config/document.ts';
import { type Context, withExamples } from '../../../context.ts';
import { usageFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { print } from '../../../output/print.ts';
import { safeTable } from '../../nominate/text.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';

/** `fleet watch`: what Prometheus and Alertmanager need to watch a fleet. */
export function addFleetWatch(parent: Command, context: Context): void {
  const command = parent
    .command('watch')
    .description('write the alerts, routes and scrape configuration for Prometheus and Alertmanager');
  withExamples(command, [
    'watchbill fleet watch alerts',
    'watchbill fleet watch render --settings watch.yaml --out monitoring',
  ]);
  addAlerts(command, context);
  addRender(command, context);
}

interface AlertsFlags {
  readonly json?: boolean;
}

function addAlerts(parent: Command, { io }: Context): void {
  const command = parent
    .command('alerts')
    .description('list every alert: when it fires, and what to do then')
    .option('--json', 'print JSON')
    .action(async (options: AlertsFlags) => {
      const { alertGroups, thresholdsShape } = await import('@watchbill/fleet/watch');
      const groups = alertGroups(thresholdsShape.parse({}));
      print(io, options.json, groups, () => {
        const rows = groups.flatMap(({ alerts }) =>
          alerts.map(({ name, severity, for: wait, summary }) => [name, severity, wait, plain(summary)]),
        );
        return `${safeTable(['alert', 'severity', 'for', 'says'], rows)}\n`;
      });
    });
  withExamples(command, ['watchbill fleet watch alerts', 'watchbill fleet watch alerts --json']);
}

interface RenderFlags {
  readonly file: string;
  readonly settings?: string;
  readonly out: string;
  readonly json?: boolean;
}

function addRender(parent: Command, { io }: Context): void {
  const command = parent
    .command('render')
    .description('write rules.yaml, prometheus.yml and, with receivers in the settings, alertmanager.yml')
    .option('--file <file>', 'network file: its nodes on machines are read', NETWORK_FILE)
    .option('--settings <file>', 'thresholds, receivers, where alerts go; see the page how-to/watch-fleet')
    .option('--out <folder>', 'new folder', 'monitoring')
    .option('--json', 'print JSON')
    .action((options: RenderFlags) => render(io, options));
  withExamples(command, [
    'watchbill fleet watch render',
    'watchbill fleet watch render --settings watch.yaml --out monitoring',
  ]);
}

async function render(io: Io, options: RenderFlags): Promise<void> {
  const watch = await import('@watchbill/fleet/watch');
  const { network } = await readGraph(io, options.file);
  const settings = settingsOf(io, watch, options.settings);
  const out = resolve(io.cwd, options.out);
  if (existsSync(out))
    throw usageFault(`${out} exists already and is never overwritten`, 'name a new folder', 'flag --out');
  const targets = watch.machineTargets(network);
  const { thresholds, alerting, intervalSeconds, alertmanagers, remoteWriteUrl, place } = settings;
  const scrape = { network: network.name, targets, intervalSeconds, alertmanagers, remoteWriteUrl, place };
  const texts: Record<string, string> = {
    'rules.yaml': watch.rulesYaml(thresholds),
    'prometheus.yml': watch.prometheusYaml(scrape),
    ...(alerting === undefined ? {} : { 'alertmanager.yml': watch.alertmanagerYaml(alerting) }),
  };
  mkdirSync(out, { recursive: true });
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(out, name), text);
  const files = Object.keys(texts);
  print(io, options.json, { folder: out, files, targets: targets.length }, () =>
    [
      `wrote ${files.join(', ')} to ${out}`,
      `${targets.length} nodes on machines are read; on clusters set monitoring.podMonitor`,
      ...(alerting === undefined ? ['nobody is told yet: name receivers in the settings'] : []),
      '',
    ].join('\n'),
  );
}

type Watch = typeof import('@watchbill/fleet/watch');

function settingsOf(io: Io, { receiversShape, thresholdsShape }: Watch, file: string | undefined) {
  const shape = z.strictObject({
    thresholds: thresholdsShape.prefault({}),
    alerting: receiversShape.optional().describe('Who is told: receivers, page, ticket, heartbeat.'),
    intervalSeconds: z.int().min(1).max(600).default(15),
    alertmanagers: z
      .array(z.string().regex(/^[^\s:]+:\d+$/))
      .default([])
      .describe('HOST:PORT of each.'),
    remoteWriteUrl: z.url().nullable().default(null).describe('A central Prometheus; then rules run there.'),
    place: z.string().min(1).default('here').describe('Names this place in the central one.'),
  });
  if (file === undefined) return shape.parse({});
  return readDocument(io, file, shape, {
    missing: 'write one, or leave --settings out',
    page: 'how-to/watch-fleet',
  }).value;
}

/** What Prometheus fills in, as people write it. */
function plain(text: string): string {
  return text
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '<$1>')
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, '<value>');
}
