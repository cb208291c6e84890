#!/usr/bin/env node
/**
 * Moves the patches of devnode, relay node and collator to another SDK line: fetches the crates of that line,
 * merges the patches into them, and compiles everything that has the gate. It changes no file before all fit.
 *
 *   npm run gate:port -- 2609.2
 *
 * A part that does not fit is printed with both sides. Edit the file that is named below it, then run the
 * command again: a file without conflict marks counts as merged.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder, inWorkFolder } from '../build-cache.mjs';
import { runBuild } from '../run-build.mjs';
import { runStep } from '../run-step.mjs';
import { PROGRAMS } from './build.mjs';
import { cargoEnvironment, checkedCargo, SUBSTRATE } from './cargo.mjs';
import { changedManifest } from './crate-manifest.mjs';
import {
  change,
  cratesOf,
  gitEnvironment,
  patchFlags,
  placesOf,
  publishedHash,
  unpack,
} from './patched-crates.mjs';
import { readLines, WORKSPACE_LOCK } from './sdk-line-files.mjs';
import { writeLines } from './sdk-lines.mjs';
import { versionsOfLine } from './umbrella.mjs';

const AGAIN = 'npm run gate:port -- LINE';
const NODES = Object.keys(PROGRAMS);

/** @typedef {import('./patched-crates.mjs').PatchedCrate} PatchedCrate */

/** Merges the changes of a crate into its version on the line. */
async function ported(cargo, crate, { node, version, work, merged }) {
  const places = placesOf(node);
  const [base, ours, theirs] = ['old', 'patched', 'new'].map((name) => join(work, `${crate.name}-${name}`));
  const next = { ...crate, version, sha256: await publishedHash(cargo, { ...crate, version }, work) };
  await unpack(cargo, crate, base, places.list);
  await unpack(cargo, crate, ours, places.list);
  await change(crate, ours, places);
  await unpack(cargo, next, theirs, places.list);
  changedManifest(readFileSync(join(theirs, 'Cargo.toml'), 'utf8'), crate.manifest ?? {});
  if (!crate.patch) return { node, crate: next, misfits: [] };
  const text = readFileSync(join(places.patches, crate.patch), 'utf8');
  const parts = [];
  const misfits = [];
  for (const [, file] of text.matchAll(/^\+\+\+ b\/(.+)$/gm)) {
    const sides = [theirs, base, ours].map((folder) => emptyIfMissing(join(folder, file)));
    const result = join(merged, crate.name, file);
    if (!existsSync(result)) await merge(sides, result);
    const conflicts = readFileSync(result, 'utf8').match(/^<<<<<<<[\s\S]*?^>>>>>>>.*$/gm) ?? [];
    misfits.push(...conflicts.map((conflict) => ({ file, conflict, result })));
    parts.push(await difference(sides[0], result, file));
  }
  const reasons = text.slice(0, text.search(/^(?:diff |--- )/m));
  return { node, crate: next, patch: reasons + parts.join(''), misfits };
}

/** A file that one side lacks is empty there. */
function emptyIfMissing(path) {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  return path;
}

/** Writes the three-way merge. Git ends with the number of conflicts. */
async function merge([theirs, base, ours], result) {
  const labels = ['the line', 'before', 'the gate'].flatMap((label) => ['-L', label]);
  const args = ['merge-file', '-p', '--diff3', ...labels, theirs, base, ours];
  mkdirSync(dirname(result), { recursive: true });
  writeFileSync(result, await gitAnswer(args, dirname(result)));
}

async function difference(before, after, file) {
  const isNew = readFileSync(before).length === 0;
  const text = await gitAnswer(['diff', '--no-index', '--no-color', before, after], dirname(after));
  const hunks = text.slice(Math.max(0, text.search(/^@@/m)));
  return `--- ${isNew ? '/dev/null' : `a/${file}`}\n+++ b/${file}\n${hunks}`;
}

/** The output of git, which is whole although git ends with another code than 0 if files differ. */
async function gitAnswer(args, cwd) {
  const script = 'git "$@" || [ $? -lt 128 ]';
  return runStep('sh', ['-c', script, 'git', ...args], { cwd, env: gitEnvironment(cwd), answer: true });
}

function report(ports) {
  for (const { node, crate, misfits } of ports)
    for (const { file, conflict, result } of misfits)
      process.stderr.write(
        `\n${node}: ${crate.name} ${crate.version}, ${file} does not fit:\n${conflict}\nedit ${result}\n`,
      );
  return ports.flatMap(({ misfits }) => misfits).length;
}

function write(ports) {
  for (const node of NODES) {
    const own = ports.filter((each) => each.node === node);
    const { patches } = placesOf(node);
    for (const { crate, patch } of own) if (patch) writeFileSync(join(patches, crate.patch), patch);
    const crates = own.map(({ crate }) => crate);
    writeFileSync(join(patches, 'sources.json'), listText(crates));
  }
}

/** Short lists stand on one line, as the format of the repository has them. */
function listText(crates) {
  const inOneLine = (_, items) => `[${items.replace(/\n\s+/g, ' ')}]`;
  return `${JSON.stringify(crates, null, 2).replace(/\[\n\s+("[^[\]{}]+?)\n\s+\]/g, inOneLine)}\n`;
}

async function checkPrograms(cargo) {
  for (const { folder, patches } of Object.values(PROGRAMS)) {
    const args = ['check', '--release', '--workspace', '--config', join(SUBSTRATE, 'Cargo.toml')];
    const cwd = join(SUBSTRATE, folder);
    await runStep(cargo, [...args, ...(await patchFlags(cargo, ...patches))], {
      cwd,
      env: cargoEnvironment(cargo),
    });
  }
}

async function main() {
  const [line = '', ...others] = process.argv.slice(2);
  if (!/^\d+\.\d+$/.test(line) || others.length > 0) {
    process.stderr.write(`usage: ${AGAIN}, for example: npm run gate:port -- 2609.2\n`);
    return 2;
  }
  const main = readLines().find(({ lock }) => lock === WORKSPACE_LOCK);
  if (main?.name !== line)
    throw new Error(
      `the main line is ${main?.name}. To change it, name ${line} in substrate/sdk-lines/lines.json and give it the ` +
        `lock ${WORKSPACE_LOCK}, and the line before it a separate file, such as ${main?.name}/Cargo.lock`,
    );
  setPriority(10);
  const cargo = checkedCargo();
  const merged = cacheFolder(`port-${line}`, []);
  const ports = await inWorkFolder(cacheFolder('port', []), async (work) => {
    const versions = await versionsOfLine(cargo, main, work);
    const done = [];
    for (const node of NODES)
      for (const crate of cratesOf(node)) {
        const version = versions.get(crate.name);
        if (!version)
          throw new Error(`SDK line ${line} names no ${crate.name}; add it to "beside" in lines.json`);
        done.push(await ported(cargo, crate, { node, version, work, merged }));
      }
    return done;
  });
  const misfits = report(ports);
  if (misfits > 0) {
    process.stderr.write(`\n${misfits} parts do not fit line ${line}; no file of the project was changed\n`);
    return 1;
  }
  write(ports);
  rmSync(merged, { recursive: true, force: true });
  await writeLines(cargo);
  await checkPrograms(cargo);
  process.stderr.write(`the patches fit SDK line ${line}, and everything with the gate compiles\n`);
  return 0;
}

if (process.argv[1] === import.meta.filename) await runBuild({ what: 'the port', again: AGAIN }, main);
