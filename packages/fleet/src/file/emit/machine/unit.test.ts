import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted } from '@watchbill/kit/systemd';
import fc from 'fast-check';
import { processesOf } from '../../graph/process.ts';
import { readFixture, WIDE } from '../../testing/networks.ts';
import { userOf } from './layout.ts';
import { SECRET } from './testing/secret.ts';

const { resources } = readFixture(WIDE).graph;
const BACKUP_USER = userOf({ name: 'wide' }, { name: 'backup-iron-0' });

function unitOf(name: string): string {
  const unit = resources.find(({ id }) => id === `iron/unit/watchbill-wide-${name}.service`);
  assert.ok(unit?.target === 'machine' && unit.body.kind === 'unit');
  return unit.body.text;
}

test('words that systemd would change stand for themselves', () => {
  assert.equal(quoted(['a', '--b=c']), 'a --b=c');
  assert.equal(
    quoted(['a b', '100%', '$HOME', 'say "x"', 'back\\slash']),
    '"a b" "100%%" "$$HOME" "say \\"x\\"" "back\\\\slash"',
  );
});

test('a unit runs as its own user, writes to its own folder, and may nothing else', () => {
  const text = unitOf('backup-iron-0');
  for (const line of [
    `User=${BACKUP_USER}`,
    `Group=${BACKUP_USER}`,
    'SupplementaryGroups=wb-wide',
    'StateDirectoryMode=0700',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'CapabilityBoundingSet=',
    'Restart=always',
  ])
    assert.match(text, new RegExp(`^${line}$`, 'm'));
  assert.match(text, /^ReadWritePaths=\/var\/lib\/watchbill\/wide\/backup-iron-0$/m);
  const base = 'watchbill/wide/backup-iron-0';
  const folders = ['data', 'relay', 'keys'].map((name) => `${base}/${name}`);
  assert.match(text, new RegExp(`^StateDirectory=${[base, ...folders].join(' ')}$`, 'm'));
});

test('a unit comes after its user, also where its folders are there already', () => {
  for (const unit of resources.filter(({ kind }) => kind === 'unit')) {
    const user = `iron/user/${/^User=(.*)$/m.exec(unitOf(unit.subject.node ?? ''))?.[1]}`;
    assert.ok(unit.needs.includes(user), `${unit.id} needs ${user}`);
    const made = resources.find(({ id }) => id === user);
    assert.ok(made?.target === 'machine' && made.body.kind === 'user');
    assert.equal(made.body.home, `/var/lib/watchbill/wide/${unit.subject.node}`);
  }
});

test('the files of a node belong to its user only, and shared files are read-only', () => {
  const rights = resources.flatMap(({ target, subject, body }) =>
    target === 'machine' && 'owner' in body ? [{ ...body, node: subject.node }] : [],
  );
  for (const { path, owner, group, mode, node } of rights) {
    const user = node === null ? 'root' : userOf({ name: 'wide' }, { name: node });
    assert.equal(owner, user, path);
    if (node !== null) assert.deepEqual([group, mode], [user, '0700'], path);
    assert.doesNotMatch(mode, /[2367]$|[2367].$/, path);
  }
  assert.ok(rights.some(({ kind, node }) => kind === 'directory' && node === 'collators-iron-0'));
});

test('each node of each network has a separate user name, which systemd accepts', () => {
  const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,18}[a-z0-9])?$/);
  const node = fc.tuple(label, label, fc.nat(999)).map((parts) => parts.join('-'));
  const all = fc.uniqueArray(fc.tuple(label, node), { minLength: 2, selector: (pair) => pair.join('/') });
  fc.assert(
    fc.property(all, (pairs) => {
      const users = pairs.map(([network, name]) => userOf({ name: network }, { name }));
      for (const user of users) assert.match(user, /^wb-[a-z0-9][-a-z0-9]{0,27}$/);
      assert.equal(new Set(users).size, users.length);
    }),
  );
  const [one, other] = [
    userOf({ name: 'a' }, { name: 'b-c-d-0' }),
    userOf({ name: 'a-b' }, { name: 'c-d-0' }),
  ];
  assert.notEqual(one, other);
  // They own what is on disks: they are never named otherwise.
  assert.equal(BACKUP_USER, 'wb-backup-iron-0-ea26520a35');
});

