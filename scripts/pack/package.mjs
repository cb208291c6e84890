// Packs the npm package `watchbill`, or one of its add-ons (docs/decisions/0036-packages.md).
// scripts/pack.mjs starts this under the pinned Node.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { PACKED, packedPages } from 'watchbill/pages';
import { ROOT } from '../pinned.mjs';
import { ADD_ONS, bundleAddOn, bundleCommand, bundleWhole } from './bundle.mjs';
import { licenceText, thirdPartyOf } from './licences.mjs';
import { billOfMaterials } from './sbom.mjs';

const PACK_TIMEOUT_MS = 60_000;
/** Pages of the service that `@fastify/swagger-ui` reads from a folder; the bundle looks for it here. */
const PAGES = 'node_modules/@fastify/swagger-ui/static';

/**
 * Writes the folder of a package and its tarball into `out`, and gives the tarball's path. The folder is
 * `package` for the command and `package-NAME` for an add-on.
 * @param {string} out
 * @param {string} [addOn] `fleet`, `nominate` or `coordinate`
 * @param {string} [mark] stands behind the version, for a trial
 * @param {import('../release/help.mjs').PackedSite} [site] the documentation, which a release has
 * @returns {Promise<string>}
 */
export async function pack(out, addOn, mark = '', site = { folder: null, bundled: [] }) {
  if (addOn !== undefined && !ADD_ONS.includes(addOn))
    throw new Error(`there is no add-on ${addOn}; choose one of ${ADD_ONS.join(', ')}`);
  const folder = emptied(join(out, addOn === undefined ? 'package' : `package-${addOn}`));
  const metafile = await (addOn === undefined ? bundleCommand(folder) : bundleAddOn(folder, addOn));
  const manifest = manifestOf(addOn, mark);
  writeJson(folder, 'package.json', manifest);
  writePapers(folder, manifest, [...thirdPartyOf(metafile), ...(addOn === undefined ? site.bundled : [])]);
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  const readme = addOn === undefined ? 'README.md' : `packages/${addOn}/README.md`;
  cpSync(join(ROOT, readme), join(folder, 'README.md'));
  if (addOn === undefined) {
    cpSync(join(ROOT, 'packages/watchbill/bin'), join(folder, 'bin'), { recursive: true });
    writePages(folder, site);
  }
  return tarball(folder, out);
}

/**
 * Writes the folder of the one file: the command with its add-ons, and all that they import.
 * @param {string} out the folder `whole` in it is written
 * @param {string} mark as in {@link pack}
 * @param {import('../release/help.mjs').PackedSite} site
 * @returns {Promise<string>}
 */
export async function packWhole(out, mark, site) {
  const folder = emptied(join(out, 'whole'));
  const metafile = await bundleWhole(folder);
  const manifest = manifestOf(undefined, mark);
  writeJson(folder, 'package.json', { name: manifest.name, version: manifest.version, type: 'module' });
  writePapers(folder, manifest, [...thirdPartyOf(metafile), ...site.bundled]);
  writePages(folder, site);
  return folder;
}

function emptied(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function writePapers(folder, manifest, bundled) {
  const lock = readJson('package-lock.json');
  writeJson(folder, 'sbom.cdx.json', billOfMaterials({ manifest, lock, bundled }));
  writeFileSync(join(folder, 'THIRD_PARTY_LICENSES.txt'), licenceText(bundled));
}

function writePages(folder, site) {
  if (site.folder !== null) cpSync(site.folder, join(folder, 'dist/help'), { recursive: true });
  cpSync(join(ROOT, PAGES), join(folder, 'static'), { recursive: true });
  writeFileSync(join(folder, 'dist', PACKED), packedPages());
}

/** The package.json to publish. It has no dependencies: all of them are in the bundle. */
function manifestOf(addOn, mark) {
  const { name, version, description, license, type, engines } = readJson('packages/watchbill/package.json');
  const { repository, homepage, bugs } = readJson('package.json');
  return {
    name: addOn === undefined ? name : `${name}-${addOn}`,
    version: `${version}${mark}`,
    description: addOn === undefined ? description : `The command watchbill ${addOn}, an add-on of watchbill`,
    license,
    repository,
    homepage,
    bugs,
    type,
    engines,
    publishConfig: { access: 'public' },
    ...(addOn === undefined
      ? { bin: { watchbill: 'bin/watchbill.mjs' }, exports: { './package.json': './package.json' } }
      : { exports: { '.': './dist/main.js', './package.json': './package.json' } }),
  };
}

/** npm gives every file the same time, and no owner. The pinned Node compresses: others give other bytes. */
function tarball(folder, out) {
  // The umask of this machine must not reach the tarball.
  spawnSync('chmod', ['-R', 'u=rwX,go=rX', folder]);
  const run = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out], {
    cwd: folder,
    encoding: 'utf8',
    timeout: PACK_TIMEOUT_MS,
    env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
  });
  if (run.status !== 0) throw new Error(`npm pack failed: ${run.error?.message ?? run.stderr}`);
  return join(out, JSON.parse(run.stdout)[0].filename);
}

function writeJson(folder, name, value) {
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}

function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}
