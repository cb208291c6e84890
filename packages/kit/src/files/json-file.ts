import { readFileSync } from 'node:fs';
import { jsonOrNull } from '../json/json.ts';

/** The JSON value of a file; null if the file cannot be read or is not JSON. */
export function readJsonOrNullSync(file: string): unknown {
  try {
    return jsonOrNull(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
