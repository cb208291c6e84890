// Images without a daemon: three Debian libraries, a program, and its papers. No shell is in them. All files
// are put into a root and none is run, so an image for another processor needs no emulation.

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
export const imagePath = (name, out, { version }) => join(out, `${name}-image-${version}-linux.tar`);

/**
 * Writes an archive that docker, podman and skopeo read, and answers the digest that a registry shows for it.
 * @param {{ name: string, containerfile: string, fills: Record<string, (root: string) => void> }} image for
 *   each processor, by its Debian name, a function that writes the program into the root
 */
export function packImage({ name, containerfile, fills }, { work, out, origin }) {
  const made = Object.entries(fills).map(([architecture, fill]) => {
    const own = join(work, `image-${name}-${architecture}`);
    const root = join(own, 'context/rootfs');
    for (const folder of ['etc/watchbill', 'tmp']) mkdirSync(join(root, folder), { recursive: true });
    addLibraries(root, join(own, 'debian'), architecture);
    for (const [path, text] of Object.entries(PLAIN_FILES)) writeFileSync(join(root, path), text);
    fill(root);
    // The umask of this machine must not reach the image; buildah gives each file the time.
    runOrThrow('chmod', ['-R', 'u=rwX,go=rX', root]);
    runOrThrow('chmod', ['1777', join(root, 'tmp')]);
    return { architecture, parts: partsOf(own, join(ROOT, containerfile), architecture, origin) };
  });
  const places = { layout: join(work, `image-${name}`), archive: imagePath(name, out, origin) };
  return writeArchive(made, `${name}:${origin.version}`, places, origin.epoch);
}

/** apt checks the signature of each package. Its lists for each processor are apart from the machine's. */
function addLibraries(root, folder, architecture) {
  const lists = join(ROOT, 'dist/apt', architecture);
  for (const one of [folder, join(lists, 'lists/partial')]) mkdirSync(one, { recursive: true });
  const places = { 'Dir::State': lists, 'Dir::State::status': '/dev/null', 'Dir::Cache': lists };
  const processor = { 'APT::Architecture': architecture, 'APT::Architectures': architecture };
  const settings = Object.entries({ ...places, ...processor, 'APT::Sandbox::User': 'root' });
  const apt = ['apt-get', '-q', ...settings.flatMap(([name, value]) => ['-o', `${name}=${value}`])];
  const download = `"$@" download ${LIBRARIES.join(' ')}`;
  runOrThrow('sh', ['-c', `${download} || { "$@" update && ${download}; }`, 'sh', ...apt], { cwd: folder });
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
function partsOf(own, containerfile, architecture, { version, commit, epoch }) {
  // The storage of this build alone; `vfs` needs no kernel module and no FUSE.
  const storage = ['--root', join(own, 'storage'), '--runroot', join(own, 'run'), '--storage-driver', 'vfs'];
  const labels = [`VERSION=${version}`, `REVISION=${commit}`].flatMap((one) => ['--build-arg', one]);
  const stable = ['--format', 'docker', '--timestamp', String(epoch), '--no-cache', ...labels];
  stable.push('--os', 'linux', '--arch', architecture);
  const built = ['--file', containerfile, '--tag', 'localhost/built', join(own, 'context')];
  runOrThrow('buildah', [...storage, 'build', ...stable, ...built]);
  const raw = join(own, 'raw.tar');
  const target = `docker-archive:${raw}:localhost/built:latest`;
  runOrThrow('buildah', [...storage, 'push', 'localhost/built', target]);
  const parts = join(own, 'parts');
  mkdirSync(parts);
  runOrThrow('tar', ['--extract', '--file', raw, '--directory', parts]);
  return parts;
}

/**
 * A layout of OCI that docker loads too. It has a list with the manifest of each processor, so the digest of
 * the list is that of each registry.
 */
function writeArchive(made, tag, { layout, archive }, epoch) {
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const put = (mediaType, bytes) => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', digest), bytes);
    return { mediaType: `${DOCKER}.${mediaType}`, size: bytes.length, digest: `sha256:${digest}` };
  };
  const json = (value) => Buffer.from(JSON.stringify(value));
  const putManifest = (type, value) => {
    const mediaType = `distribution.${type}.v2+json`;
    return put(mediaType, json({ schemaVersion: 2, mediaType: `${DOCKER}.${mediaType}`, ...value }));
  };
  const images = made.map(({ architecture, parts }) => {
    const [named] = JSON.parse(readFileSync(join(parts, 'manifest.json'), 'utf8'));
    const own = withoutBuilder(JSON.parse(readFileSync(join(parts, named.Config), 'utf8')));
    const config = put('container.image.v1+json', json(own));
    // The pinned Node compresses: others give other bytes.
    const layer = put('image.rootfs.diff.tar.gzip', gzipSync(readFileSync(join(parts, named.Layers[0]))));
    const manifest = putManifest('manifest', { config, layers: [layer] });
    return { architecture, config, layer, manifest };
  });
  const manifests = images.map(({ architecture, manifest }) => ({
    ...manifest,
    platform: { architecture, os: 'linux' },
  }));
  const list = putManifest('manifest.list', { manifests });
  const path = ({ digest }) => `blobs/${digest.replace(':', '/')}`;
  const annotations = { 'org.opencontainers.image.ref.name': tag };
  const files = {
    'oci-layout': { imageLayoutVersion: '1.0.0' },
    'index.json': { schemaVersion: 2, manifests: [{ ...list, annotations }] },
    // A docker that reads this file knows no list: the first image has the plain tag.
    'manifest.json': images.map(({ architecture, config, layer }, at) => ({
      Config: path(config),
      RepoTags: [at === 0 ? tag : `${tag}-${architecture}`],
      Layers: [path(layer)],
    })),
  };
  for (const [file, value] of Object.entries(files)) writeFileSync(join(layout, file), json(value));
  const owner = ['--owner=0', '--group=0', '--numeric-owner'];
  const plain = ['--sort=name', '--mode=u=rwX,go=rX', `--mtime=@${epoch}`, ...owner, '--directory', layout];
  runOrThrow('tar', ['--create', '--file', archive, ...plain, ...readdirSync(layout).sort()]);
  return list.digest;
}

/** Without the random names of buildah's working container. */
function withoutBuilder({ container, container_config, config: { Hostname, ...config }, ...rest }) {
  return { ...rest, config };
}
