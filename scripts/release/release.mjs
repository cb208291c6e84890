// The steps of `npm run release` (docs/decisions/0078-release.md).

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MEMBERS } from '../node/sdk-line-files.mjs';
import { ADD_ONS } from '../pack/bundle.mjs';
import { pack, packWhole } from '../pack/package.mjs';
import { ROOT } from '../pinned.mjs';
import { debianPackage } from './debian.mjs';
import { packImages, packTestNode } from './extras.mjs';
import { packedSite } from './help.mjs';
import { imagePath } from './image.mjs';
import { signerOf } from './minisign.mjs';
import { fetchNode } from './node.mjs';
import { guideOf, notesOf, oldestGlibc, provenanceOf, sumsOf, sumsText, versionsOf } from './papers.mjs';
import { runOrThrow } from './run.mjs';
import { programOf, writeOneFile } from './whole.mjs';

const PROCESSORS = ['x64', 'arm64'];
const TOOLS = ['git', 'npm', 'tar', 'xz', 'dpkg-deb'];

/**
 * Replaces the folder `out`. Throws before it writes anything if the tree is dirty, or if the key is not one.
 * @param {string} out
 * @param {Record<string, string | boolean | undefined>} flags as scripts/release.mjs has them
 */
export async function release(out, flags) {
  for (const tool of TOOLS) runOrThrow(tool, ['--version']);
  const origin = originOf(flags['allow-dirty']);
  const { 'sign-key': key, registry } = flags;
  const signer = key === undefined ? null : signerOf(readFileSync(key, 'utf8'));
  process.env.SOURCE_DATE_EPOCH = String(origin.epoch);
  const work = `${out}-work`;
  for (const folder of [out, work]) rmSync(folder, { recursive: true, force: true });
  for (const folder of [out, work]) mkdirSync(folder, { recursive: true });

  const site = await packedSite(work);
  const tarballs = [];
  for (const addOn of [undefined, ...ADD_ONS]) {
    const path = await pack(work, addOn, origin.mark, site);
    copyFileSync(path, join(out, basename(path)));
    tarballs.push(basename(path));
  }
  const whole = await packWhole(work, origin.mark, site);
  const folder = join(ROOT, 'dist/node');
  const nodes = PROCESSORS.map((processor) => fetchNode(processor, origin.node, { folder, work }));
  const program = await programOf(whole);
  const executables = nodes.map((node) => executableOf(node, program, out, origin));
  const [amd64, arm64] = executables.map((executable) =>
    debianPackage({ ...executable, whole, work, out, origin, licence: nodes[0].licence }),
  );
  const node = flags['with-node'] ? await packTestNode({ work, out, origin }) : undefined;
  const debs = { amd64, arm64 };
  const images = flags['with-image'] ? packImages({ work, out, origin, debs, node, registry }) : [];
  writePapers({ out, origin, nodes, executables, whole });
  const sums = sumsText(sumsOf(out));
  writeFileSync(join(out, 'SHA256SUMS'), sums);
  if (signer !== null)
    writeFileSync(
      join(out, 'SHA256SUMS.minisig'),
      signer(Buffer.from(sums), `watchbill ${origin.version}, commit ${origin.commit}`),
    );
  rmSync(work, { recursive: true });
  console.log(conclusion({ out, sums, tarballs, origin, signed: signer !== null, images, registry }));
}

/** Version, commit and time of this release. Throws for a tree with changes. */
function originOf(allowDirty) {
  const git = (...args) => runOrThrow('git', args, { cwd: ROOT }).trim();
  const changes = git('status', '--porcelain');
  if (changes !== '' && !allowDirty)
    throw new Error(`these files differ from the commit; commit or remove them:\n${changes}`);
  const mark = changes === '' ? '' : '-dirty';
  const read = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  return {
    mark,
    version: `${read('packages/watchbill/package.json').version}${mark}`,
    home: read('package.json').homepage ?? 'urn:watchbill',
    commit: `${git('rev-parse', 'HEAD')}${mark}`,
    epoch: Number(git('log', '-1', '--format=%ct')),
    node: process.versions.node,
  };
}

/** Writes the one file for a processor. The one that runs here is started once, and says its version. */
function executableOf({ processor, executable }, program, out, { version }) {
  const name = `watchbill-${version}-linux-${processor}`;
  const path = join(out, name);
  writeOneFile(executable, program, path);
  const wasRun = processor === process.arch;
  if (wasRun && runOrThrow(path, ['--version']).trim() !== version)
    throw new Error(`${name} does not say that it is ${version}`);
  const glibc = oldestGlibc(readFileSync(path));
  return { name, path, processor, target: `Linux ${processor}`, glibc, size: statSync(path).size, wasRun };
}

function writePapers({ out, origin, nodes, executables, whole }) {
  for (const name of ['sbom.cdx.json', 'THIRD_PARTY_LICENSES.txt'])
    copyFileSync(join(whole, name), join(out, name));
  writeFileSync(join(out, 'VERSIONS.md'), versionsOf(executables, origin));
  const [guide, files] = [readFileSync(join(ROOT, 'deploy/release.md'), 'utf8'), readdirSync(out)];
  const { version } = origin;
  writeFileSync(join(out, 'README.md'), guideOf(guide, { version, processor: process.arch, files }));
  writeFileSync(
    join(out, 'NOTES.md'),
    notesOf(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), origin.version),
  );
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const provenance = provenanceOf(sumsOf(out), { ...origin, lock, nodes });
  writeFileSync(join(out, 'provenance.intoto.json'), `${JSON.stringify(provenance, null, 2)}\n`);
}

/** Choices of the founders that the files of this tree and the flags leave open. */
function openChoices({ home }, signed) {
  const read = (path) => readFileSync(join(ROOT, path), 'utf8');
  const crates = MEMBERS.map((name) => `substrate/${name}/Cargo.toml`);
  const choices = [
    [!home.startsWith('urn:'), 'package.json: repository, homepage (the site of the pages) and bugs'],
    ...crates.map((path) => [/^repository = /m.test(read(path)), `${path}: repository`]),
    [!read('deploy/debian/control').includes('localhost.invalid'), 'deploy/debian/control: Maintainer'],
    [signed, 'a key that signs SHA256SUMS: minisign -G -W, then --sign-key FILE'],
  ];
  const open = choices.filter(([isMade]) => !isMade).map(([, text]) => `  ${text}`);
  return open.length === 0 ? [] : ['Choose before the first release:', ...open];
}

function conclusion({ out, sums, tarballs, origin, signed, images, registry }) {
  const dirty =
    origin.mark === '' ? [] : ['DIRTY: a trial, made from files that no commit has. Do not publish it.'];
  const files = join(out, '*');
  const publish = [
    ...tarballs.map((name) => `npm publish ${join(out, name)}`),
    'node scripts/node/sdk-lines.mjs --release  # and the commands that it prints',
    ...images.map(
      (name) =>
        `skopeo copy --all --preserve-digests oci-archive:${imagePath(name, out, origin)} docker://${registry}/${name}:${origin.version}`,
    ),
    `git tag --sign v${origin.version} ${origin.commit}`,
    `git push origin v${origin.version}`,
    `gh release create v${origin.version} --verify-tag --notes-file ${join(out, 'NOTES.md')} ${files}`,
  ];
  return [
    sums.trimEnd(),
    '',
    ...dirty,
    ...openChoices(origin, signed),
    'These commands publish it:',
    ...publish,
  ].join('\n');
}
