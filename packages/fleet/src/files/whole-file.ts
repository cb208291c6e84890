import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** Whole, or not at all; durable when it returns. One process at a time writes a file: its draft has a name of its own beside it. */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', mode);
  writeSync(handle, text);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(draft, file);
}

/** The JSON of a file; null where there is none that can be read. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
