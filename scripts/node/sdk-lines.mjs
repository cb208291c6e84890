#!/usr/bin/env node
/**
 * Checks and tests gate, client and wiring against the SDK line that substrate/Cargo.lock does not have. The
 * crates are copied into a workspace in the cache, with the versions of that line and its lock file; see
 * substrate/sdk-lines/README.md.
 *
 *   node scripts/node/sdk-lines.mjs            test each further line; keeps the result
 *   node scripts/node/sdk-lines.mjs --no-run   compile these tests, and do not run them; `--tests`: run them
 *   npm run gate:lines                         write versions, manifests and locks again, with the registry
 *   node scripts/node/sdk-lines.mjs --release  leave the crates of each line in dist/crates
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cacheFolder, forgetOld, inWorkFolder } from '../build-cache.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { PROGRAMS } from './build.mjs';
import { cargoEnvironment, checkedCargo, quickEnvironment, SUBSTRATE } from './cargo.mjs';
import { patchFlags } from './patched-crates.mjs';
import {
  MEMBERS,
  memberFiles,
  missingFromLock,
  readLines,
  releaseFiles,
  saveLines,
  versionsOf,
  WORKSPACE_LOCK,
  withVersions,
  workspaceFiles,
} from './sdk-line-files.mjs';
import { inTarget } from './target-folder.mjs';
import { versionsOfLine } from './umbrella.mjs';

const AGAIN = 'node scripts/node/sdk-lines.mjs';
const USAGE = `${AGAIN} [--write | --release | --no-run | --tests]`;
/** Folders of other locks of a line that stay in the cache; each has a gigabyte of compiled crates. */
const KEPT_FOLDERS = 1;

/** Cargo adds these files to each package. */
const OF_CARGO = ['Cargo.lock', 'Cargo.toml.orig'];

/** @typedef {import('./sdk-line-files.mjs').Line} Line */

/** @param {Line} line */
function lockText(line) {
  return readFileSync(join(SUBSTRATE, 'sdk-lines', line.lock), 'utf8');
}

/** Writes the files that differ: cargo compiles what is newer than its last result. */
function writeWorkspace(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) {
    const path = join(folder, name);
    if (existsSync(path) && readFileSync(path).equals(content)) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const left = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  for (const name of left) if (!files.has(name)) rmSync(join(folder, name));
}

/** Without `isRun` the tests are only compiled. Rejects with the output of cargo if one fails. */
async function testLine(line, isRun) {
  const missing = missingFromLock(lockText(line), memberFiles());
  if (missing.length > 0)
    throw new Error(`the lock of SDK line ${line.name} lacks ${missing.join(', ')}. Run: npm run gate:lines`);
  const cargo = checkedCargo();
  const options = { cwd: SUBSTRATE, env: cargoEnvironment(cargo), answer: true };
  const compiler = await runStep(cargo, ['-vV'], options);
  const lock = lockText(line);
  const files = workspaceFiles(line, lock);
  /** The workspace, and the crates that were compiled for this lock. */
  const folder = cacheFolder(`sdk-line-${line.name}`, [lock, process.platform, process.arch]);
  const passed = basename(cacheFolder('passed', [compiler, ...[...files].flat()]));
  await inTarget(folder, null, async () => {
    if (existsSync(join(folder, passed))) return say(line, 'these sources passed before');
    const startedMs = performance.now();
    const env = quickEnvironment(cargo, join(folder, 'target'));
    const cwd = join(folder, 'workspace');
    if (!existsSync(env.CARGO_TARGET_DIR))
      say(line, 'first run: 10 to 20 minutes on two cores, 1 GB of disk');
    writeWorkspace(cwd, files);
    const test = ['test', '--locked', '--workspace'];
    if (!isRun) return void (await runStep(cargo, [...test, '--no-run'], { cwd, env }));
    await runStep(cargo, [...test, '--', '--quiet'], { cwd, env });
    await packLine(cargo, line);
    for (const old of readdirSync(folder).filter((name) => name.startsWith('passed-')))
      rmSync(join(folder, old));
    writeFileSync(join(folder, passed), '');
    say(line, `passed in ${Math.round((performance.now() - startedMs) / 1000)} s`);
  });
  utimesSync(folder, new Date(), new Date());
  forgetOld(folder, KEPT_FOLDERS);
}

function say(line, text) {
  process.stderr.write(`SDK line ${line.name}: ${text}\n`);
}

