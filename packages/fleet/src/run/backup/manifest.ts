import { canonicalJson, digestOf, type Json } from '@watchbill/kit';
import { z } from 'zod';
import { ROLES } from '../../file/graph/index.ts';
import { isBackedUp } from './contents.ts';

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const block = z.strictObject({ number: count, hash });

const file = z.strictObject({
  /** From the folder of the node; see {@link isBackedUp}. */
  path: z.string(),
  bytes: count,
  sha256,
});
export type BackedUpFile = Readonly<z.output<typeof file>>;

/** The path of a file, and its SHA-256. */
export type FileSum = Pick<BackedUpFile, 'path' | 'sha256'>;

const volume = z.strictObject({
  /** The claim of the volume. */
  claim: z.string(),
  /** The VolumeSnapshot in the same namespace. */
  snapshot: z.string(),
});

/** `20261121T011511Z-1234`: when it was made and the newest final block in it. Sorts by time. */
export const BACKUP_ID = /^\d{8}T\d{6}Z-\d{1,12}$/;

export const manifestShape = z
  .strictObject({
    format: z.literal('watchbill/backup/1'),
    id: z.string().regex(BACKUP_ID),
    network: z.string().regex(/^[a-z][-a-z0-9]*$/),
    /** Hash of block 0. */
    genesis: hash,
    /** As the node calls its chain in folders: the `id` of the specification. */
    chainId: z.string().regex(/^[A-Za-z0-9._-]+$/),
    node: z.string().regex(/^[a-z][-a-z0-9]*$/),
    pool: z.string(),
    role: z.enum(ROLES),
    /** How many states are kept. */
    pruning: z.union([z.literal('archive'), z.int().min(1)]),
    database: z.enum(['rocksdb', 'paritydb', 'unknown']),
    nodeVersion: z.string(),
    /** From the node before it was stopped: the database holds at least these. */
    best: block,
    finalised: block,
    /** In the order of their paths, by code unit. Empty for snapshots of volumes. */
    files: z.array(file).readonly(),
    volumes: z.array(volume).readonly(),
    totalBytes: count,
    tool: z.strictObject({
      kind: z.enum(['folder', 'rclone', 'restic', 'volume-snapshot']),
      version: z.string(),
    }),
    madeAt: z.iso.datetime(),
    /** Names of the files beside it that are left out, never their contents. */
    leftOut: z.array(z.string()).readonly(),
  })
  .superRefine(({ files, volumes, totalBytes }, context) => {
    const wrong = (message: string): void => {
      context.addIssue({ code: 'custom', message });
    };
    if (files.length === 0 && volumes.length === 0) wrong('it has no files and no volumes');
    for (const [at, { path }] of files.entries()) {
      if (!isBackedUp(path)) wrong(`${path} does not belong in a backup`);
      const before = files[at - 1]?.path;
      if (before !== undefined && before >= path) wrong('its files are not in order');
    }
    if (totalBytes !== totalOf(files)) wrong('its total is not that of its files');
  });

/** The facts about a backup that are needed to check its bytes, and whether it fits a node. */
export type Manifest = Readonly<z.output<typeof manifestShape>>;

export function totalOf(files: readonly Pick<BackedUpFile, 'bytes'>[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Canonical order of files. */
export function inOrder<File extends { readonly path: string }>(files: readonly File[]): File[] {
  return files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** SHA-256 of the one text of a manifest, as hex. */
export function manifestDigest(manifest: Manifest): string {
  return digestOf(manifest as unknown as Json);
}

/** One line: the manifest with its digest. */
export function encodeManifest(manifest: Manifest): string {
  return `${canonicalJson({ digest: manifestDigest(manifest), manifest: manifest as unknown as Json })}\n`;
}

export type ReadManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly detail: string };

const envelope = z.strictObject({ digest: sha256, manifest: manifestShape });

/** Reads the text of {@link encodeManifest}; not ok if any of it was changed. */
export function decodeManifest(text: string): ReadManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, detail: 'it is not JSON' };
  }
  const read = envelope.safeParse(value);
  if (!read.success) return { ok: false, detail: read.error.issues[0]?.message ?? 'it has another shape' };
  const { digest, manifest } = read.data;
  return manifestDigest(manifest) === digest
    ? { ok: true, manifest }
    : { ok: false, detail: 'its digest does not match its content' };
}

/** The id of a backup. `madeAtMs`: Unix time. */
export function backupId(madeAtMs: number, height: number): string {
  const time = new Date(madeAtMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  return `${time}-${height}`;
}
