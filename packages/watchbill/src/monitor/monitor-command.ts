import { resolve } from 'node:path';
import { counted } from '@watchbill/kit';
import { command, flag } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { printAlerts, writeBoards } from '@watchbill/kit/command/monitoring';
import { lines } from '@watchbill/kit/command/print';
import { choice, file, folder, yes } from '@watchbill/kit/command/shapes';
import { writeNew } from '@watchbill/kit/command/write-files';
import { CAPABILITIES, type Capability, MONITORING } from './capability.ts';

const of = flag(choice('capability', CAPABILITIES).default('service'), 'what is watched');
const json = flag(yes(), 'print JSON');

const alerts = command({
  about: 'list every alert: its condition and its remedy',
  flags: { of, json },
  examples: ['watchbill monitor alerts', 'watchbill monitor alerts --of coordinate --json'],
  run: async ({ io }, options) => printAlerts(io, options.json, (await MONITORING[options.of]()).groups),
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
  run: async ({ io }, { of: capability, out, json: isJson }) =>
    writeBoards(io, out, isJson, (await MONITORING[capability]()).boards()),
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

async function write(io: Io, of: Capability, out: string | undefined): Promise<void> {
  const { groups, rules } = await MONITORING[of]();
  if (out === undefined) return void io.out(rules());
  const path = resolve(io.cwd, out);
  writeNew([{ path, text: rules(), mode: 0o644 }]);
  const count = groups.reduce((sum, { alerts }) => sum + alerts.length, 0);
  io.out(lines([`${path}  ${counted(count, 'alert')}`]));
}
