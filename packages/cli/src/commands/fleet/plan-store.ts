import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { SavedPlan } from '@watchbill/fleet-run/apply';
import { replaceFile } from '../../output/write-files.ts';
import { usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';

/** Folder beside the network file, for plans and their journals. */
export const STATE_FOLDER = '.watchbill-fleet';
/** As much of an id as tells plans apart. */
const SHORTEST_ID = 8;

export interface StateFlags {
  readonly file: string;
  readonly state?: string;
}

export function stateFolder(io: Io, { file, state }: StateFlags): string {
  return state === undefined ? join(dirname(resolve(io.cwd, file)), STATE_FOLDER) : resolve(io.cwd, state);
}

/** Writes the plan under its id; answers the path. */
export async function savePlan(folder: string, saved: SavedPlan): Promise<string> {
  const { encodeSavedPlan } = await import('@watchbill/fleet-run/apply');
  const file = join(folder, 'plans', `${saved.plan.id}.json`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // Whole or not at all, also where a run reads it at this moment.
  replaceFile(file, encodeSavedPlan(saved), 0o600);
  return file;
}

/** The journal of a plan. */
export async function journalFile(folder: string, saved: SavedPlan): Promise<string> {
  const { journalName } = await import('@watchbill/fleet-run/apply');
  const file = join(folder, 'journals', journalName(saved));
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return file;
}

/** The plan of this id, or of an id that begins so. Throws a usage fault where there is none, or it was changed. */
export async function loadPlan(folder: string, id: string): Promise<SavedPlan> {
  const { decodeSavedPlan } = await import('@watchbill/fleet-run/apply');
  const plans = join(folder, 'plans');
  const found = id.length < SHORTEST_ID ? [] : namesIn(plans).filter((name) => name.startsWith(id));
  const [name, ...others] = found;
  if (name === undefined || others.length > 0)
    throw usageFault(
      others.length > 0 ? `several plans begin with ${id}` : `there is no plan ${id} in ${plans}`,
      'name the id that `watchbill fleet plan` printed: at least its first eight characters',
      'argument PLAN',
    );
  const file = join(plans, name);
  const read = decodeSavedPlan(readFileSync(file, 'utf8'));
  if (!read.ok)
    throw usageFault(
      `${file} cannot be applied: ${read.detail}`,
      'plan again with `watchbill fleet plan`',
      file,
    );
  return read.saved;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
