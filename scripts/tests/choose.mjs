// Which files and commands of which tiers a run has.

import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pinned.mjs';
import { changedPaths, touchedFiles, touchedTiers, touchesAll, withoutScriptEntries } from './changed.mjs';
import { earlierSeconds } from './report.mjs';

/**
 * The tier with its globs replaced by the files there are, longest first, and its commands by those
 * that apply.
 */
export function withFiles(tier, suite) {
  const seconds = earlierSeconds(suite);
  const found = globSync([...tier.files], {
    cwd: ROOT,
    exclude: ['**/node_modules', '**/dist', ...tier.except],
  });
  const missing = tier.longest.filter((file) => !found.includes(file));
  if (missing.length > 0) throw new Error(`no such file of tests: ${missing.join(', ')}`);
  // A file that never ran, and is not named as long, comes after those that did.
  const rank = (file) => seconds.get(file) ?? (tier.longest.includes(file) ? Number.MAX_SAFE_INTEGER : 0);
  return {
    ...tier,
    files: found.sort().sort((one, other) => rank(other) - rank(one)),
    commands: tier.commands.filter(({ onlyIf }) => onlyIf === undefined || existsSync(join(ROOT, onlyIf))),
  };
}

/**
 * The tiers by name and capability, or what is wrong with the names.
 * @template {import('./tiers.mjs').Tier} T
 * @param {readonly T[]} tiers
 * @param {import('./options.mjs').Options} options
 * @returns {{ tiers: readonly T[], problem?: string }}
 */
export function byName(tiers, { tiers: names, capability }) {
  const unknown = names.filter((name) => !tiers.some((tier) => tier.name === name));
  if (unknown.length > 0)
    return {
      tiers: [],
      problem: `no such tier: ${unknown.join(', ')}; there are: ${tiers.map(({ name }) => name).join(', ')}`,
    };
  const capabilities = [...new Set(tiers.map((tier) => tier.capability))];
  if (capability !== undefined && !capabilities.includes(capability))
    return { tiers: [], problem: `no such capability: ${capability}; there are: ${capabilities.join(', ')}` };
  return {
    tiers: tiers
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .filter((tier) => capability === undefined || tier.capability === capability),
  };
}

/**
 * Of these tiers, what a change since a commit touches; says what it chose.
 * @template {import('./tiers.mjs').Tier} T
 * @param {readonly T[]} tiers
 * @param {{ suite: 'quick' | 'real', revision: string, print: (text: string) => void }} options
 * @returns {Promise<readonly T[]>}
 */
export async function byChange(tiers, { suite, revision, print }) {
  const changed = changedPaths(revision);
  print(`${changed.length} files differ from ${revision}`);
  if (changed.length === 0) return [];
  const paths = suite === 'real' ? withoutScriptEntries(changed, revision) : changed;
  const cause = touchesAll(paths);
  if (cause !== undefined) {
    print(`everything is chosen, because ${cause} changed`);
    return tiers;
  }
  if (suite === 'real') return touchedTiers(tiers, paths);
  const files = new Set(
    await touchedFiles(
      tiers.flatMap((tier) => tier.files),
      paths,
    ),
  );
  // Checks read the whole tree and stories run the whole product.
  return tiers
    .map((tier) =>
      ['check', 'stories'].includes(tier.name)
        ? tier
        : { ...tier, files: tier.files.filter((file) => files.has(file)) },
    )
    .filter((tier) => tier.files.length + tier.commands.length > 0);
}
