// Cargo's target folder, which all builds share. One build at a time uses it, and keeps a file there while it
// runs. If the build is killed, the next one finds that file and removes the last results of the killed
// build, because an archive may be damaged.

import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { holdSince, takeFile } from '../holder-file.mjs';
import { buildStop, StepError } from '../run-step.mjs';

const MARKER = 'watchbill-build.json';
/** The hash of the sources from which all results of our crates in the folder are. */
const SOURCES = 'watchbill-sources';
/** The time of every source: cargo takes one that is newer than its last result for a changed one. */
const OLD = new Date('2000-01-01');
/** Cargo records a crate when it is complete: only crates in progress can be damaged. None takes so long. */
const DISTRUSTED_MS = 10 * 60_000;

/**
 * Runs `use` while no other build uses the folder.
 * @template T
 * @param {string} target
 * @param {string | null} own the folder of our crates, if clones share the target folder
 * @param {() => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function inTarget(target, own, use) {
  mkdirSync(target, { recursive: true });
  const marker = join(target, MARKER);
  const onWait = (pid) =>
    process.stderr.write(`waiting for another build in the same folder (process ${pid})\n`);
  const killedSinceMs = await takeFile(marker, { onWait, signal: buildStop });
  if (killedSinceMs !== null) repair(target, marker, killedSinceMs);
  const wasSaved = own === null ? () => false : forgetOthers(target, own);
  try {
    const result = await use();
    rmSync(marker, { force: true });
    return result;
  } catch (error) {
    // Cargo that ends by itself has waited for its compilers.
    if (error instanceof StepError && error.endedByItself) rmSync(marker, { force: true });
    throw error;
  } finally {
    if (wasSaved()) rmSync(join(target, SOURCES), { force: true });
  }
}

/**
 * Cargo names a crate of a workspace by its path in it, and judges it by the times of its files. So it would
 * take the newer build of another clone for this one, and compile the same sources again in a new clone. Here
 * the contents count: it forgets our crates if they are of other sources, and no source is new.
 * @returns {() => boolean} whether a source was saved since, so that the results may be of another text
 */
function forgetOthers(target, own) {
  const exclude = (path) => path.endsWith('target');
  const names = globSync('**/*', { cwd: own, exclude }).filter((name) => statSync(join(own, name)).isFile());
  const texts = names.sort().map((name) => [name, readFileSync(join(own, name), 'latin1')]);
  const sources = createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  const known = join(target, SOURCES);
  if (!existsSync(known) || readFileSync(known, 'utf8') !== sources) {
    for (const [, text] of texts.filter(([name]) => name.endsWith('Cargo.toml'))) {
      const crate = /^name = "(.+)"/m.exec(text)?.[1];
      for (const name of globSync(`{*,*/*}/.fingerprint/${crate}-*`, { cwd: target }))
        rmSync(join(target, name), { recursive: true });
    }
    writeFileSync(known, sources);
  }
  const paths = names.map((name) => join(own, name));
  for (const path of paths) utimesSync(path, OLD, OLD);
  return () => paths.some((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs !== OLD.getTime());
}

function repair(target, marker, sinceMs) {
  const written = filesIn(target)
    .map((path) => ({ path, atMs: statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0 }))
    .filter(({ atMs }) => atMs >= sinceMs);
  const lastMs = written.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  const distrusted = written.filter(({ atMs }) => atMs >= lastMs - DISTRUSTED_MS);
  for (const { path } of distrusted) rmSync(path, { force: true });
  holdSince(marker);
  process.stderr.write(
    `the last build in ${target} was killed: its last ${distrusted.length} files were removed and are built again\n`,
  );
}

function filesIn(target) {
  return readdirSync(target, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !isKept(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Cargo's own lock and ours are not results. */
function isKept(name) {
  return name === '.cargo-lock' || name.startsWith(MARKER);
}
