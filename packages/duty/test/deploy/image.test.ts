// The image of deploy/Containerfile: built twice, and run by runc on a read-only root as a user that it does
// not know, under load.

import assert from 'node:assert/strict';
import { chownSync, existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, waitFor } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { runSteps, stepsOf } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { type Container, startContainer } from './container.ts';
import { type BuiltImage, buildImage, packInto, run, settingsOf, unpack, writeBundle } from './image.ts';
import {
  type Claim,
  type Claimed,
  claimant,
  claimsUnderWay,
  command,
  dueSlot,
  OF_KEY,
  POLICY,
} from './service.ts';

/** No user of the image, nor of this machine. */
const STRANGER = 31_337;
const LOAD_MS = 5_000;
const WORKERS = 8;
const BUILD_MS = 15 * 60_000;
const PAGE = 'docs/duty/how-to/deploy-the-service.md#an-image';

const folder = leaveNothing('image');
const home = join(folder, 'home');
const state = join(folder, 'runc');
let [first, second]: [BuiltImage | undefined, BuiltImage | undefined] = [undefined, undefined];
let bundle = '';
let url = '';
const containers: Container[] = [];

before(async () => {
  first = await buildAsPrinted();
  const tarball = packInto(join(folder, 'pack'));
  second = buildImage(tarball, join(folder, 'two'), join(folder, 'tmp-two'), '077');
  bundle = unpack(first, folder);
});
/** The line of the page, and the two lines that it prints. */
async function buildAsPrinted(): Promise<BuiltImage> {
  const [step, ...more] = stepsOf(PAGE);
  assert.ok(step !== undefined && more.length === 0);
  const env = { HOME: folder, TMPDIR: folder };
  const { outputs, exitCode } = await runSteps([step], { env, timeoutMs: BUILD_MS });
  assert.equal(exitCode, 0, outputs.join(''));
  const shape = (text: string) =>
    text
      .trim()
      .split('\n')
      .slice(-2)
      .join('\n')
      .replaceAll(folder, '/home/ada')
      .replace(/[0-9a-f]{64}/, 'ID');
  assert.equal(shape(outputs[0] ?? ''), shape(step.shown ?? ''));
  const [archive = '', id = ''] = (outputs[0] ?? '').trim().split('\n').slice(-2);
  stamp(PAGE, `buildah ${/version (\S+)/.exec(run('buildah', ['--version']))?.[1]}`);
  return { archive, id };
}

after(() => {
  for (const container of containers) container.remove();
});

test('two builds in two folders, with two umasks, give one image', () => {
  assert.match(first?.id ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.equal(first?.id, second?.id);
});

test('the image says how to run it: a plain user, a health check, a stop signal, no volume', () => {
  assert.ok(first !== undefined);
  const settings = settingsOf(first);
  assert.equal(settings.User, '10001:10001');
  assert.deepEqual([settings.Entrypoint, settings.Cmd], [['/usr/bin/watchbill'], ['serve']]);
  assert.deepEqual(settings.Healthcheck.Test, ['CMD', '/usr/bin/watchbill', 'service', 'ready']);
  assert.equal(settings.StopSignal, 'SIGTERM');
  assert.deepEqual(Object.keys(settings.Volumes ?? {}), []);
  assert.equal(settings.Labels['org.opencontainers.image.licenses'], 'Apache-2.0');
  assert.match(settings.Labels['org.opencontainers.image.revision'] ?? '', /^([0-9a-f]{40}|unknown)$/);
});

test('it holds no shell, no file that raises rights, and none that others may write', () => {
  const root = join(bundle, 'rootfs');
  for (const shell of ['bin/sh', 'usr/bin/sh', 'bin/bash', 'usr/bin/bash', 'bin/busybox', 'usr/bin/env'])
    assert.ok(!existsSync(join(root, shell)), shell);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    (one) => !one.isSymbolicLink(),
  );
  assert.ok(entries.length > 100);
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
  const write = (path: string) =>
    container.exec(['/usr/bin/node', '-e', `require('fs').writeFileSync('${path}', 'x')`]);
  for (const path of ['/x', '/etc/x', '/opt/watchbill/x', '/etc/watchbill/x'])
    assert.match(write(path).output, /EROFS|EACCES/, path);
  assert.equal(write('/etc/watchbill/data/x').status, 0);
  const rights = container.exec([
    '/usr/bin/node',
    '-p',
    'require("fs").readFileSync("/proc/self/status", "utf8")',
  ]);
  assert.match(rights.output, new RegExp(`^Uid:\\s+${STRANGER}\\s`, 'm'));
  assert.match(rights.output, /^CapEff:\s+0+$/m);
  assert.match(rights.output, /^NoNewPrivs:\s+1$/m);
});

