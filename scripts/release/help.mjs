// The documentation of a release, for `/help` of the service (docs/decisions/0084-help-and-interchange.md).

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { buildSite } from '../site/build.mjs';

/** @typedef {{ folder: string | null, bundled: import('../pack/licences.mjs').Bundled[] }} PackedSite */

/**
 * Builds the site into `work`, with each file packed as browsers take it: a service sends it as it is.
 * @param {string} work
 * @returns {Promise<PackedSite>}
 */
export async function packedSite(work) {
  const out = join(work, 'site');
  const folder = join(work, 'help');
  const { bundled } = await buildSite({ out, base: '/help/' });
  for (const entry of globSync('**/*', { cwd: out, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const to = join(folder, `${path.slice(out.length)}.br`);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, brotliCompressSync(readFileSync(path)));
  }
  return { folder, bundled };
}
