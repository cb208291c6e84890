// The command with its add-ons, as a release packs them, for the tests of `npm run test:real`.

import { cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packWhole } from '../../../scripts/pack/package.mjs';
import { ROOT } from '../../../scripts/pinned.mjs';

/** What the one file of a release holds, to start under Node. @returns {Promise<string>} the file to start */
export async function packedCommand() {
  const folder = await packWhole(join(tmpdir(), 'packed'), '', { folder: null, bundled: [] });
  cpSync(join(ROOT, 'packages/watchbill/bin'), join(folder, 'bin'), { recursive: true });
  return join(folder, 'bin/watchbill.mjs');
}