/**
 * Packs the crates of a line as a registry gets them, without compiling them.
 * @param {string} cargo
 * @param {Line} line
 * @param {string} [kept] a folder for the crates; default: they are removed
 */
export async function packLine(cargo, line, kept) {
  const files = releaseFiles(line, lockText(line));
  await inWorkFolder(cacheFolder('packages', []), async (work) => {
    const cwd = kept ?? join(work, 'workspace');
    const options = { cwd, env: quickEnvironment(cargo, join(work, 'target')), answer: true };
    writeWorkspace(cwd, files);
    await runStep(cargo, ['package', '--workspace', '--no-verify', '--quiet'], options);
    for (const member of MEMBERS) {
      const args = ['package', '--list', '--offline', '--quiet', '--package', `watchbill-${member}`];
      const packed = (await runStep(cargo, args, options)).trim().split('\n');
      const own = [...files.keys()].filter((path) => path.startsWith(`${member}/`));
      const wanted = [...own.map((path) => path.slice(member.length + 1)), ...OF_CARGO];
      const differing = [...new Set(packed).symmetricDifference(new Set(wanted))].join(', ');
      if (differing !== '')
        throw new Error(`"include" of substrate/${member}/Cargo.toml does not fit the crate: ${differing}`);
    }
  });
}

/** Leaves the crates of each line in `dist/crates`, ready to be published. */
async function releaseLines(cargo) {
  for (const [index, line] of readLines().entries()) {
    const folder = join(SUBSTRATE, '../dist/crates', line.name);
    await packLine(cargo, line, folder);
    // The client is the same for all lines.
    say(line, `cd ${folder} && cargo publish --workspace${index === 0 ? '' : ' --exclude watchbill-client'}`);
  }
}

/** Writes what follows from the names in lines.json: versions there and in the manifests, and each lock. */
export async function writeLines(cargo) {
  await inWorkFolder(cacheFolder('sdk-lines-write', []), async (work) => {
    const written = [];
    for (const line of readLines()) {
      const versions = await versionsOfLine(cargo, line, work);
      written.push({ ...line, crates: versionsOf(versions, memberFiles()) });
      if (line.lock === WORKSPACE_LOCK) await writeWorkspaces(cargo, versions);
    }
    saveLines(written);
    for (const line of written) if (line.lock !== WORKSPACE_LOCK) await writeLock(cargo, line, work);
  });
}

/** The manifests and locks of the three programs. */
async function writeWorkspaces(cargo, versions) {
  for (const name of [...MEMBERS, ...Object.keys(PROGRAMS)]) {
    const path = join(SUBSTRATE, name, 'Cargo.toml');
    writeFileSync(path, withVersions(readFileSync(path, 'utf8'), versions));
  }
  for (const { folder, patches } of Object.values(PROGRAMS)) {
    const args = ['metadata', '--format-version=1', ...(await patchFlags(cargo, ...patches))];
    const options = { cwd: join(SUBSTRATE, folder), env: cargoEnvironment(cargo), answer: true };
    await runStep(cargo, args, options);
  }
}

async function writeLock(cargo, line, work) {
  // From the lock of the other line, so that both have the same versions of all else.
  const own = join(SUBSTRATE, 'sdk-lines', line.lock);
  mkdirSync(dirname(own), { recursive: true });
  const from = readFileSync(existsSync(own) ? own : join(SUBSTRATE, 'Cargo.lock'), 'utf8');
  const workspace = join(work, line.name);
  writeWorkspace(workspace, workspaceFiles(line, from));
  const options = { cwd: workspace, env: cargoEnvironment(cargo), answer: true };
  await runStep(cargo, ['metadata', '--format-version=1'], options);
  writeFileSync(own, readFileSync(join(workspace, 'Cargo.lock')));
}

async function main() {
  const lines = readLines();
  const [choice, ...unknown] = process.argv.slice(2);
  if (unknown.length > 0 || !['--write', '--release', '--no-run', '--tests', undefined].includes(choice))
    throw new Error(`unknown argument ${unknown[0] ?? choice}. Usage: ${USAGE}`);
  // Not above the priority that a run of tests gave it.
  setPriority(Math.max(10, getPriority()));
  if (choice === '--write') await writeLines(checkedCargo());
  else if (choice === '--release') await releaseLines(checkedCargo());
  else
    for (const line of lines.filter(({ lock }) => lock !== WORKSPACE_LOCK))
      await testLine(line, choice !== '--no-run');
  return 0;
}

if (process.argv[1] === import.meta.filename) await runBuild({ what: 'the SDK lines', again: AGAIN }, main);
