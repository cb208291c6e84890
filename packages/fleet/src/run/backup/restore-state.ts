import { z } from 'zod';
import { manifestShape } from './manifest.ts';

/**
 * The progress of a restore. Each step is on disk before the next action:
 *
 * | step | state |
 * |---|---|
 * | `begun` | the backup fits the node; the node is unchanged |
 * | `fetched` | the files lie beside the database, and match the manifest; in a cluster: the old volumes are
 * protected |
 * | `swapping` | the node is down; folders are being renamed, or claims recreated |
 * | `swapped` | the backup has the name of the database, the old one is kept |
 * | `back` | the node did not start; the old database is getting its name back |
 * | `done` | the node is up on the backup (or, after `back`, on the old database) |
 */
export const RESTORE_STEPS = ['begun', 'fetched', 'swapping', 'swapped', 'back', 'done'] as const;

/** A claim of a cluster that the restore makes anew: its earlier form, and the volume that it had. */
const keptVolume = z.strictObject({
  /** Name of the claim; the new one gets the same. */
  claim: z.string(),
  snapshot: z.string(),
  /** Null: there was no claim of that name. */
  claimUid: z.string().nullable(),
  /** The PersistentVolume of the claim; null if there was none to keep. */
  volume: z.strictObject({ name: z.string(), uid: z.string(), reclaim: z.string() }).nullable(),
  labels: z.record(z.string(), z.string()),
  accessModes: z.array(z.string()).readonly(),
  storageClass: z.string().nullable(),
  volumeMode: z.string(),
  /** As they are written in claims: `300Gi`. */
  oldSize: z.string(),
  newSize: z.string(),
});
export type KeptVolume = Readonly<z.output<typeof keptVolume>>;

export const restoreShape = z.strictObject({
  format: z.literal('watchbill/restore/1'),
  network: z.string(),
  node: z.string(),
  step: z.enum(RESTORE_STEPS),
  manifest: manifestShape,
  /** Why the old database came back; null if it did not. */
  why: z.string().nullable(),
  /** Of a node of a cluster, as they were before anything was touched. */
  volumes: z.array(keptVolume).readonly().optional(),
});
export type RestoreRecord = Readonly<z.output<typeof restoreShape>>;
