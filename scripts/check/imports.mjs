// The import rules of .dependency-cruiser.mjs, over all files that import others. The command of
// dependency-cruiser prints a warning on every run, because no older TypeScript is installed. The swc parser,
// which the configuration selects, needs none. So this script prints the violations without that warning.
//
// node scripts/check/imports.mjs [folder]   the folder is checked in place of the repository

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import configuration from '../../.dependency-cruiser.mjs';
import { ROOT } from '../pinned.mjs';

const FOLDERS = ['packages', 'test', 'scripts'];

/** One violation per line, and how many files and imports were read. */
export async function violations(baseDir) {
  const folders = FOLDERS.filter((folder) => existsSync(join(baseDir, folder)));
  const { enhancedResolveOptions, ...options } = configuration.options;
  const { output } = await cruise(
    folders,
    { ...options, baseDir, validate: true, ruleSet: { forbidden: configuration.forbidden } },
    enhancedResolveOptions,
  );
  const { summary } = output;
  const comments = new Map(configuration.forbidden.map(({ name, comment }) => [name, comment]));
  return {
    files: summary.totalCruised,
    imports: summary.totalDependenciesCruised,
    lines: summary.violations.map(
      ({ rule, from, to, cycle }) =>
        `${rule.name}: ${[from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' -> ')} (${comments.get(rule.name) ?? ''})`,
    ),
  };
}

if (process.argv[1]?.endsWith('check/imports.mjs')) {
  const found = await violations(process.argv[2] ?? ROOT);
  for (const line of found.lines) console.error(line);
  console.log(`${found.files} files, ${found.imports} imports, ${found.lines.length} violations`);
  process.exitCode = found.lines.length === 0 && found.imports > 0 ? 0 : 1;
}
