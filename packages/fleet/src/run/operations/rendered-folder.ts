import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fault } from '@watchbill/kit';
import {
  createFileSync,
  makeFoldersSync,
  readJsonOrNullSync,
  replaceFileSync,
  syncFolderSync,
} from '@watchbill/kit/files';
import { z } from 'zod';

/** The file that marks a folder as ours. */
export const MANIFEST_FILE = '.watchbill-rendered.json';

const SIGNER = z.object({ id: z.string(), use: z.string(), secret: z.string().nullable() });
const MANIFEST = z.object({
  format: z.literal('watchbill/rendered/1'),
  network: z.string(),
  /** The format of its files: `kustomize`. */
  as: z.string(),
  place: z.string().nullable(),
  /** Digest of the graph that was rendered. */
  graph: z.string(),
  /** Signers with named keys that run in this rendering. */
  signers: z.array(SIGNER).readonly(),
});
const WRITTEN = MANIFEST.extend({ files: z.record(z.string(), z.string()) });

const RECORD = z.strictObject({
  format: z.literal('watchbill/rendered-signers/1'),
  network: z.string(),
  signers: z.array(SIGNER).readonly(),
});

/** The file beside a network file with the signers that run in its renderings, in all folders. */
export function recordFile(networkFile: string, network: string): string {
  return join(dirname(networkFile), `.watchbill-rendered.${network}.json`);
}

/** The signers of all renderings of a network. Throws a Fault if the file cannot be read as a record. */
export function readRecord(file: string, network: string): readonly RenderedSigner[] {
  if (!existsSync(file)) return [];
  const read = RECORD.safeParse(readJsonOrNullSync(file));
  if (read.success && read.data.network === network) return read.data.signers;
  throw fault('damaged', 'denied', {
    what: `it is not the record watchbill/rendered-signers/1 of the network ${network}, so it is not known which signers run`,
    where: file,
    remedy: 'restore it from version control',
  });
}

export function writeRecord(file: string, network: string, signers: readonly RenderedSigner[]): void {
  if (signers.length === 0 && !existsSync(file)) return;
  const text = JSON.stringify({ format: 'watchbill/rendered-signers/1', network, signers }, null, 2);
  replaceFileSync({ path: file, text: `${text}\n`, mode: 0o644 });
}

export type Manifest = Readonly<z.infer<typeof MANIFEST>>;
export type RenderedSigner = Readonly<z.infer<typeof SIGNER>>;

interface File {
  readonly path: string;
  readonly text: string;
}

/**
 * The manifest of the last rendering to a folder; null for a folder that is missing or empty. Throws an
 * Fault if something else made a file in it, if a person changed one, or if it is of another
 * network, format or place.
 */
export function readOwned(out: string, wanted: Manifest): Manifest | null {
  putBack(out);
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory() === false)
    throw notOurs(out, `${out} is a file`);
  const found = existsSync(out) ? filesIn(out) : [];
  if (found.length === 0) return null;
  const manifest = manifestOf(out);
  if (manifest === null)
    throw notOurs(out, `${join(out, found[0] ?? '')} exists, and no rendering of watchbill made this folder`);
  const { network, as, place } = manifest;
  if (network !== wanted.network || as !== wanted.as || place !== wanted.place)
    throw notOurs(
      out,
      `${out} has the network ${network} as ${as}${place === null ? '' : `, only ${place}`}`,
    );
  for (const path of found) {
    const digest = manifest.files[path];
    if (path === MANIFEST_FILE) continue;
    if (digest === undefined) throw notOurs(out, `${join(out, path)} is not a file of the rendering`);
    if (digest !== digestOfText(readFileSync(join(out, path), 'utf8')))
      throw notOurs(out, `${join(out, path)} was changed by hand, and rendering would undo that`);
  }
  return manifest;
}

function manifestOf(out: string): z.infer<typeof WRITTEN> | null {
  try {
    return WRITTEN.parse(JSON.parse(readFileSync(join(out, MANIFEST_FILE), 'utf8')));
  } catch {
    return null;
  }
}

function notOurs(out: string, what: string) {
  return fault('exists', 'usage', {
    what,
    where: 'flag --out',
    remedy: `choose another folder with --out, or move ${out} away yourself first; no file was changed`,
  });
}

/**
 * Replaces a folder as a whole: a reader finds the old files or the new ones, and no mixture. A run that is
 * killed in between leaves the old folder under another name, and the next run puts it back.
 */
export function replaceFolder(out: string, manifest: Manifest, files: readonly File[]): void {
  const draft = beside(out, 'new');
  rmSync(draft, { recursive: true, force: true });
  const digests = Object.fromEntries(files.map(({ path, text }) => [path, digestOfText(text)]));
  const own = { path: MANIFEST_FILE, text: `${JSON.stringify({ ...manifest, files: digests }, null, 2)}\n` };
  try {
    for (const { path, text } of [...files, own]) {
      makeFoldersSync(dirname(join(draft, path)), 0o755);
      createFileSync({ path: join(draft, path), text, mode: 0o644 });
    }
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  const old = beside(out, 'old');
  const isThere = existsSync(out);
  if (isThere) renameSync(out, old);
  renameSync(draft, out);
  syncFolderSync(dirname(out));
  if (isThere) rmSync(old, { recursive: true, force: true });
}

/** After a run that was killed while it replaced the folder. */
function putBack(out: string): void {
  const old = beside(out, 'old');
  if (!existsSync(old)) return;
  if (existsSync(out)) rmSync(old, { recursive: true, force: true });
  else renameSync(old, out);
}

/** In the same folder, so that a rename is one step. */
function beside(out: string, what: 'new' | 'old'): string {
  return join(dirname(out), `.${basename(out)}.watchbill-${what}`);
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
