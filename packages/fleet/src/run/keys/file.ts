import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readJsonOrNullSync, replaceFileSync } from '@watchbill/kit/files';
import { RotationFault } from './keys-fault.ts';
import { isOver, type Rotation, rotationShape } from './record.ts';

const MOST_BYTES = 1_000_000;

/**
 * The rotation in a file; null if there is none. Throws a RotationFault for another file: it may be the only
 * record of keys.
 */
export function readRotation(file: string): Rotation | null {
  if (!existsSync(file)) return null;
  const rotation = parsed(file);
  if (rotation !== null) return rotation;
  throw new RotationFault(
    'journal',
    `${file} is not a rotation record of watchbill/rotation/1`,
    'name another file, or restore it',
  );
}

function parsed(file: string): Rotation | null {
  return rotationShape.safeParse(readJsonOrNullSync(file)).data ?? null;
}

/**
 * Another record in the folder of this one that is of the stash on the chain, and not over; null for none.
 */
export function otherOpenRotation(file: string, of: Pick<Rotation, 'genesis' | 'stash'>): string | null {
  const folder = dirname(file);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const found = names.find((name) => {
    const path = join(folder, name);
    if (!name.endsWith('.json') || name === basename(file) || statSync(path).size > MOST_BYTES) return false;
    const other = parsed(path);
    return other !== null && !isOver(other) && other.stash === of.stash && other.genesis === of.genesis;
  });
  return found === undefined ? null : join(folder, found);
}

/** Durable when it returns. */
export function writeRotation(file: string, rotation: Rotation): void {
  replaceFileSync({ path: file, text: `${JSON.stringify(rotation, null, 2)}\n`, mode: 0o644 });
}
