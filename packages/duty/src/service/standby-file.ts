import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@watchbill/kit/files';
import type { StandbyFile } from './ports.ts';

/** `standbys.json` in the data folder: the last drill and handover of each standby, see decision 0030. */
export function standbyFile(dataDir: string): StandbyFile {
  const path = join(dataDir, 'standbys.json');
  return {
    load: () => (existsSync(path) ? readFileSync(path, 'utf8') : null),
    save: (text) => replaceFile({ path, text: `${text}\n`, mode: 0o600 }),
  };
}
