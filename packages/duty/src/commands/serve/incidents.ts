import { join } from 'node:path';
import { makeFoldersSync, replaceFile } from '@watchbill/kit/files';
import { type Incident, incidentText } from '../../service/index.ts';

/**
 * Keeps each incident as two durable files below the data folder, for example
 * `incidents/2026-11-23T04-10-00.000Z-6da27d.json` and `….txt`. The key ends the name: two keys may be
 * frozen in one millisecond.
 */
export function incidentFiles(dataDir: string): (incident: Incident) => Promise<void> {
  const folder = join(dataDir, 'incidents');
  return async (incident) => {
    makeFoldersSync(folder, 0o700);
    const when = new Date(incident.freeze.atMs).toISOString().replaceAll(':', '-');
    const path = join(folder, `${when}-${incident.key.slice(-6)}`);
    const json = `${JSON.stringify(incident, null, 2)}\n`;
    await replaceFile({ path: `${path}.json`, text: json, mode: 0o600 });
    await replaceFile({ path: `${path}.txt`, text: incidentText(incident), mode: 0o600 });
  };
}
