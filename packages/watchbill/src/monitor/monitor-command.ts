import { resolve } from 'node:path';
import { counted, table } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { newFolder, writeFolder } from '@watchbill/kit/command/new-folder';
import { lines, print } from '@watchbill/kit/command/print';
import { writeNew } from '@watchbill/kit/command/write-files';
import { type Command, Option } from 'commander';
import { CAPABILITIES, type Capability, watchedOf } from './capability.ts';

interface OfFlag {
  readonly of: Capability;
}

/** `monitor`: alerts, rules for Prometheus and dashboards for Grafana, of every capability. */
export function fillMonitor(command: Command, { io }: Context): void {
  const alerts = ofCapability(command.command('alerts'), 'list every alert: its condition and its remedy')
    .option('--json', 'print JSON')
    .action((options: OfFlag & { readonly json?: boolean }) => list(io, options));
  withExamples(alerts, ['watchbill monitor alerts', 'watchbill monitor alerts --of coordinate --json']);
  const rules = ofCapability(command.command('rules'), 'print the rules file for Prometheus, or write it')
    .option('--out <file>', 'new file')
    .action((options: OfFlag & { readonly out?: string }) => write(io, options));
  withExamples(rules, [
    'watchbill monitor rules',
    'watchbill monitor rules --out /etc/prometheus/watchbill.yaml',
  ]);
  const dashboards = ofCapability(command.command('dashboards'), 'write dashboards for Grafana')
    .option('--out <folder>', 'new folder', 'dashboards')
    .option('--json', 'print JSON')
    .action((options: OfFlag & { readonly out: string; readonly json?: boolean }) => draw(io, options));
  withExamples(dashboards, [
    'watchbill monitor dashboards',
    'watchbill monitor dashboards --of fleet --out /var/lib/grafana/dashboards/fleet',
  ]);
  withExamples(command, [
    'watchbill monitor alerts',
    'watchbill monitor rules --out /etc/prometheus/watchbill.yaml',
    'watchbill monitor dashboards --out /var/lib/grafana/dashboards/watchbill',
  ]);
}

function ofCapability(command: Command, about: string): Command {
  const of = new Option('--of <capability>', 'what is watched').choices([...CAPABILITIES]).default('service');
  return command.description(about).addOption(of);
}

async function list(io: Io, { of, json }: OfFlag & { readonly json?: boolean }): Promise<void> {
  const { plainText } = await import('@watchbill/duty/alerts');
  const { groups } = await watchedOf(of);
  print(io, json, groups, () => {
    const rows = groups.flatMap(({ alerts }) =>
      alerts.map(({ name, severity, for: wait, summary }) => [name, severity, wait, plainText(summary)]),
    );
    return `${table(['alert', 'severity', 'for', 'says'], rows)}\n`;
  });
}

async function write(io: Io, { of, out }: OfFlag & { readonly out?: string }): Promise<void> {
  const { groups, rules } = await watchedOf(of);
  if (out === undefined) return void io.out(rules);
  const path = resolve(io.cwd, out);
  writeNew([{ path, text: rules, mode: 0o644 }]);
  const count = groups.reduce((sum, { alerts }) => sum + alerts.length, 0);
  io.out(lines([`${path}  ${counted(count, 'alert')}`]));
}

async function draw(
  io: Io,
  { of, out, json }: OfFlag & { readonly out: string; readonly json?: boolean },
): Promise<void> {
  const { grafanaJson } = await import('@watchbill/duty/alerts');
  const { dashboards } = await watchedOf(of);
  const folder = newFolder(io, out);
  writeFolder(folder, new Map(dashboards.map((one) => [`${one.uid}.json`, grafanaJson(one)])));
  const files = dashboards.map(({ uid, title, panels }) => ({
    file: `${uid}.json`,
    title,
    panels: panels.length,
  }));
  print(io, json, { folder, dashboards: files }, () =>
    lines([
      ...files.map(({ file, title, panels }) => `${file}  ${title}, ${counted(panels, 'panel')}`),
      `in ${folder}`,
    ]),
  );
}
