// Programs built from unmodified Go modules, each kept in a folder of the cache that is named by the hash of what it was built
// from. What goes into that hash, and so the name, is for each script to say.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { holds, publish, runStep } from './build-cache.mjs';
import { checkedGo, goEnvironment } from './go-toolchain.mjs';

const BUILD_TIMEOUT_MS = 30 * 60_000;

/**
 * One folder of the cache and what is built into it.
 * @typedef {object} GoBuild
 * @property {string} name for messages
 * @property {string} module folder with go.mod and go.sum
 * @property {string} folder of the cache; it need not be there
 * @property {Readonly<Record<string, string>>} programs package of each, by the name of the program
 * @property {readonly string[]} flags of `go build`
 * @property {readonly [number, number]} oldestGo such as [1, 23]
 * @property {NodeJS.ProcessEnv} [env] beside the environment that every build has
 * @property {readonly string[]} [files] what the folder holds beside the programs
 * @property {(go: string, source: string, output: string) => void} [addFiles] puts them there
 */

/** The oldest Go that a module asks for itself. @param {string} module @returns {readonly [number, number]} */
export function oldestGoOf(module) {
  const file = join(module, 'go.mod');
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(file, 'utf8'));
  if (wanted === null) throw new Error(`${file} does not say which Go it needs`);
  return [Number(wanted[1]), Number(wanted[2])];
}

/**
 * A script that builds what is missing and prints where it is; with `--where` it builds nothing, and ends with 1 where something is
 * missing. Sets the status of the process.
 * @param {object} about
 * @param {string} about.script path of the script, for messages
 * @param {string} about.what what is built, for messages
 * @param {string} about.minutes how long that takes on two cores, for people
 * @param {() => readonly GoBuild[]} about.builds
 * @param {(build: GoBuild) => string} about.line what is printed of each
 */
export async function runGoBuilds({ script, what, minutes, builds, line }) {
  try {
    const all = builds();
    const missing = all.filter((build) => !holds(build.folder, filesOf(build)));
    if (missing.length > 0 && process.argv.includes('--where')) {
      const names = missing.map(({ name }) => name).join(', ');
      process.stderr.write(`not built here yet: ${names}; run: node ${script}\n`);
      process.exitCode = 1;
      return;
    }
    if (missing.length > 0) await buildAll(missing, `${what}: built once from Go modules, ${minutes}`);
    for (const build of all) process.stdout.write(`${line(build)}\n`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${what}: not built: ${why}\n`);
    process.exitCode = 1;
  }
}

/** @param {GoBuild} build */
function filesOf({ programs, files = [] }) {
  return [...Object.keys(programs), ...files];
}

async function buildAll(missing, notice) {
  const startedMs = Date.now();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  setPriority(10);
  process.stderr.write(`${notice} on two cores, then kept in the cache\n`);
  for (const build of missing) await buildOne(build);
  process.stderr.write(`built in ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
}

/** In a folder beside the one that it becomes, so that a reader sees every file or none. @param {GoBuild} build */
async function buildOne(build) {
  const { folder, module, programs, flags, env, addFiles } = build;
  const go = checkedGo(build.name, build.oldestGo);
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.building-`);
  const remove = () => rmSync(work, { recursive: true, force: true });
  process.once('exit', remove);
  const [source, output] = [join(work, 'source'), join(work, 'output')];
  cpSync(module, source, { recursive: true });
  mkdirSync(output);
  for (const [name, path] of Object.entries(programs)) {
    process.stderr.write(`building ${name} (${path})\n`);
    await runStep(go, ['build', ...flags, '-o', join(output, name), path], {
      cwd: source,
      env: goEnvironment(env),
      timeoutMs: BUILD_TIMEOUT_MS,
    });
  }
  addFiles?.(go, source, output);
  publish(output, folder, filesOf(build));
  remove();
  process.off('exit', remove);
}
