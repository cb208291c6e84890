import { z } from 'zod';
import { BACKUP_ID, manifestShape } from './manifest.ts';

/**
 * The progress of a backup. Each step is on disk before the next action:
 *
 * | step | state |
 * |---|---|
 * | `begun` | no check yet; the node runs |
 * | `preflight` | the node is fit, and is about to be stopped |
 * | `stopped` | its process is gone; the manifest lists its files |
 * | `copied` | the archive got all files |
 * | `verified` | the archive was read back, and matches the manifest; the node may start |
 * | `started` | the node runs again, on its chain |
 * | `published` | the archive has the manifest: the backup is complete |
 */
export const STEPS = ['begun', 'preflight', 'stopped', 'copied', 'verified', 'started', 'published'] as const;
export type Step = (typeof STEPS)[number];

const block = z.strictObject({ number: z.int().min(0), hash: z.string() });

export const factsShape = z.strictObject({
  genesis: z.string(),
  nodeVersion: z.string(),
  best: block,
  finalised: block,
  isSyncing: z.boolean(),
  peers: z.int().min(0),
});
/** A node's answers about itself over RPC. */
export type NodeFacts = Readonly<z.output<typeof factsShape>>;

export const recordShape = z.strictObject({
  format: z.literal('watchbill/backup-run/1'),
  network: z.string(),
  node: z.string(),
  /** The destination, without secrets. */
  archive: z.string(),
  id: z.string().regex(BACKUP_ID),
  step: z.enum(STEPS),
  facts: factsShape.nullable(),
  manifest: manifestShape.nullable(),
});
/** The record of a run: all that another process needs to go on with it. */
export type RunRecord = Readonly<z.output<typeof recordShape>>;

/** Whether the process of a node runs. */
export type Running = 'yes' | 'no' | 'unknown';

export type Action = 'look' | 'stop' | 'copy' | 'verify' | 'start' | 'publish' | 'end';

const ACTIONS: Readonly<Record<Step, Action>> = {
  begun: 'look',
  preflight: 'stop',
  stopped: 'copy',
  copied: 'verify',
  verified: 'start',
  started: 'publish',
  published: 'end',
};

/** The next action. */
export function actionOf(step: Step): Action {
  return ACTIONS[step];
}

/** Whether the node may be down because of this run. */
export function mayBeDown(step: Step): boolean {
  return step === 'preflight' || step === 'stopped' || step === 'copied' || step === 'verified';
}

export type Resumed =
  | { readonly ok: true; readonly record: RunRecord }
  | { readonly ok: false; readonly why: 'down' | 'unknown' };

/**
 * The step at which a run continues after another process left it, from the node's present state. A copy
 * counts only if the node has not run since.
 */
export function resumed(record: RunRecord, running: Running): Resumed {
  const { step } = record;
  if (step === 'started' || step === 'published') return { ok: true, record };
  if (running === 'unknown') return { ok: false, why: 'unknown' };
  if (step === 'begun') return running === 'yes' ? { ok: true, record } : { ok: false, why: 'down' };
  if (running === 'no' || step === 'verified') return { ok: true, record };
  return { ok: true, record: again(record) };
}

/** The same run from its beginning; files in the archive need not be copied again. */
export function again(record: RunRecord): RunRecord {
  return { ...record, step: 'begun', facts: null, manifest: null };
}