const granted: { readonly node: string; readonly slot: number }[] = [];
const twice = () =>
  [...Map.groupBy(granted, ({ slot }) => slot)].filter(
    ([, all]) => new Set(all.map((one) => one.node)).size > 1,
  );

/** Claims for one slot, when the service has accepted all of them. */
async function acceptedClaims(claim: Claim, slot: number): Promise<readonly Promise<Claimed>[]> {
  let answered = 0;
  const open = Array.from({ length: WORKERS }, async () => {
    const claimed = await claim(slot);
    answered += 1;
    return claimed;
  });
  // The answered claims first: a claim that is answered after that is then in neither count, never in both.
  const isAccepted = async () => answered + (await claimsUnderWay(url, home)) >= WORKERS;
  await waitFor('the service has all claims', isAccepted, { timeoutMs: 60_000, everyMs: 10 });
  return open;
}

test('under load it grants each slot once, and at SIGTERM it answers requests in progress', async () => {
  const [container] = containers;
  assert.ok(container !== undefined);
  const at = [
    '--url',
    url,
    '--ca-file',
    join(home, 'tls/ca.pem'),
    '--token-file',
    join(home, 'secrets/operator.token'),
  ];
  writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(POLICY));
  command('policy', 'apply', join(folder, 'policy.yaml'), ...at);
  command('adopt', ...OF_KEY, '--never-signed', '--confirmation', 'a key of this test', ...at);
  for (const name of ['alpha', 'bravo'])
    command(
      'token',
      'create',
      '--role',
      'node',
      '--name',
      name,
      '--out',
      join(folder, `${name}.token`),
      ...at,
    );
  const nodes = { alpha: claimant(url, home, 'alpha', 'aa'), bravo: claimant(url, home, 'bravo', 'bb') };
  const untilMs = Date.now() + LOAD_MS;
  let answers = 0;
  const work = async (node: 'alpha' | 'bravo'): Promise<void> => {
    while (Date.now() < untilMs) {
      const slot = dueSlot();
      const { outcome } = await nodes[node](slot);
      if (outcome !== 'no answer') answers += 1;
      if (outcome === 'granted') granted.push({ node, slot });
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, at) => work(at % 2 === 0 ? 'alpha' : 'bravo')));
  assert.ok(new Set(granted.map(({ slot }) => slot)).size >= 5, `${granted.length} grants`);
  assert.deepEqual(twice(), []);

  // A standby's claim waits 300 ms in the service before it is decided.
  const slot = dueSlot();
  const open = await acceptedClaims(nodes.bravo, slot);
  container.signal('TERM');
  const told: readonly Claimed[] = await Promise.all(open);
  assert.deepEqual(
    told.filter(({ outcome }) => outcome === 'no answer'),
    [],
  );
  for (const { outcome } of told) if (outcome === 'granted') granted.push({ node: 'bravo', slot });
  assert.equal(await container.ended, 0, container.log());
  assert.match(container.log(), /"event":"stopped"/);
  console.log(`deploy: ${answers} answers and ${granted.length} grants in ${LOAD_MS / 1000} s, then drained`);
});

test('started again on the same folder, it remembers what it granted', async () => {
  await start('second');
  const alpha = claimant(url, home, 'alpha', 'aa');
  const [bravos] = granted.toReversed();
  assert.ok(bravos !== undefined);
  const other = bravos.node === 'alpha' ? claimant(url, home, 'bravo', 'bb') : alpha;
  const refused = await other(bravos.slot);
  assert.equal(refused.outcome, 'denied', refused.reason);
});