test('a validator may build its own sandbox, others may not', () => {
  const validator = readFixture(
    WIDE.replace('backup: {role: backup', 'backup: {role: validator').replace(/, relayP2p: 31400[^}]*/, ''),
  ).graph.resources.find(({ id }) => id.endsWith('backup-iron-0.service'));
  assert.ok(validator?.target === 'machine' && validator.body.kind === 'unit');
  assert.doesNotMatch(validator.body.text, /RestrictNamespaces/);
  assert.match(validator.body.text, /^SystemCallFilter=.*\bpivot_root$/m);
  // systemd applies the last line about a call, so denials stand before exceptions.
  const filters = [...validator.body.text.matchAll(/^SystemCallFilter=(.)/gm)].map(([, first]) => first);
  assert.deepEqual(filters, ['@', '~', 'l']);
  assert.match(unitOf('backup-iron-0'), /^RestrictNamespaces=yes$/m);
  assert.doesNotMatch(unitOf('backup-iron-0'), /pivot_root/);
});

test('on a machine RPC and metrics stay on loopback', () => {
  for (const resource of resources.filter(({ kind }) => kind === 'unit'))
    for (const { words } of processesOf(resource))
      assert.ok(!words.includes('--rpc-external') && !words.includes('--prometheus-external'), resource.id);
});

const GIVEN = `\${CREDENTIALS_DIRECTORY}`;

test('secrets are credentials that systemd decrypts for the unit, and the node gets only their file names', () => {
  const { graph } = readFixture(SECRET);
  const unit = graph.resources.find(({ id }) => id.endsWith('collators-iron-0.service'));
  assert.ok(unit?.target === 'machine' && unit.body.kind === 'unit');
  const { text } = unit.body;
  const name = 'wide.collators-iron-0';
  const loaded = [...text.matchAll(/^LoadCredentialEncrypted=(.*):(.*)$/gm)];
  assert.deepEqual(
    loaded.map(([, id]) => id),
    ['duty.ca', 'duty.token', 'keys.aura', 'keys.gran', 'node.key'].map((entry) => `${name}-${entry}`),
  );
  for (const [, id, path] of loaded) assert.equal(path, `/etc/watchbill-fleet/credentials/${id}.cred`);
  const [main] = processesOf(unit).filter(({ container }) => container === 'ExecStart');
  for (const word of [
    `--node-key-file=${GIVEN}/${name}-node.key`,
    '--keystore-path=/run/watchbill-fleet/wide-collators-iron-0',
    '--duty=claims',
    `--duty-token-file=${GIVEN}/${name}-duty.token`,
    `--duty-ca-file=${GIVEN}/${name}-duty.ca`,
  ])
    assert.ok(main?.words.includes(word), `${word} in ${main?.words.join(' ')}`);
  assert.ok(!text.includes('/run/credentials/'), 'systemd says where they are');
  assert.ok(!text.includes('keys/node.key'), 'no node key is made beside the one that is given');
  assert.match(text, /\n\[X-Watchbill\]\nKeySet=gated\.bow@[0-9a-f]{12}\n$/);
  assert.deepEqual(
    graph.expects.filter(({ place }) => place === 'iron').map(({ kind, name: of }) => `${kind} ${of}`),
    loaded.map(([, id]) => `credential ${id}`),
  );
});

test('seeds go from their files into a folder in memory that no other unit sees, each before the node starts', () => {
  const unit = readFixture(SECRET).graph.resources.find(({ id }) => id.endsWith('collators-iron-0.service'));
  assert.ok(unit?.target === 'machine' && unit.body.kind === 'unit');
  const steps = processesOf(unit).filter(({ words }) => words.includes('insert'));
  assert.deepEqual(
    steps.map(({ words }) => words.slice(-3)),
    [
      ['--key-type=aura', '--scheme=sr25519', `--suri=${GIVEN}/wide.collators-iron-0-keys.aura`],
      ['--key-type=gran', '--scheme=ed25519', `--suri=${GIVEN}/wide.collators-iron-0-keys.gran`],
    ],
  );
  for (const line of [
    'RuntimeDirectory=watchbill-fleet/wide-collators-iron-0',
    'RuntimeDirectoryMode=0700',
    'TemporaryFileSystem=/run/watchbill-fleet:ro',
    'BindPaths=/run/watchbill-fleet/wide-collators-iron-0',
  ])
    assert.ok(unit.body.text.includes(`\n${line}\n`), line);
  // For any start order: a line that requires the folder would hide nothing from a unit that started before.
  assert.match(unitOf('backup-iron-0'), /^TemporaryFileSystem=\/run\/watchbill-fleet:ro$/m);
  assert.doesNotMatch(unitOf('backup-iron-0'), /^BindPaths=/m);
});

test('a node keeps what it writes to itself', () => {
  for (const name of ['collators-iron-0', 'backup-iron-0']) assert.match(unitOf(name), /^UMask=0077$/m);
});
