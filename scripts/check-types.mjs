// Type check of all packages and tests: tsc --build into dist/types, without leftovers of removed files.

import { existsSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PINNED_NODE, ROOT, runInForeground } from './pinned.mjs';

/** Declarations whose source is gone: an import of a removed file would still find its types there. */
function removeStale(project, sourceFolder) {
  const types = join(ROOT, project, 'dist', 'types');
  for (const file of globSync('**/*.d.ts', { cwd: types })) {
    const source = join(ROOT, project, sourceFolder, file.replace(/\.d\.ts$/, '.ts'));
    if (!existsSync(source)) rmSync(join(types, file));
  }
}

process.chdir(ROOT);
for (const folder of globSync('packages/*')) removeStale(folder, 'src');
if (existsSync('test')) removeStale('test', '..');
process.exitCode = await runInForeground(PINNED_NODE, ['node_modules/typescript/bin/tsc', '--build']);
