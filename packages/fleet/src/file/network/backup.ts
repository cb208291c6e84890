import { z } from 'zod';

const path = z.string().regex(/^\/[^\0\n]+$/, { error: 'expected a path that begins with /' });

/** Settings for backups: the defaults for the flags of `fleet backup`. */
export const backupShape = z.strictObject({
  schedule: z
    .string()
    .regex(/^[A-Za-z0-9*:.,/ ~-]{1,64}$/, { error: 'expected a time as systemd writes it' })
    .optional()
    .describe('When, as systemd.time has it: "*-*-* 03:00:00". For the timer that runs the command.'),
  archive: z
    .strictObject({
      address: z
        .string()
        .regex(/^(folder:\/|rclone:[A-Za-z0-9_.-]+:|restic:)[^\0\n]*$/, {
          error: 'expected folder:/PATH, rclone:REMOTE:PATH or restic:REPOSITORY',
        })
        .describe('folder:/PATH, rclone:REMOTE:PATH or restic:REPOSITORY; no secrets.'),
      rcloneConfig: path.optional().describe('Configuration of rclone, on the machine of the node.'),
      repositoryFile: path.optional().describe('Holds the address of a repository of restic that is secret.'),
      passwordFile: path.optional().describe('Holds the password, on the machine of the node.'),
      atOnce: z.int().min(1).max(64).default(4).describe('Files that are copied at the same time.'),
    })
    .optional(),
  keep: z
    .strictObject({
      last: z.int().min(1).max(1000).optional().describe('Number of newest backups to keep.'),
      days: z.int().min(1).max(3650).optional().describe('Age in days up to which backups are kept.'),
    })
    .optional()
    .describe('Backups that `fleet backup prune` keeps; a backup stays if either rule keeps it.'),
  volumeSnapshotClass: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, { error: 'expected the name of a VolumeSnapshotClass' })
    .optional()
    .describe('Of clusters, where backups are snapshots of volumes.'),
});
export type BackupFile = z.infer<typeof backupShape>;

/** When a volume grows, by how much, and how far. */
export const growShape = z
  .strictObject({
    atUsedPercent: z
      .int()
      .min(50)
      .max(95)
      .describe('Used share of the volume, in percent, from which it grows.'),
    byPercent: z
      .int()
      .min(5)
      .max(200)
      .optional()
      .describe('Growth in percent of its size, rounded up to whole GiB.'),
    byGiB: z.int().min(1).max(16384).optional().describe('Or growth in GiB.'),
    maxGiB: z.int().min(1).max(65536).describe('Never larger than this.'),
  })
  .refine(({ byPercent, byGiB }) => (byPercent === undefined) !== (byGiB === undefined), {
    error: 'expected byPercent or byGiB, one of the two',
  });
export type Grow = Readonly<z.infer<typeof growShape>>;
