// Programs built from unmodified Go modules, each kept in a folder of the cache that is named by the hash of
// its sources.

import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, holds, inWorkFolder, publish } from './build-cache.mjs';
import { checkedGo, goEnvironment } from './go-toolchain.mjs';
import { runBuild } from './run-build.mjs';
import { runStep } from './run-step.mjs';

/**
 * One folder of the cache and its programs.
 * @typedef {object} GoBuild
 * @property {string} name for messages
 * @property {string} module folder with go.mod and go.sum
 * @property {string} folder of the cache; it need not be there
 * @property {Readonly<Record<string, string>>} programs package of each, by the name of the program
 * @property {readonly string[]} flags of `go build`
 * @property {readonly [number, number]} oldestGo such as [1, 23]
 * @property {NodeJS.ProcessEnv} [env] beside the environment that every build has
 * @property {readonly string[]} [files] what the folder holds beside the programs
 * @property {(go: string, source: string, output: string) => void | Promise<void>} [addFiles] puts them there
 */

/** -mod=readonly: a pin that does not fit is an error, never a silent update. */
export const PINNED = ['-mod=readonly', '-trimpath'];

/**
 * A build of a module without C, in a folder that the hash of its files and of its recipe names.
 * @param {Omit<GoBuild, 'folder' | 'oldestGo' | 'env'> & { cache?: string, recipe: (files: readonly string[])
 * => readonly unknown[] }} about `cache`: the name of the folder, if it is not that of the build; `recipe`:
 * all else that decides on the programs
 * @returns {GoBuild}
 */
export function moduleBuild({ cache, recipe, ...build }) {
  const { name, module } = build;
  const files = readdirSync(module).sort();
  const rest = JSON.stringify([...recipe(files), process.platform, process.arch]);
  const folder = cacheFolder(cache ?? name, [...files.map((file) => readFileSync(join(module, file))), rest]);
  return { folder, oldestGo: oldestGoOf(module), env: { CGO_ENABLED: '0' }, ...build };
}

/**
 * The oldest Go that a module asks for itself. @param {string} module @returns {readonly [number, number]}
 */
function oldestGoOf(module) {
  const file = join(module, 'go.mod');
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(file, 'utf8'));
  if (wanted === null) throw new Error(`${file} does not say which Go it needs`);
  return [Number(wanted[1]), Number(wanted[2])];
}

/**
 * A script that builds what is missing and prints where it is; with `--where` it builds nothing, and ends
 * with 1 where something is missing. Sets the status of the process.
 * @param {object} about
 * @param {string} about.script path of the script, for messages
 * @param {string} about.what what is built, for messages
 * @param {string} about.minutes how long that takes on two cores, for people
 * @param {() => readonly GoBuild[]} about.builds
 * @param {(build: GoBuild) => string} about.line what is printed of each
 */
export async function runGoBuilds({ script, what, minutes, builds, line }) {
  await runBuild({ what, again: `node ${script}` }, async () => {
    const all = builds();
    const missing = all.filter((build) => !holds(build.folder, filesOf(build)));
    if (missing.length > 0 && process.argv.includes('--where')) {
      const names = missing.map(({ name }) => name).join(', ');
      process.stderr.write(`not built here yet: ${names}; run: node ${script}\n`);
      return 1;
    }
    if (missing.length > 0) await buildAll(missing, `${what}: built once from Go modules, ${minutes}`);
    for (const build of all) process.stdout.write(`${line(build)}\n`);
    return 0;
  });
}

/** @param {GoBuild} build */
function filesOf({ programs, files = [] }) {
  return [...Object.keys(programs), ...files];
}

async function buildAll(missing, notice) {
  const startedMs = Date.now();
  setPriority(10);
  process.stderr.write(`${notice} on two cores, then kept in the cache\n`);
  for (const build of missing) await buildOne(build);
  process.stderr.write(`built in ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
}

/** @param {GoBuild} build */
async function buildOne(build) {
  const { folder, module, programs, flags, env, addFiles } = build;
  const go = checkedGo(build.name, build.oldestGo);
  await inWorkFolder(folder, async (work) => {
    const [source, output, temporary] = ['source', 'output', 'temporary'].map((name) => join(work, name));
    cpSync(module, source, { recursive: true });
    mkdirSync(output);
    // Go leaves its temporary folder behind when it is killed; here it goes with ours.
    mkdirSync(temporary);
    for (const [name, path] of Object.entries(programs)) {
      process.stderr.write(`building ${name} (${path})\n`);
      await runStep(go, ['build', ...flags, '-o', join(output, name), path], {
        cwd: source,
        env: { ...goEnvironment(env), GOTMPDIR: temporary },
      });
    }
    await addFiles?.(go, source, output);
    publish(output, folder, filesOf(build));
  });
}
