import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile, syncFolder } from '@watchbill/kit/files';
import type { Fault } from '../../faults.ts';
import { inOrder } from './in-order.ts';

const NAME = /^[0-9]{1,20}-[A-Za-z0-9_.-]{1,64}-[a-z0-9-]{1,40}\.json$/;

/** Proofs of faults as files that can be passed on: `evidence/<window>-<culprit>-<kind>.json`. */
export interface EvidenceFiles {
  /**
   * Stores the evidence of a fault. Returns the name of its file, or null if the fault has none. The first
   * file stays.
   */
  keep(window: bigint, fault: Fault): Promise<string | null>;
  /** The content of a file, or null for an invalid name or a missing file. */
  read(name: string): Promise<Uint8Array | null>;
  /**
   * Remove files beyond this many: the oldest of the culprit and kind that has most, so that one member
   * cannot push out the proofs against others. `forget` gets their names before they are gone.
   */
  prune(keepFiles: number, forget: (names: readonly string[]) => void): Promise<void>;
}

export function evidenceFiles(folder: string): EvidenceFiles {
  const place = join(folder, 'evidence');
  const oneByOne = inOrder();
  return {
    keep: (window, fault) =>
      oneByOne(async () => {
        if (fault.evidence === undefined) return null;
        const name = evidenceName(window, fault);
        if ((await readOrNull(join(place, name))) !== null) return name;
        if (mkdirSync(place, { recursive: true, mode: 0o700 }) !== undefined) await syncFolder(folder);
        await replaceFile({ path: join(place, name), text: fault.evidence, mode: 0o600 });
        return name;
      }),
    read: async (name) => (NAME.test(name) ? readOrNull(join(place, name)) : null),
    prune: (keepFiles, forget) =>
      oneByOne(async () => {
        const old = excess(await namesIn(place), keepFiles);
        forget(old);
        for (const name of old) await rm(join(place, name), { force: true });
      }),
  };
}

/**
 * The names of members come from a file that people write. A name with other characters than a file name may
 * have gets a digest of the whole, so that no two members share a file. Example:
 * `7-Zo_.SHA-equivocation.json`.
 */
export function evidenceName(window: bigint, { culprit, kind }: Fault): string {
  const safe = (text: string, length: number) => text.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(0, length);
  const digest = createHash('sha256').update(culprit).digest('hex').slice(0, 16);
  const name = safe(culprit, 64) === culprit ? culprit : `${safe(culprit, 40)}.${digest}`;
  return `${window}-${name}-${safe(kind, 40)}.json`;
}

function excess(names: readonly string[], keepFiles: number): readonly string[] {
  const byCulprit = new Map<string, string[]>();
  for (const name of names.toSorted((a, b) => windowOfName(a) - windowOfName(b))) {
    const about = name.slice(name.indexOf('-'));
    byCulprit.set(about, [...(byCulprit.get(about) ?? []), name]);
  }
  const old: string[] = [];
  while (names.length - old.length > keepFiles) {
    const [most = []] = [...byCulprit.values()].toSorted((a, b) => b.length - a.length);
    const oldest = most.shift();
    if (oldest === undefined) break;
    old.push(oldest);
  }
  return old;
}

function windowOfName(name: string): number {
  return Number(name.split('-')[0]);
}

async function namesIn(place: string): Promise<string[]> {
  try {
    return (await readdir(place)).filter((name) => NAME.test(name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function readOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
