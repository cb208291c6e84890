// Loaded before a run: the files that a patch names are read with the patch applied. The tree stays as it
// is, so several mutations may run at once, and none can be left behind.

import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { applyHunks, readPatch } from './patch.ts';

const ROOT = new URL('../../../../../', import.meta.url);
const byPath = new Map();
for (const name of (process.env.SIMULATION_MUTATION ?? '').split(',')) {
  const patch = readPatch(readFileSync(new URL(`./${name}.patch`, import.meta.url), 'utf8'));
  for (const [file, hunks] of patch) {
    const path = fileURLToPath(new URL(file, ROOT));
    byPath.set(path, { file, hunks: [...(byPath.get(path)?.hunks ?? []), ...hunks] });
  }
}

registerHooks({
  load(url, context, next) {
    const mutated = url.startsWith('file:') ? byPath.get(fileURLToPath(url)) : undefined;
    const loaded = next(url, context);
    if (mutated === undefined) return loaded;
    const source = applyHunks(mutated.file, String(loaded.source), mutated.hunks);
    return { ...loaded, source };
  },
});
