import { resolve } from 'node:path';
import { counted, table } from '@watchbill/kit';
import { command, flag } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { newFolder, writeFolder } from '@watchbill/kit/command/new-folder';
import { lines, print } from '@watchbill/kit/command/print';
import { choice, file, folder, yes } from '@watchbill/kit/command/shapes';
import { writeNew } from '@watchbill/kit/command/write-files';
import { CAPABILITIES, type Capability, watchedOf } from './capability.ts';

const of = flag(choice('capability', CAPABILITIES).default('service'), 'what is watched');
const json = flag(yes(), 'print JSON');

const alerts = command({
  about: 'list every alert: its condition and its remedy',
  flags: { of, json },
  examples: ['watchbill monitor alerts', 'watchbill monitor alerts --of coordinate --json'],
  run: ({ io }, options) => list(io, options.of, options.json),
});

const rules = command({
  about: 'print the rules file for Prometheus, or write it',
  flags: { of, out: flag(file().optional(), 'new file') },
  examples: ['watchbill monitor rules', 'watchbill monitor rules --out /etc/prometheus/watchbill.yaml'],
  run: ({ io }, options) => write(io, options.of, options.out),
});

const dashboards = command({
  about: 'write dashboards for Grafana',
  flags: { of, out: flag(folder().default('dashboards'), 'new folder'), json },
  examples: [
    'watchbill monitor dashboards',
    'watchbill monitor dashboards --of fleet --out /var/lib/grafana/dashboards/fleet',
  ],
  run: ({ io }, options) => draw(io, options),
});

/** `monitor`: alerts, rules for Prometheus and dashboards for Grafana, of every capability. */
export const monitor = command({
  commands: { alerts, rules, dashboards },
  examples: [
    'watchbill monitor alerts',
    'watchbill monitor rules --out /etc/prometheus/watchbill.yaml',
    'watchbill monitor dashboards --out /var/lib/grafana/dashboards/watchbill',
  ],
});

async function list(io: Io, of: Capability, json: boolean): Promise<void> {
  const { plainText } = await import('@watchbill/duty/alerts');
  const { groups } = await watchedOf(of);
  print(io, json, groups, () => {
    const rows = groups.flatMap(({ alerts }) =>
      alerts.map(({ name, severity, for: wait, summary }) => [name, severity, wait, plainText(summary)]),
    );
    return `${table(['alert', 'severity', 'for', 'says'], rows)}\n`;
  });
}

async function write(io: Io, of: Capability, out: string | undefined): Promise<void> {
  const { groups, rules } = await watchedOf(of);
  if (out === undefined) return void io.out(rules);
  const path = resolve(io.cwd, out);
  writeNew([{ path, text: rules, mode: 0o644 }]);
  const count = groups.reduce((sum, { alerts }) => sum + alerts.length, 0);
  io.out(lines([`${path}  ${counted(count, 'alert')}`]));
}

interface Drawing {
  readonly of: Capability;
  readonly out: string;
  readonly json: boolean;
}

async function draw(io: Io, { of, out, json }: Drawing): Promise<void> {
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
