// The Debian package: the one file with units, user, manual pages and completions. See deploy/debian too.

import {
  cpSync,
  globSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../pinned.mjs';
import { runOrThrow } from './run.mjs';

const NAMES = { x64: 'amd64', arm64: 'arm64' };
const SHELLS = {
  bash: 'share/bash-completion/completions/watchbill',
  zsh: 'share/zsh/vendor-completions/_watchbill',
  fish: 'share/fish/vendor_completions.d/watchbill.fish',
};

/** Writes `watchbill_VERSION_PROCESSOR.deb` into `out`. */
export function debianPackage({ path, processor, glibc, whole, work, out, origin, licence }) {
  const root = join(work, `debian-${processor}`);
  const write = (name, content, mode = 0o644) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content, { mode });
  };
  write('usr/bin/watchbill', readFileSync(path), 0o755);
  for (const [name, content] of Object.entries(generated(out, origin))) write(name, content);
  // Debian sorts `~` before the version without it.
  const version = origin.version.replace('-', '~');
  const documents = 'usr/share/doc/watchbill';
  write(`${documents}/changelog.gz`, zipped(changelogOf(version, origin.epoch)));
  write(`${documents}/CHANGELOG.md.gz`, zipped(readFileSync(join(ROOT, 'CHANGELOG.md'))));
  write(`${documents}/copyright`, readFileSync(join(ROOT, 'deploy/debian/copyright')));
  write(`${documents}/LICENSE.node.gz`, zipped(readFileSync(licence)));
  for (const name of ['THIRD_PARTY_LICENSES.txt', 'sbom.cdx.json'])
    write(`${documents}/${name}.gz`, zipped(readFileSync(join(whole, name))));
  cpSync(join(ROOT, 'deploy/debian/root'), root, { recursive: true });

  const size = globSync('**/*', { cwd: root }).reduce(
    (sum, name) => sum + statSync(join(root, name)).size,
    0,
  );
  const control = readFileSync(join(ROOT, 'deploy/debian/control'), 'utf8')
    .replace('VERSION', version)
    .replace('PROCESSOR', NAMES[processor])
    .replace('GLIBC', `2.${glibc}`)
    .replace('SIZE', Math.ceil(size / 1024));
  write('DEBIAN/control', control);
  write(
    'DEBIAN/md5sums',
    runOrThrow('sh', ['-c', 'find usr -type f | LC_ALL=C sort | xargs md5sum'], { cwd: root }),
  );
  for (const script of ['postinst', 'prerm', 'postrm'])
    write(`DEBIAN/${script}`, readFileSync(join(ROOT, 'deploy/debian', script)), 0o755);
  for (const name of ['', ...globSync('**/*', { cwd: root })])
    lutimesSync(join(root, name), origin.epoch, origin.epoch);
  runOrThrow('chmod', ['-R', 'u=rwX,go=rX', root]);
  const name = `watchbill_${version}_${NAMES[processor]}.deb`;
  // One thread: more of them give other bytes. Level 6 takes ten times as long, for a sixth less.
  const flags = ['--root-owner-group', '-Zxz', '-z0', '--threads-max=1'];
  runOrThrow('dpkg-deb', [...flags, '--build', root, join(out, name)]);
  rmSync(root, { recursive: true });
  return join(out, name);
}

/** Units, manual pages and completions: the command of this machine prints them. */
function generated(out, { version }) {
  // Not below a home folder: units may not name programs there.
  const own = mkdtempSync(join(tmpdir(), 'watchbill-release-'));
  const command = join(own, 'watchbill');
  cpSync(join(out, `watchbill-${version}-linux-${process.arch}`), command);
  runOrThrow(command, ['init', '--systemd', '--root', join(own, 'root')]);
  runOrThrow(command, ['man', '--out', join(own, 'man')]);
  const unit = (name) =>
    readFileSync(join(own, 'root/etc', name), 'utf8').replaceAll(command, '/usr/bin/watchbill');
  const units = ['watchbill.service', 'watchbill-observer.service'].map((name) => `systemd/system/${name}`);
  const files = Object.fromEntries([
    ...[...units, 'sysusers.d/watchbill.conf'].map((name) => [`usr/lib/${name}`, unit(name)]),
    ...globSync('*.1', { cwd: join(own, 'man') }).map((name) => [
      `usr/share/man/man1/${name}.gz`,
      zipped(readFileSync(join(own, 'man', name))),
    ]),
    ...Object.entries(SHELLS).map(([shell, place]) => [
      `usr/${place}`,
      runOrThrow(command, ['completion', shell]),
    ]),
  ]);
  rmSync(own, { recursive: true });
  return files;
}

/** Without a time and a name in its head. */
function zipped(content) {
  return gzipSync(content, { level: 9 });
}

/** In Debian's format, which points to ours. */
function changelogOf(version, epoch) {
  const [, maintainer] = /^Maintainer: (.*)$/m.exec(
    readFileSync(join(ROOT, 'deploy/debian/control'), 'utf8'),
  );
  const date = new Date(epoch * 1_000).toUTCString().replace('GMT', '+0000');
  return `watchbill (${version}) unstable; urgency=medium

  * CHANGELOG.md.gz in this folder lists the changes.

 -- ${maintainer}  ${date}
`;
}
