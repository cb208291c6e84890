// Images without a daemon: three Debian libraries, a program, and its papers. No shell is in them.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../pinned.mjs';
import { runOrThrow } from './run.mjs';

/** Debian packages with the libraries of the programs. The last one holds the licence of the second. */
const LIBRARIES = ['libc6', 'libgcc-s1', 'libstdc++6', 'gcc-12-base'];
/** Folders of these packages that the programs never open. */
const UNUSED = ['gconv', 'lintian', 'gdb', 'gcc'];
const PLAIN_FILES = {
  'etc/passwd': `root:x:0:0:root:/root:/sbin/nologin\nwatchbill:x:10001:10001:watchbill:/etc/watchbill:/sbin/nologin\n`,
  'etc/group': 'root:x:0:\nwatchbill:x:10001:\n',
  'etc/nsswitch.conf': 'hosts: files dns\n',
};
const DOCKER = 'application/vnd.docker';

/** Where a release has the archive of an image. */
export const imagePath = (name, out, { version }) =>
  join(out, `${name}-image-${version}-linux-${process.arch}.tar`);

/**
 * Writes an archive that docker, podman and skopeo read, and answers the digest that a registry shows for it.
 * @param {{ name: string, containerfile: string, fill: (root: string) => void }} image `fill` writes the
 *   program into the root; the path of the Containerfile is from the root of the repository
 */
export function packImage({ name, containerfile, fill }, { work, out, origin }) {
  const own = join(work, `image-${name}`);
  const root = join(own, 'context/rootfs');
  for (const folder of ['etc/watchbill', 'tmp']) mkdirSync(join(root, folder), { recursive: true });
  addLibraries(root, join(own, 'debian'));
  for (const [path, text] of Object.entries(PLAIN_FILES)) writeFileSync(join(root, path), text);
  fill(root);
  // The umask of this machine must not reach the image; buildah gives each file the time.
  runOrThrow('chmod', ['-R', 'u=rwX,go=rX', root]);
  runOrThrow('chmod', ['1777', join(root, 'tmp')]);
  const parts = partsOf(own, join(ROOT, containerfile), origin);
  return writeArchive(parts, `${name}:${origin.version}`, join(own, 'layout'), {
    archive: imagePath(name, out, origin),
    epoch: origin.epoch,
  });
}

/** apt checks the signature of each package. */
function addLibraries(root, folder) {
  mkdirSync(folder);
  const download = ['download', '-q', '-o', 'APT::Sandbox::User=root', ...LIBRARIES];
  runOrThrow('sh', ['-c', 'apt-get "$@" || { apt-get -q update && apt-get "$@"; }', 'sh', ...download], {
    cwd: folder,
  });
  mkdirSync(join(root, 'var/lib/dpkg/status.d'), { recursive: true });
  for (const name of LIBRARIES) {
    const deb = join(folder, readdirSync(folder).find((file) => file.startsWith(`${name}_`)) ?? name);
    runOrThrow('dpkg-deb', ['--extract', deb, root]);
    writeFileSync(join(root, 'var/lib/dpkg/status.d', name), runOrThrow('dpkg-deb', ['--field', deb]));
  }
  for (const path of globSync(`usr/**/{${UNUSED.join(',')}}`, { cwd: root }))
    rmSync(join(root, path), { recursive: true, force: true });
}

/** The folder of what buildah made: docker's format, since that of OCI has no health check. */
function partsOf(own, containerfile, { version, commit, epoch }) {
  // The storage of this build alone; `vfs` needs no kernel module and no FUSE.
  const storage = ['--root', join(own, 'storage'), '--runroot', join(own, 'run'), '--storage-driver', 'vfs'];
  const labels = [`VERSION=${version}`, `REVISION=${commit}`].flatMap((one) => ['--build-arg', one]);
  const stable = ['--format', 'docker', '--timestamp', String(epoch), '--no-cache', ...labels];
  const built = ['--file', containerfile, '--tag', 'localhost/built', join(own, 'context')];
  runOrThrow('buildah', [...storage, 'build', ...stable, ...built]);
  const raw = join(own, 'raw.tar');
  runOrThrow('buildah', [
    ...storage,
    'push',
    'localhost/built',
    `docker-archive:${raw}:localhost/built:latest`,
  ]);
  const parts = join(own, 'parts');
  mkdirSync(parts);
  runOrThrow('tar', ['--extract', '--file', raw, '--directory', parts]);
  return parts;
}

/** A layout of OCI that docker loads too. It has the manifest, so its digest is that of each registry. */
function writeArchive(parts, tag, layout, { archive, epoch }) {
  const blobs = join(layout, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes) => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, digest), bytes);
    return { size: bytes.length, digest: `sha256:${digest}` };
  };
  const json = (value) => Buffer.from(JSON.stringify(value));
  const [made] = JSON.parse(readFileSync(join(parts, 'manifest.json'), 'utf8'));
  const config = put(json(withoutBuilder(JSON.parse(readFileSync(join(parts, made.Config), 'utf8')))));
  // The pinned Node compresses: others give other bytes.
  const layer = put(gzipSync(readFileSync(join(parts, made.Layers[0]))));
  const mediaType = `${DOCKER}.distribution.manifest.v2+json`;
  const manifest = put(
    json({
      schemaVersion: 2,
      mediaType,
      config: { mediaType: `${DOCKER}.container.image.v1+json`, ...config },
      layers: [{ mediaType: `${DOCKER}.image.rootfs.diff.tar.gzip`, ...layer }],
    }),
  );
  const path = ({ digest }) => `blobs/${digest.replace(':', '/')}`;
  const annotations = { 'org.opencontainers.image.ref.name': tag };
  const files = {
    'oci-layout': { imageLayoutVersion: '1.0.0' },
    'index.json': { schemaVersion: 2, manifests: [{ mediaType, ...manifest, annotations }] },
    'manifest.json': [{ Config: path(config), RepoTags: [tag], Layers: [path(layer)] }],
  };
  for (const [file, value] of Object.entries(files)) writeFileSync(join(layout, file), json(value));
  const plain = [
    '--sort=name',
    '--mode=u=rwX,go=rX',
    `--mtime=@${epoch}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
  ];
  runOrThrow('tar', [
    '--create',
    '--file',
    archive,
    ...plain,
    '--directory',
    layout,
    ...readdirSync(layout).sort(),
  ]);
  return manifest.digest;
}

/** Without the random names of buildah's working container. */
function withoutBuilder({
  container: _,
  container_config: __,
  config: { Hostname: ___, ...config },
  ...rest
}) {
  return { ...rest, config };
}
