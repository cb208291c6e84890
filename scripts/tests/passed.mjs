// Which commit each real tier passed last, as a file such as `.ci/passed` records it.

import { readFileSync } from 'node:fs';
import { git } from './changed.mjs';
import { byChange } from './choose.mjs';

const HASH = /^[0-9a-f]{40}$/;

/** The commit that each tier passed last, by its name. @typedef {ReadonlyMap<string, string>} Passed */

/**
 * Reads lines `HASH TIER TIER …`. A line `HASH` counts for each tier that no other line names; a line that
 * begins with # is a comment.
 * @param {string} path
 * @param {readonly string[]} names of all tiers
 * @returns {Passed}
 * @throws {PassedProblem} names the wrong word, or why the file cannot be read
 */
export function readPassed(path, names) {
  const lines = textOf(path)
    .split('\n')
    .map((line) => line.trim());
  const entries = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  const passed = new Map();
  for (const [hash = '', ...tiers] of entries.sort((one, other) => one.length - other.length)) {
    const wrong = HASH.test(hash) ? tiers.find((tier) => !names.includes(tier)) : hash;
    if (wrong !== undefined)
      throw new PassedProblem(`${path}: ${wrong} is not the 40 digits of a commit or the name of a tier`);
    for (const tier of tiers.length === 0 ? names : tiers) passed.set(tier, hash);
  }
  return passed;
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const remedy = 'name the file that has the passed commits, as .ci/passed';
    throw new PassedProblem(`${path}: it cannot be read (${error.code}); ${remedy}`);
  }
}

/** The file of passed commits cannot be used. */
export class PassedProblem extends Error {
  name = 'PassedProblem';
}

/** The lines of such a file. @param {Passed} passed @param {number} tierCount of all tiers */
export function passedLines(passed, tierCount) {
  const byHash = Map.groupBy(passed.keys(), (name) => passed.get(name));
  return [...byHash].map(([hash, tiers]) =>
    tiers.length === tierCount ? hash : `${hash} ${tiers.join(' ')}`,
  );
}

/**
 * Of these tiers, what changed since each passed last, longest ago first, so that one for which a run had no
 * time left is first in the next run.
 * @template {import('./tiers.mjs').Tier} T
 * @param {readonly T[]} tiers
 * @param {{ passed: Passed, print: (text: string) => void }} options
 * @returns {Promise<{ chosen: readonly T[], later: readonly T[] }>} `later`: touched, and not chosen
 */
export async function touchedSince(tiers, { passed, print }) {
  const groups = [...Map.groupBy(tiers, ({ name }) => passed.get(name))]
    .map(([revision, own]) => ({ revision, own, age: ageOf(revision) }))
    .sort((one, other) => other.age - one.age);
  const [chosen, later] = [[], []];
  for (const { revision, own, age } of groups) {
    if (age < NEVER) {
      const mayWait = age <= WAITS_COMMITS;
      const touched = await byChange(own, { suite: 'real', revision, mayWait, print });
      chosen.push(...touched.chosen);
      later.push(...touched.later);
    } else {
      print(`no commit of this history is recorded for ${own.map(({ name }) => name).join(', ')}`);
      chosen.push(...own);
    }
  }
  return { chosen, later };
}

/** No tier waits longer for a run of everything. */
const WAITS_COMMITS = 100;
const NEVER = Number.POSITIVE_INFINITY;

/** Commits since that one; infinite for one that HEAD does not descend from. */
function ageOf(revision) {
  if (revision === undefined || !isAncestor(revision)) return NEVER;
  return Number(git(['rev-list', '--count', `${revision}..HEAD`])[0]);
}

function isAncestor(revision) {
  try {
    git(['merge-base', '--is-ancestor', revision, 'HEAD']);
    return true;
  } catch {
    return false;
  }
}
