// The import rules of .dependency-cruiser.mjs, over all files that import others. The command of
// dependency-cruiser prints a warning on every run, because no older TypeScript is installed. The swc parser,
// which the configuration selects, needs none. So this script prints the violations without that warning.
//
// node scripts/check/imports.mjs [folder]   the folder is checked in place of the repository

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import configuration from '../../.dependency-cruiser.mjs';
import { main } from './ratchet.mjs';

const FOLDERS = ['packages', 'test', 'scripts'];

/** One violation per line. A tree of which no import was read fails too. */
export async function run(baseDir) {
  const folders = FOLDERS.filter((folder) => existsSync(join(baseDir, folder)));
  const { enhancedResolveOptions, ...options } = configuration.options;
  const { output } = await cruise(
    folders,
    { ...options, baseDir, validate: true, ruleSet: { forbidden: configuration.forbidden } },
    enhancedResolveOptions,
  );
  const { violations, totalCruised: files, totalDependenciesCruised: imports } = output.summary;
  const comments = new Map(configuration.forbidden.map(({ name, comment }) => [name, comment]));
  const lines = violations.map(
    ({ rule, from, to, cycle }) =>
      `${rule.name}: ${[from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' -> ')} (${comments.get(rule.name) ?? ''})`,
  );
  const isGood = lines.length === 0 && imports > 0;
  return {
    exitCode: isGood ? 0 : 1,
    lines: [...lines, `${files} files, ${imports} imports, ${lines.length} violations`],
  };
}

await main(import.meta.url, run);
