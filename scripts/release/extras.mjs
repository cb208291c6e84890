// Parts that a release may have: the gated test node with the script that runs a pair, and the images.

import { copyFileSync, cpSync, globSync, lutimesSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNode } from '../node/build.mjs';
import { assembleSpec, readManifest } from '../node/spec.mjs';
import { ROOT } from '../pinned.mjs';
import { packImage } from './image.mjs';
import { runOrThrow } from './run.mjs';

const CHAIN = 'watchbill-devnet-4';
const NO_IMAGE = /[$][{]WATCHBILL_IMAGE:[?][^}]*[}]/g;
const CRATE =
  /^\[\[package\]\]\nname = "(.+)"\nversion = "(.+)"\n(?:source = .+\n)?(?:checksum = "(.+)"\n)?/gm;

/** Writes the archive into `out`, and builds the node if it is not built. Answers the archive's folder. */
export async function packTestNode({ work, out, origin }) {
  const name = `watchbill-test-node-${origin.version}-linux-${process.arch}`;
  const folder = join(work, name);
  mkdirSync(folder);
  const node = await ensureNode();
  copyFileSync(node, join(folder, 'watchbill-devnode'));
  for (const file of ['pair.sh', 'README.md'])
    copyFileSync(join(ROOT, 'deploy/test-node', file), join(folder, file));
  copyFileSync(join(ROOT, 'substrate/devnode/LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'chain.json'), assembleSpec(CHAIN));
  writeFileSync(join(folder, 'genesis'), `${readManifest().specs[CHAIN].genesis}\n`);
  const crates = readFileSync(join(ROOT, 'substrate/Cargo.lock'), 'utf8');
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(cratesOf(crates, origin), null, 2)}\n`);
  archive(name, { work, out, origin });
  return folder;
}

/**
 * Writes the image of the Debian packages, that of the test node if there is one, and an archive with the
 * compose file and the chart, which name the first by its digest. Answers the names of the images.
 */
export function packImages({ debs, node, registry, ...places }) {
  const unpack = 'dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" ./usr/bin ./usr/share/doc/watchbill';
  const filled = ([processor, deb]) => [processor, (root) => runOrThrow('sh', ['-c', unpack, deb, root])];
  const fills = Object.fromEntries(Object.entries(debs).map(filled));
  const digest = packImage({ name: 'watchbill', containerfile: 'deploy/Containerfile', fills }, places);
  packDeploy(`${registry}/watchbill@${digest}`, places);
  if (node === undefined) return ['watchbill'];
  const name = 'watchbill-test-node';
  const copy = (root) => {
    cpSync(join(node, 'watchbill-devnode'), join(root, 'usr/bin/watchbill-devnode'));
    for (const file of ['chain.json', 'LICENSE', 'sbom.cdx.json'])
      cpSync(join(node, file), join(root, 'usr/share', name, file));
  };
  const own = { [process.arch === 'x64' ? 'amd64' : 'arm64']: copy };
  packImage({ name, containerfile: 'deploy/test-node/Containerfile', fills: own }, places);
  return ['watchbill', name];
}

/** The files that the pages take from the folder `deploy` of a clone. */
function packDeploy(image, { work, out, origin }) {
  const name = `watchbill-deploy-${origin.version}`;
  const folder = join(work, name);
  const copy = (from, to) => cpSync(join(ROOT, 'deploy', from), join(folder, to), { recursive: true });
  copy('monitoring', 'monitoring');
  copy('helm/watchbill', 'chart');
  const compose = readFileSync(join(ROOT, 'deploy/compose.yaml'), 'utf8');
  if (!NO_IMAGE.test(compose)) throw new Error('deploy/compose.yaml asks for no WATCHBILL_IMAGE');
  writeFileSync(join(folder, 'compose.yaml'), compose.replace(NO_IMAGE, `\${WATCHBILL_IMAGE:-${image}}`));
  const values = readFileSync(join(folder, 'chart/values.yaml'), 'utf8');
  writeFileSync(join(folder, 'chart/values.yaml'), `${values}image: ${image}\n`);
  archive(name, { work, out, origin });
}

/** One thread and a low level: more threads give other bytes, and a higher level takes minutes. */
function archive(name, { work, out, origin }) {
  const folder = join(work, name);
  runOrThrow('chmod', ['-R', 'u=rwX,go=rX', folder]);
  for (const file of ['', ...globSync('**/*', { cwd: folder })])
    lutimesSync(join(folder, file), origin.epoch, origin.epoch);
  const flags = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
  const tar = join(work, `${name}.tar`);
  runOrThrow('tar', [...flags, '--create', '--file', tar, '--directory', work, name]);
  runOrThrow('xz', ['--threads=1', '-1', tar]);
  copyFileSync(`${tar}.xz`, join(out, `${name}.tar.xz`));
}

/** Every crate that the lock file names, as a bill of materials. */
export function cratesOf(lock, { version }) {
  const components = [...lock.matchAll(CRATE)].map(([, name, number, checksum]) => ({
    type: 'library',
    'bom-ref': `pkg:cargo/${name}@${number}`,
    name,
    version: number,
    ...(checksum === undefined ? {} : { hashes: [{ alg: 'SHA-256', content: checksum }] }),
    purl: `pkg:cargo/${name}@${number}`,
  }));
  const node = { type: 'application', name: 'watchbill-test-node', version };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: node },
    components,
  };
}
