// The crates of the registry that a node has in a changed form: checked against a hash that this repository
// keeps, unpacked and changed, in a folder of the cache.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, forgetOld, holds, inWorkFolder, publish } from '../build-cache.mjs';
import { runStep } from '../run-step.mjs';
import { cargoEnvironment, cargoHome, SUBSTRATE } from './cargo.mjs';
import { changedManifest } from './crate-manifest.mjs';

/** Folders of other patches that stay in the cache; each is 20 MB. */
const KEPT_FOLDERS = 3;

/** A crate and its changes. `sha256` is that of the archive which the registry gives out; `patch` is a file
 * beside the list, for the Rust code.
 * @typedef {{ name: string, version: string, sha256: string, patch?: string,
 *   manifest?: import('./crate-manifest.mjs').ManifestChanges }} PatchedCrate */

/** The patches of a node and the list of its crates, by the name of its folder below `substrate/`.
 * @param {string} node */
export function placesOf(node) {
  const patches = join(SUBSTRATE, node, 'patches');
  return { patches, list: `substrate/${node}/patches/sources.json` };
}

/** @param {string} node @returns {PatchedCrate[]} */
export function cratesOf(node) {
  return JSON.parse(readFileSync(join(placesOf(node).patches, 'sources.json'), 'utf8'));
}

/**
 * Makes the patched crates of nodes if needed.
 * @param {string} cargo
 * @param {...string} nodes the names of their folders below `substrate/`
 * @returns {Promise<string[]>} the flags that make cargo use them
 */
export async function patchFlags(cargo, ...nodes) {
  const flags = [];
  for (const node of nodes) flags.push(...(await flagsOf(cargo, node)));
  return flags;
}

async function flagsOf(cargo, node) {
  const places = placesOf(node);
  const crates = cratesOf(node);
  const patches = crates.flatMap(({ patch }) => (patch ? [readFileSync(join(places.patches, patch))] : []));
  const folder = cacheFolder(`${node}-crates`, [JSON.stringify(crates), ...patches]);
  const manifests = crates.map(({ name }) => join(name, 'Cargo.toml'));
  if (!holds(folder, manifests))
    await inWorkFolder(folder, async (work) => {
      for (const crate of crates) {
        await unpack(cargo, crate, join(work, crate.name), places.list);
        await change(crate, join(work, crate.name), places);
      }
      publish(work, folder, manifests);
      forgetOld(folder, KEPT_FOLDERS);
    });
  utimesSync(folder, new Date(), new Date());
  // A basic string of TOML takes the escapes of JSON.
  const path = (name) => JSON.stringify(join(folder, name));
  return crates.flatMap(({ name }) => ['--config', `patch.crates-io.${name}.path=${path(name)}`]);
}

/**
 * The files of a crate as the registry gives them out.
 * @param {string} cargo
 * @param {Pick<PatchedCrate, 'name' | 'version' | 'sha256'>} crate
 * @param {string} folder is made
 * @param {string} list the file with the hash, for messages
 */
export async function unpack(cargo, crate, folder, list) {
  mkdirSync(folder);
  const archive = await checkedArchive(cargo, crate, dirname(folder), list);
  const args = ['-xzf', archive, '--strip-components=1', '--no-same-owner'];
  await runStep('tar', args, { cwd: folder, env: process.env });
}

/** Makes the changes of a crate. Throws if one of them does not fit. @param {PatchedCrate} crate */
export async function change(crate, folder, places) {
  if (crate.manifest) changeManifest(crate, join(folder, 'Cargo.toml'), places.list);
  if (crate.patch) await applyPatch(crate, folder, places);
}

function changeManifest({ name, version, manifest }, path, list) {
  try {
    writeFileSync(path, changedManifest(readFileSync(path, 'utf8'), manifest));
  } catch (error) {
    throw new Error(`the manifest changes of ${list} do not fit ${name} ${version}: ${error.message}`);
  }
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
  const archives = await archivesOf(cargo, crate, work);
  const right = archives.find((path) => sha256(path) === crate.sha256);
  if (right !== undefined) return right;
  throw new Error(
    `${archives[0]} has the SHA-256 ${sha256(archives[0])}; ${list} has ${crate.sha256}. ` +
      'Remove the file and build again, to download it anew. If it still differs, do not build: ' +
      'the registry gave out another archive than the one that was patched here',
  );
}

/** The archives of a crate in cargo's cache, downloaded if none is there; cargo checks what it downloads. */
async function archivesOf(cargo, { name, version }, work) {
  const file = `${name}-${version}.crate`;
  const pattern = join(cargoHome(), 'registry/cache/*', file);
  if (globSync(pattern).length === 0) {
    const args = ['info', '--quiet', `${name}@${version}`];
    await runStep(cargo, args, { cwd: work, env: cargoEnvironment(cargo), answer: true });
  }
  const archives = globSync(pattern);
  if (archives.length > 0) return archives;
  throw new Error(
    `cargo left no ${file} in ${dirname(pattern)}. The build needs this archive: let cargo use a registry, ` +
      'not a replacement by a folder',
  );
}

/** The hash of the archive that the registry gives out now. @returns {Promise<string>} */
export async function publishedHash(cargo, crate, work) {
  return sha256((await archivesOf(cargo, crate, work))[0]);
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
export function gitEnvironment(folder) {
  const ofUser = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(ofUser),
    GIT_CEILING_DIRECTORIES: dirname(folder),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}
