// Which files and commands of which tiers a run has.

import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../pinned.mjs';
import {
  changedPaths,
  stepsFrom,
  touchedFiles,
  touchedTiers,
  touchesAll,
  withoutScriptEntries,
} from './changed.mjs';
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
 * @param {{ suite: 'quick' | 'real', revision: string, minutes?: number, mayWait?: boolean, print: (text:
 * string) => void }} options `minutes`: of the quick ones; `mayWait`: some real ones for a run of everything
 * @returns {Promise<{ chosen: readonly T[], later: readonly T[] }>} `later`: touched, and not chosen
 */
export async function byChange(tiers, { suite, revision, minutes = 0.5, mayWait = true, print }) {
  const changed = changedPaths(revision);
  print(`${changed.length} files differ from ${revision}`);
  if (changed.length === 0) return { chosen: [], later: [] };
  const paths = suite === 'real' ? withoutScriptEntries(changed, revision) : changed;
  const cause = touchesAll(paths, suite);
  if (cause !== undefined) {
    print(`everything is chosen, because ${cause} changed`);
    return { chosen: tiers, later: [] };
  }
  if (suite === 'quick')
    return { chosen: nearest(tiers, paths, { seconds: minutes * 60, print }), later: [] };
  const chosen = touchedTiers(tiers, paths, { mayWait });
  const later = touchedTiers(tiers, paths).filter((tier) => !chosen.includes(tier));
  if (later.length > 0)
    print(`these wait for a run of everything: ${later.map(({ name }) => name).join(', ')}`);
  return { chosen, later };
}

/** Checks of a change, types for TypeScript only. The other commands read the whole tree. */
const OF_CHANGE = ['types', 'lint and format', 'plain English', 'comment width'];
/** The start of a run and these checks take so long; two more guesses: of a file, and of its process. */
const [CHECKS_SECONDS, FILE_SECONDS, PROCESS_SECONDS] = [12, 1, 0.7];

/**
 * The checks of a change, and as many tests as end in the time: those that reach it by fewest imports first.
 * @param {ReadonlyMap<string, number>} [earlier] seconds of files
 */
export function nearest(tiers, paths, { seconds, print }, earlier = earlierSeconds('quick')) {
  print('searching what imports them');
  const steps = stepsFrom(paths);
  const touched = tiers.flatMap((tier) =>
    touchedFiles(tier.files, paths, steps).map((file) => ({
      file,
      step: steps.get(file) ?? 1,
      cost: (earlier.get(file) ?? FILE_SECONDS) + (tier.pure ? 0 : PROCESS_SECONDS),
    })),
  );
  touched.sort((one, other) => one.step - other.step || one.cost - other.cost);
  const chosen = new Set();
  let free = (seconds - CHECKS_SECONDS) * availableParallelism();
  for (const { file, step, cost } of touched) {
    // A changed file of tests always runs.
    if (step > 0 && cost > free) continue;
    chosen.add(file);
    free -= cost;
  }
  const isTyped = paths.some((path) => path.endsWith('.ts'));
  const isOf = ({ name, args }) =>
    steps.has(args[0]) || (OF_CHANGE.includes(name) && (isTyped || name !== 'types'));
  const kept = tiers.map((tier) => ({
    ...tier,
    files: tier.files.filter((file) => chosen.has(file)),
    commands: tier.commands.filter(isOf).map((command) => onlyOn(command, paths)),
  }));
  for (const { name, files, commands } of kept)
    if (files.length + commands.length > 0)
      print(`${name}: ${files.length} files, ${commands.length} checks`);
  const [checks, own] = [tiers, kept].map((some) => some.flatMap(({ commands }) => commands).length);
  print(
    `left out: ${checks - own} checks of the whole tree, ${touched.length - chosen.size} files farther away`,
  );
  if (chosen.size < touched.length) print(`  these do not end in ${seconds} s; add --minutes 10`);
  return kept.filter((tier) => tier.files.length + tier.commands.length > 0);
}

/** The linter reads the changed files alone. */
function onlyOn(command, paths) {
  if (command.name !== 'lint and format') return command;
  const there = paths.filter((path) => existsSync(join(ROOT, path)));
  return { ...command, args: [...command.args, '--no-errors-on-unmatched', ...there] };
}
