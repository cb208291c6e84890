import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PACK = fileURLToPath(new URL('../../../scripts/pack.mjs', import.meta.url));
const PACK_TIMEOUT_MS = 300_000;

/** Packs the command as it is published, and answers the path of its program. */
export async function packCommand(folder: string): Promise<string> {
  await promisify(execFile)(process.execPath, [PACK, folder], { timeout: PACK_TIMEOUT_MS });
  return join(folder, 'package/bin/watchbill.mjs');
}
