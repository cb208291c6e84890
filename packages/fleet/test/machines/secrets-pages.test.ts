// Every command of session-keys.md about secrets and about sharing, as printed: on machines that systemd
// booted, with a real permission service for the token.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { followPage } from '@watchbill/testkit/pages/follow';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { sqliteVersion, stamp } from '@watchbill/testkit/pages/stamp';
import { startWorld, type World } from '@watchbill/testkit/pages/world';
import { knowMachines, networkOn } from './operators.ts';

const SECRETS_PAGE = 'docs/fleet/how-to/session-keys.md#keep-secrets-on-machines';
const TWINS_PAGE = 'docs/fleet/how-to/session-keys.md#share-one-set-of-keys';
const seed = (): string => `0x${randomBytes(32).toString('hex')}`;

let ground: BootedMachines;
/** A box with a permission service, whose operator follows the pages. */
let world: World;
before(async () => {
  ground = await bootMachines(['iron', 'frankfurt', 'singapore']);
  world = await startWorld('secrets-pages', { boxes: ['box1'] });
  knowMachines(world, ground.sshConfigFile);
  mkdirSync(join(world.folder, 'tls'));
  const authority = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=authority'];
  const files = ['-keyout', 'tls/ca.key', '-out', 'tls/ca.pem'];
  execFileSync('openssl', [...authority, ...files], { cwd: world.folder, stdio: 'ignore', timeout: 60_000 });
});
after(() => ground?.close());

/** The pools that a page shows, on machines of the test. */
function writeNetwork(page: string, places: readonly string[], more = ''): void {
  const text = pageText(page);
  const pools = /^```yaml\n[\s\S]*?^pools:\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? assert.fail(page);
  writeFileSync(join(world.folder, 'network.yaml'), networkOn(ground, places, `${pools}${more}`));
}

async function put(secret: string, entry: string, value: string): Promise<void> {
  writeFileSync(join(world.folder, 'value'), value, { mode: 0o600 });
  await world.shell(`watchbill fleet keys secrets put ${secret} ${entry} --from value`);
}

/** A second validator, which the file has no more when the page is followed. */
const EARLIER = `    count: 2
    instances: {iron-1: {ports: {p2p: 30500, rpc: 9960, metrics: 9700}}}
`;

test('secrets are listed, put and removed as the page prints it', async () => {
  const [iron] = ground.machines;
  writeNetwork(SECRETS_PAGE, ['iron'], EARLIER);
  await put('validators-iron-1-duty', 'token', 'a-token-of-the-second-node-0123456789');
  writeNetwork(SECRETS_PAGE, ['iron']);
  writeFileSync(join(world.folder, 'iron.token'), 'a-token-of-the-first-node-0123456789', { mode: 0o600 });
  const babe = seed();
  writeFileSync(join(world.folder, 'babe.seed'), babe, { mode: 0o600 });
  const only = (heading: string) => ({ only: [heading], table: [] });
  await followPage(world, SECRETS_PAGE, { ...only('2. List the missing ones'), ends: [['list', 3]] });
  await followPage(world, SECRETS_PAGE, {
    only: ['3. Put them there'],
    table: [['pass show validators/iron/babe', 'cat babe.seed', 'the test has no password store']],
  });
  await put('validators-iron-0-keys', 'gran', seed());
  await put('validators-iron-0-node', 'key', randomBytes(32).toString('hex'));
  await followPage(world, SECRETS_PAGE, only('4. Remove unused ones'));
  const credential = '/etc/watchbill-fleet/credentials/pier.validators-iron-0-keys.babe.cred';
  const name = 'pier.validators-iron-0-keys.babe';
  assert.equal(iron?.on(`systemd-creds decrypt --name=${name} ${credential} -`), babe);
  stamp(SECRETS_PAGE, systemd());
});

test('two nodes with one set of keys get a token each, as the page prints it', async () => {
  writeNetwork(TWINS_PAGE, ['frankfurt', 'singapore']);
  const env = { WATCHBILL_CONFIG: 'box1/watchbill.yaml' };
  await followPage(world, TWINS_PAGE, { table: [], ends: [['list', 3]], env });
  stamp(TWINS_PAGE, `${systemd()}, ${sqliteVersion()}`);
});

function systemd(): string {
  return /systemd \d+/.exec(ground.machines[0]?.on('systemctl --version') ?? '')?.[0] ?? assert.fail();
}
