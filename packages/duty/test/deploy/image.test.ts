// The images of a release: that of deploy/Containerfile run by runc on a read-only root as a user that it
// does not know; that of the test node; the compose file and the chart that name the first.

import assert from 'node:assert/strict';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, waitFor } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { sharedRelease } from '@watchbill/testkit/pages/release';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { composeConfig } from './compose.ts';
import { type Container, startContainer } from './container.ts';
import { type BuiltImage, HERE, imageOf, run, settingsOf, unpack, writeBundle, writeRoot } from './image.ts';
import { claimant, command, dueSlot, OF_KEY, POLICY } from './service.ts';

/** No user of the image, nor of this machine. */
const STRANGER = 31_337;
const PAGE = 'docs/duty/how-to/deploy-the-service.md#an-image';

const folder = leaveNothing('image');
const home = join(folder, 'home');
const state = join(folder, 'runc');
let release = '';
let image: BuiltImage = { archive: '', digest: '', manifests: {} };
let bundle = '';
let url = '';
const containers: Container[] = [];

before(async () => {
  const shared = await sharedRelease(folder);
  release = shared.out;
  assert.match(
    shared.printed,
    /skopeo copy --all --preserve-digests oci-archive:\S+ docker:[/][/]r.example.net[/]watchbill:/,
  );
  image = imageOf(release, 'watchbill');
  bundle = unpack(image, folder);
  stamp(PAGE, `buildah ${/version (\S+)/.exec(run('buildah', ['--version']))?.[1]}`);
});

after(() => {
  for (const container of containers) container.remove();
});

test('compose file and chart of the release name the image by its digest', () => {
  run('tar', ['--extract', '--directory', folder, '--file', join(release, deployArchive())]);
  const at = join(folder, deployArchive().replace('.tar.xz', ''));
  const wanted = `r.example.net/watchbill@${image.digest}`;
  const text = (file: string) => readFileSync(join(at, file), 'utf8');
  const others = ['ETCD', 'PROMETHEUS', 'ALERTMANAGER', 'GRAFANA'].map((name) => [`${name}_IMAGE`, 'other']);
  const { services } = composeConfig(
    at,
    Object.fromEntries([...others, ['NODE_1', 'one'], ['NODE_2', 'two']]),
  );
  assert.equal(Object.values(services).filter((service) => service.image === wanted).length, 5);
  assert.match(text('chart/values.yaml'), new RegExp(`^image: ${wanted}$`, 'm'));
  const { properties } = JSON.parse(text('chart/values.schema.json'));
  assert.match(wanted, new RegExp(properties.image.pattern));
  assert.deepEqual(readdirSync(join(at, 'monitoring')), readdirSync(join(ROOT, 'deploy/monitoring')));
});
const deployArchive = () => readdirSync(release).find((name) => name.startsWith('watchbill-deploy-')) ?? '';

test('the image of the test node runs, and is another one', () => {
  const own = join(folder, 'node');
  mkdirSync(own);
  const node = imageOf(release, 'watchbill-test-node');
  assert.notEqual(node.digest, image.digest);
  assert.deepEqual(settingsOf(node).Entrypoint, ['/usr/bin/watchbill-devnode']);
  const root = join(unpack(node, own), 'rootfs');
  assert.match(run('chroot', [root, '/usr/bin/watchbill-devnode', '--help']), /--duty-service/);
  assert.ok(existsSync(join(root, 'usr/share/watchbill-test-node/chain.json')));
});

test('the image says how to run it: a plain user, a health check, a stop signal, no volume', () => {
  const settings = settingsOf(image);
  assert.equal(settings.User, '10001:10001');
  assert.deepEqual([settings.Entrypoint, settings.Cmd], [['/usr/bin/watchbill'], ['serve']]);
  assert.deepEqual(settings.Healthcheck.Test, ['CMD', '/usr/bin/watchbill', 'service', 'ready']);
  assert.equal(settings.StopSignal, 'SIGTERM');
  assert.deepEqual(Object.keys(settings.Volumes ?? {}), []);
  assert.equal(settings.Labels['org.opencontainers.image.licenses'], 'Apache-2.0');
  assert.match(settings.Labels['org.opencontainers.image.revision'] ?? '', /^[0-9a-f]{40}(-dirty)?$/);
});

