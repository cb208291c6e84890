import { readFileSync } from 'node:fs';
import type { AlertGroup } from './alert.ts';
import { type AlertValues, readAlerts } from './alert-file.ts';
import { rulesFile } from './yaml.ts';

/** A board as Grafana stores it. Only the fields that our code reads have a type. */
export interface Board {
  /** Part of addresses, so it never changes. */
  readonly uid: string;
  readonly title: string;
  /** Panels, and titles of rows. */
  readonly panels: readonly { readonly type: string; readonly title: string }[];
}

/** Alerts and boards of one capability. */
export interface Monitoring {
  readonly groups: readonly AlertGroup[];
  /** Text of the rules file of Prometheus. */
  readonly rules: () => string;
  readonly boards: () => readonly Board[];
}

/** Files of a capability, beside the module that names them. */
export interface MonitoringFiles {
  readonly alerts: string;
  readonly boards: readonly string[];
  /** First line of the rules file. */
  readonly head: string;
}

/** Reads the alerts at once, and the boards when somebody asks. `here`: the address of the module. */
export function monitoringOf(here: string, files: MonitoringFiles, values: AlertValues = {}): Monitoring {
  const groups = readAlerts(new URL(files.alerts, here), values);
  return { groups, rules: () => rulesFile(files.head, groups), boards: () => readBoards(here, files.boards) };
}

/** Boards from JSON files, which Grafana also imports as they are. */
export function readBoards(here: string, files: readonly string[]): readonly Board[] {
  return files.map((file) => JSON.parse(readFileSync(new URL(file, here), 'utf8')) as Board);
}
