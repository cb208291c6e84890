import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Budget } from './budgets.ts';
import type { Machine } from './machine.ts';
import type { Report } from './report.ts';

/** The folder that docs/duty/reference/peers.md is made from; a file for each bench. */
export const SAVED_FOLDER = fileURLToPath(new URL('results/', import.meta.url));

/** One run, as `--save` keeps it. A bench that has a section on the page keeps its rounds besides. */
export interface Saved {
  /** ISO 8601, for example `2026-11-25T21:40:00.000Z`. */
  readonly takenAt: string;
  readonly machine: Machine;
  readonly budgets: readonly Budget[];
}

/** Keep a run for the page. Answers the path of the file. */
export function saveReport(bench: string, machine: Machine, { budgets, kept }: Report): string {
  mkdirSync(SAVED_FOLDER, { recursive: true });
  const path = `${SAVED_FOLDER}${bench}.json`;
  const saved: Saved = { takenAt: new Date().toISOString(), machine, budgets, ...kept };
  writeFileSync(path, `${JSON.stringify(saved, null, 2)}\n`);
  return path;
}

/** A saved run. Throws if the file is not JSON, or is not a run. */
export function readSaved(path: string): Saved {
  const remedy = 'take it again with --save';
  let saved: Partial<Saved>;
  try {
    saved = JSON.parse(readFileSync(path, 'utf8')) as Partial<Saved>;
  } catch (cause) {
    throw new Error(`${path} is not JSON; ${remedy}`, { cause });
  }
  const { takenAt, machine, budgets } = saved;
  if (takenAt === undefined || machine === undefined || !Array.isArray(budgets))
    throw new Error(`${path} lacks takenAt, machine or budgets; ${remedy}`);
  return { ...saved, takenAt, machine, budgets };
}
