// The crates of the registry that a node has in a changed form: checked against a hash that this repository
// keeps, unpacked and patched, in a folder of the cache.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, forgetOld, holds, inWorkFolder, publish } from '../build-cache.mjs';
import { runStep } from '../run-step.mjs';
import { cargoEnvironment, cargoHome, SUBSTRATE } from './cargo.mjs';

/** Folders of other patches that stay in the cache; each is 20 MB. */
const KEPT_FOLDERS = 3;

/** A crate and its changes; `sha256` is that of the archive which the registry gives out.
 * @typedef {{ name: string, version: string, sha256: string, patch: string }} PatchedCrate */

/** The patches of a node and the list of its crates, by the name of its folder below `substrate/`.
 * @param {string} node */
function placesOf(node) {
  const patches = join(SUBSTRATE, node, 'patches');
  return { patches, list: `substrate/${node}/patches/sources.json` };
}

/**
 * Makes the patched crates of a node if needed.
 * @param {string} cargo
 * @param {string} node the name of its folder below `substrate/`
 * @returns {Promise<readonly string[]>} the flags that make cargo use them
 */
export async function patchFlags(cargo, node) {
  const places = placesOf(node);
  /** @type {readonly PatchedCrate[]} */
  const crates = JSON.parse(readFileSync(join(places.patches, 'sources.json'), 'utf8'));
  const patches = crates.map(({ patch }) => readFileSync(join(places.patches, patch)));
  const folder = cacheFolder(`${node}-crates`, [JSON.stringify(crates), ...patches]);
  const manifests = crates.map(({ name }) => join(name, 'Cargo.toml'));
  if (!holds(folder, manifests))
    await inWorkFolder(folder, async (work) => {
      for (const crate of crates) await unpackAndPatch(cargo, crate, work, places);
      publish(work, folder, manifests);
      forgetOld(folder, KEPT_FOLDERS);
    });
  utimesSync(folder, new Date(), new Date());
  // A basic string of TOML takes the escapes of JSON.
  const path = (name) => JSON.stringify(join(folder, name));
  return crates.flatMap(({ name }) => ['--config', `patch.crates-io.${name}.path=${path(name)}`]);
}

async function unpackAndPatch(cargo, crate, work, places) {
  const archive = await checkedArchive(cargo, crate, work, places.list);
  const folder = join(work, crate.name);
  mkdirSync(folder);
  const args = ['-xzf', archive, '--strip-components=1', '--no-same-owner'];
  await runStep('tar', args, { cwd: folder, env: process.env });
  await applyPatch(crate, folder, places);
}

/**
 * The archive in cargo's own cache. The folder that cargo unpacked from it would not do: cargo checks the
 * archive, and never again what was unpacked.
 * @param {string} cargo
 * @param {PatchedCrate} crate
 * @param {string} work a folder without a manifest, so that cargo looks at no workspace
 * @param {string} list the file with the hash, for messages
 */
async function checkedArchive(cargo, crate, work, list) {
  const file = `${crate.name}-${crate.version}.crate`;
  const pattern = join(cargoHome(), 'registry/cache/*', file);
  if (globSync(pattern).length === 0) {
    const args = ['info', '--quiet', `${crate.name}@${crate.version}`];
    await runStep(cargo, args, { cwd: work, env: cargoEnvironment(cargo), answer: true });
  }
  const archives = globSync(pattern);
  const right = archives.find((path) => sha256(path) === crate.sha256);
  if (right !== undefined) return right;
  if (archives.length === 0)
    throw new Error(
      `cargo left no ${file} in ${dirname(pattern)}. The build needs this archive: let cargo use a registry, ` +
        'not a replacement by a folder',
    );
  throw new Error(
    `${archives[0]} has the SHA-256 ${sha256(archives[0])}; ${list} has ${crate.sha256}. ` +
      'Remove the file and build again, to download it anew. If it still differs, do not build: ' +
      'the registry gave out another archive than the one that was patched here',
  );
}

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Throws if one part of the patch does not fit. @param {PatchedCrate} crate @param {string} folder */
async function applyPatch({ name, version, patch }, folder, places) {
  const path = join(places.patches, patch);
  const options = { cwd: folder, env: gitEnvironment(folder), quiet: true };
  try {
    await runStep('git', ['apply', '--whitespace=nowarn', path], options);
    // Git skips files outside the folder of a repository without an error.
    await runStep('git', ['apply', '--whitespace=nowarn', '--reverse', '--check', path], options);
  } catch (error) {
    if (!error.output) throw error;
    throw new Error(
      `${dirname(places.list)}/${patch} does not fit ${name} ${version}: ${error.output.trim()}. ` +
        `Write the patch again for the version that ${places.list} has`,
    );
  }
}

/** Git's environment: no repository around the folder, and no settings of the user. */
function gitEnvironment(folder) {
  const ofUser = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(ofUser),
    GIT_CEILING_DIRECTORIES: dirname(folder),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}