test('both processors have an image with the same settings, and each only programs of its processor', () => {
  for (const [processor, machine] of Object.entries({ amd64: 62, arm64: 183 })) {
    assert.deepEqual(settingsOf(image, processor), settingsOf(image, HERE));
    const root = join(folder, processor);
    writeRoot(image, processor, root);
    const paths = run('find', [root, '-type', 'f']).trim().split('\n');
    const files = paths.map((path) => readFileSync(path));
    const programs = files.filter((bytes) => bytes.toString('latin1', 0, 4) === '\x7fELF');
    assert.ok(programs.length >= 5);
    // The field `e_machine`.
    for (const bytes of programs) assert.equal(bytes.readUInt16LE(18), machine);
  }
});

test('it holds no shell, no file that raises rights, and none that others may write', () => {
  const root = join(bundle, 'rootfs');
  for (const shell of ['bin/sh', 'usr/bin/sh', 'bin/bash', 'usr/bin/bash', 'bin/busybox', 'usr/bin/env'])
    assert.ok(!existsSync(join(root, shell)), shell);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    (one) => !one.isSymbolicLink(),
  );
  assert.ok(entries.length > 50);
  const wrong = entries
    .map((one) => join(one.parentPath, one.name))
    .filter((path) => path !== join(root, 'tmp'))
    .filter((path) => {
      const { mode, uid, gid } = lstatSync(path);
      return (mode & 0o6022) !== 0 || uid !== 0 || gid !== 0;
    });
  assert.deepEqual(wrong, []);
});

/** As the page says: `init`, then the folder belongs to the user of the container. */
async function makeHome(): Promise<void> {
  const port = await freePort();
  url = `https://127.0.0.1:${port}`;
  command('init', '--dir', home, '--tls');
  for (const name of ['.', ...readdirSync(home, { recursive: true, encoding: 'utf8' })])
    chownSync(join(home, name), STRANGER, STRANGER);
  writeBundle(bundle, { user: STRANGER, home, env: { WATCHBILL_SERVICE_LISTEN_PORT: `${port}` } });
}

async function start(name: string): Promise<Container> {
  const container = await startContainer(bundle, state, name);
  containers.push(container);
  return container;
}

const ready = ['/usr/bin/watchbill', 'service', 'ready'];

test('a stranger runs it on a read-only root, and its health check passes', async () => {
  await makeHome();
  const container = await start('first');
  const health = container.exec(ready);
  assert.equal(health.status, 0, health.output);
  assert.match(health.output, /ready: serving/);
  const elsewhere = container.exec([...ready, '--config', '/etc/watchbill/absent.yaml']);
  assert.notEqual(elsewhere.status, 0, 'a health check can fail');
  const { pid } = JSON.parse(run('runc', ['--root', state, 'state', 'first'])) as { pid: number };
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
  const modeOf = (path: string) =>
    /^(?:\S+ ){5}(r[ow])/.exec(mounts.find((line) => line.split(' ')[4] === path) ?? '')?.[1];
  assert.deepEqual(['/', '/etc/watchbill', '/etc/watchbill/data'].map(modeOf), ['ro', 'ro', 'rw']);
  for (const capability of ['nominate', 'coordinate', 'fleet', 'guard'])
    assert.equal(container.exec(['/usr/bin/watchbill', capability, '--help']).status, 0, capability);
  const rights = readFileSync(`/proc/${pid}/status`, 'utf8');
  assert.match(rights, new RegExp(`^Uid:\\s+${STRANGER}\\s`, 'm'));
  assert.match(rights, /^CapEff:\s+0+$/m);
  assert.match(rights, /^NoNewPrivs:\s+1$/m);
});

test('it grants, ends at SIGTERM, and remembers its grant when it is started again', async () => {
  const [container] = containers;
  assert.ok(container !== undefined);
  const operator = join(home, 'secrets/operator.token');
  const at = ['--url', url, '--ca-file', join(home, 'tls/ca.pem'), '--token-file', operator];
  writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(POLICY));
  command('policy', 'apply', join(folder, 'policy.yaml'), ...at);
  command('adopt', ...OF_KEY, '--never-signed', '--confirmation', 'a key of this test', ...at);
  for (const name of ['alpha', 'bravo']) {
    const token = ['--role', 'node', '--name', name, '--out', join(folder, `${name}.token`)];
    command('token', 'create', ...token, ...at);
  }
  const alpha = claimant(url, home, 'alpha', 'aa');
  const grant = async () => {
    const due = dueSlot();
    return (await alpha(due)).outcome === 'granted' ? due : undefined;
  };
  const slot = await waitFor('a grant', grant, { timeoutMs: 60_000 });
  container.signal('TERM');
  assert.equal(await container.ended, 0, container.log());
  assert.match(container.log(), /"event":"stopped"/);
  await start('second');
  const refused = await claimant(url, home, 'bravo', 'bb')(slot);
  assert.equal(refused.outcome, 'denied', refused.reason);
});
