import { z } from 'zod';
import { manifestShape } from './manifest.ts';

/**
 * How far a restore is. Each is on the disk before the next thing is done:
 *
 * | step | what is known |
 * |---|---|
 * | `begun` | the backup fits the node; nothing of the node was touched |
 * | `fetched` | its files lie beside the database, and are those of the manifest |
 * | `swapping` | the node is down; folders are being renamed |
 * | `swapped` | the backup has the name of the database, the old one lies beside it |
 * | `back` | the node did not come up on it; the old database is being given its name back |
 * | `done` | the node is up on it (or, after `back`, on the old one) |
 */
export const RESTORE_STEPS = ['begun', 'fetched', 'swapping', 'swapped', 'back', 'done'] as const;

export const restoreShape = z.strictObject({
  format: z.literal('watchbill/restore/1'),
  network: z.string(),
  node: z.string(),
  step: z.enum(RESTORE_STEPS),
  manifest: manifestShape,
  /** Why the old database was taken back; null where it was not. */
  why: z.string().nullable(),
});
export type RestoreRecord = Readonly<z.output<typeof restoreShape>>;
