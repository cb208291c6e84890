import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { RotationFault } from './fault.ts';
import { type Rotation, rotationShape } from './rotation.ts';

/** The rotation in a file; null where there is none. Throws a RotationFault for another file: it may be the only record of keys. */
export function readRotation(file: string): Rotation | null {
  if (!existsSync(file)) return null;
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    parsed = null;
  }
  const read = rotationShape.safeParse(parsed);
  if (read.success) return read.data;
  throw new RotationFault(
    'journal',
    `${file} is no record of a rotation`,
    'name another file, or restore it',
  );
}

/** Whole, or not at all; durable when it returns. */
export function writeRotation(file: string, rotation: Rotation): void {
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', 0o644);
  writeSync(handle, `${JSON.stringify(rotation, null, 2)}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(draft, file);
}
