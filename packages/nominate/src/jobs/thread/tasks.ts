import { planFromTexts } from '../../operations/round.ts';
import type { LoadedModule } from '../../rounds/start.ts';
import { encodeRecord } from '../../rounds/stored.ts';
import { decodeSnapshot } from '../../snapshot/codec.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { unpackText } from '../../storage/texts.ts';

/** A snapshot without its large parts. */
export type SnapshotHead = Omit<Snapshot, 'candidates' | 'election'>;

/** A decided round: the canonical text of its record; or the reason why there is none. */
export type DecidedRound =
  | { readonly ok: true; readonly record: string }
  | { readonly ok: false; readonly why: string };

/** Work on a compressed snapshot that takes seconds at the size of a real network. */
export type Task =
  | { readonly kind: 'head'; readonly snapshot: Uint8Array }
  | { readonly kind: 'plan'; readonly snapshot: Uint8Array; readonly programme: string };

export interface TaskResults {
  /** Null if the text is not a snapshot. */
  readonly head: SnapshotHead | null;
  readonly plan: DecidedRound;
}

export function doTask<Kind extends Task['kind']>(
  task: Extract<Task, { readonly kind: Kind }>,
  modules: readonly LoadedModule[],
): TaskResults[Kind];
export function doTask(task: Task, modules: readonly LoadedModule[]): TaskResults[Task['kind']] {
  const text = unpackText(task.snapshot);
  if (task.kind === 'head') {
    const read = decodeSnapshot(text);
    if (!read.ok) return null;
    const { candidates: _candidates, election: _election, ...head } = read.snapshot;
    return head;
  }
  const plan = planFromTexts({ snapshot: text, programme: task.programme, modules });
  return plan.ok
    ? { ok: true, record: encodeRecord(plan.result.record) }
    : { ok: false, why: plan.problems[0]?.message ?? 'refused' };
}
