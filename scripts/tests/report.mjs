// Reports that runs leave in the user's cache: the seconds of each file for the next run, and flaky files.

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheRoot } from '../build-cache.mjs';
import { ROOT } from '../pinned.mjs';

const folder = () => join(cacheRoot(), 'tests');
export const reportPath = (suite) => join(folder(), `${suite}.json`);
const flakyPath = () => join(folder(), 'flaky.jsonl');

/** Seconds of each file in earlier runs, by path. @returns {ReadonlyMap<string, number>} */
export function earlierSeconds(suite) {
  const files = readJson(reportPath(suite))?.files ?? [];
  return new Map(files.map(({ file, seconds }) => [file, seconds]));
}

/** Writes the report of a run; files that it did not run keep their seconds from earlier ones. */
export function writeReport(suite, report) {
  const ran = new Set(report.files.map(({ file }) => file));
  const before = (readJson(reportPath(suite))?.files ?? []).filter(({ file }) => !ran.has(file));
  writeJson(reportPath(suite), { ...report, files: [...report.files, ...before] });
}

/** Appends one line per flaky file. */
export function noteFlaky(entries) {
  if (entries.length === 0) return;
  mkdirSync(folder(), { recursive: true });
  appendFileSync(flakyPath(), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

/** The commit that is checked out, shortened; `unknown` without git. */
export function currentCommit() {
  return commitHash().slice(0, 10);
}

/** All digits of that commit; `unknown` without git. */
export function commitHash() {
  const git = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  return git.status === 0 ? git.stdout.trim() : 'unknown';
}

/** The value of a file; a damaged file counts as none. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

export function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(value, null, 1)}\n`);
  renameSync(beside, path);
}
