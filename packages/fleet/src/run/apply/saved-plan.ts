import { digestOf, type Json, messageOf } from '@watchbill/kit';
import type { Place } from '../../file/graph/index.ts';
import type { RolloutGates } from '../../file/network/index.ts';
import type { Plan } from '../../file/plan/index.ts';
import type { MachineTraits } from './machine-traits.ts';

/**
 * `formerName`: its name in the network file when objects were made there, if another place has that name
 * now.
 */
export type SavedPlace = Place & { readonly formerName?: string };

/** A plan in a file: with the places it was made for, so that it is applied there and nowhere else. */
export interface SavedPlan {
  readonly format: 'watchbill/saved-plan/1';
  readonly plan: Plan;
  readonly places: readonly SavedPlace[];
  /** By place: the uid of the cluster or the id of the machine that was looked at. */
  readonly identities: Readonly<Record<string, string>>;
  /** By place, of machines. */
  readonly traits?: Readonly<Record<string, MachineTraits>>;
  /** Fields that other managers set are taken over. */
  readonly takeOver: boolean;
  /** When the places were read, in ms since 1970. It distinguishes equal plans of different days. */
  readonly madeAtMs: number;
  /** Runs of plans that the planner knew: a later run changes what this plan is based on. */
  readonly runs: readonly string[];
  /** Gates for nodes that are restarted; left out: none but their health. */
  readonly gates?: RolloutGates;
}

export type ReadSavedPlan =
  | { readonly ok: true; readonly saved: SavedPlan }
  /** `detail` is the fault in the text. */
  | { readonly ok: false; readonly detail: string };

const FORMAT = 'watchbill/saved-plan/1';

/** The text of the file. It ends with a digest, so that a manual change is detected. */
export function encodeSavedPlan(saved: SavedPlan): string {
  return `${JSON.stringify({ ...saved, digest: digestOfSaved(saved) }, null, 2)}\n`;
}

export function decodeSavedPlan(text: string): ReadSavedPlan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, detail: `it is not JSON: ${messageOf(error)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, detail: 'it is not a plan' };
  const { digest, ...rest } = value as SavedPlan & { readonly digest?: unknown };
  if (rest.format !== FORMAT) return { ok: false, detail: `it is not a plan of format ${FORMAT}` };
  if (digest !== digestOfSaved(rest))
    return {
      ok: false,
      detail: 'it was changed after it was saved, or cut short; make a new plan instead of editing one',
    };
  return { ok: true, saved: rest };
}

/**
 * Name of the journal of this plan as it was made then: a plan that was made anew, of the same steps, is not
 * done because an earlier one was.
 */
export function journalName(saved: SavedPlan): string {
  return `${saved.plan.id.slice(0, 16)}-${digestOfSaved(saved).slice(0, 16)}.journal`;
}

/** Digests of plans of this process: a plan never changes, and several steps ask for its journal. */
const digests = new WeakMap<SavedPlan, string>();

/** Over the content of the file: values that JSON leaves out are left out here too. */
function digestOfSaved(saved: SavedPlan): string {
  const known = digests.get(saved) ?? digestOf(JSON.parse(JSON.stringify(saved)) as Json);
  digests.set(saved, known);
  return known;
}
