import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HARDENING, SERVICE_HARDENING } from '@watchbill/kit/systemd';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from '../testing/run-duty.ts';
import { program } from './machine.ts';

const folder = temporaryFolder();

const unit = (root: string, name: string) => readFileSync(join(root, 'etc/systemd/system', name), 'utf8');

test('init --systemd writes units that read secrets as credentials, and nothing else of root', async () => {
  const root = join(folder, 'plain');
  const ran = await runFake(['init', '--systemd', '--root', root, '--observe', 'ws://sentry:9944'], {
    cwd: folder,
  });
  assert.equal(ran.code, 0, ran.stderr);
  const service = unit(root, 'watchbill.service');
  const observer = unit(root, 'watchbill-observer.service');
  for (const text of [service, observer])
    for (const line of SERVICE_HARDENING) assert.ok(text.includes(`\n${line}\n`), line);
  assert.match(service, /^LoadCredential=operator\.token:\/etc\/watchbill\/secrets\/operator\.token$/m);
  assert.match(
    service,
    / serve --config \/etc\/watchbill\/watchbill\.yaml --operator-token-file %d\/operator\.token$/m,
  );
  assert.match(service, /^StateDirectory=watchbill$/m);
  assert.match(
    observer,
    / observe --node ws:\/\/sentry:9944 --url http:\/\/127\.0\.0\.1:8450 --token-file %d\/observer\.token$/m,
  );
  const mode = (path: string) => statSync(join(root, path)).mode & 0o777;
  assert.deepEqual(
    [
      'etc/watchbill',
      'etc/watchbill/secrets',
      'etc/watchbill/secrets/operator.token',
      'var/lib/watchbill',
    ].map(mode),
    [0o755, 0o700, 0o600, 0o700],
  );
  const config = readFileSync(join(root, 'etc/watchbill/watchbill.yaml'), 'utf8');
  assert.match(config, /^ {2}dataDir: "\/var\/lib\/watchbill"$/m);
  const again = await runFake(['init', '--systemd', '--root', root], { cwd: folder });
  assert.equal(again.code, 2);
  assert.match(again.stderr, /never overwritten/);
});

test('with --tls the units get the certificates too, each once', async () => {
  const root = join(folder, 'tls');
  assert.equal((await runFake(['init', '--systemd', '--tls', '--root', root], { cwd: folder })).code, 0);
  const service = unit(root, 'watchbill.service');
  const loaded = [...service.matchAll(/^LoadCredential=([^:]+):/gm)].map(([, name]) => name);
  assert.deepEqual(loaded.toSorted(), [
    'ca.pem',
    'operator.key',
    'operator.pem',
    'operator.token',
    'server.key',
    'server.pem',
  ]);
  assert.match(service, / --tls-key-file %d\/server\.key /);
  assert.match(
    unit(root, 'watchbill-observer.service'),
    / --url https:\/\/localhost:8450 .*--ca-file %d\/ca\.pem$/m,
  );
});

test('flags that do not fit --systemd are refused', async () => {
  for (const args of [
    ['--root', '/elsewhere'],
    ['--systemd', '--certificates'],
  ]) {
    const ran = await runFake(['init', ...args], { cwd: folder });
    assert.equal(ran.code, 2, args.join(' '));
  }
});

test('a Node in a home folder is refused: the units could not start it', () => {
  const script = '/usr/local/bin/watchbill';
  assert.deepEqual(program(['/usr/local/bin/node', script]), ['/usr/local/bin/node', script]);
  for (const node of ['/home/ada/.nvm/node', join('/root', '.nvm/node')])
    assert.throws(() => program([node, script]), /is in a home folder/);
});

test('a lost disk is found by the secrets beside the configuration', { timeout: 60_000 }, async () => {
  const root = join(folder, 'lost');
  assert.equal((await runFake(['init', '--systemd', '--root', root], { cwd: folder })).code, 0);
  const data = join(root, 'elsewhere/data');
  const args = ['serve', '--config', join(root, 'etc/watchbill/watchbill.yaml'), '--service-data-dir', data];
  mkdirSync(data, { recursive: true });
  for (const lose of [() => {}, () => writeFileSync(join(data, 'ledger.db'), '')]) {
    lose();
    const ran = await runFake([...args, '--store', `sqlite:${join(data, 'store.sqlite')}`], { cwd: folder });
    assert.equal(ran.code, 2, ran.all);
    assert.match(ran.stderr, /may have lost its disk/);
  }
});

const guard = (root: string, ...more: readonly string[]) =>
  runFake(['init', '--systemd', '--guard', 'polkadot', '--root', root, ...more], { cwd: folder });

test('--guard writes the unit and the settings of a guard, without the service', async () => {
  const root = join(folder, 'guard');
  const ran = await guard(root, '--base-path', '/srv/node');
  assert.equal(ran.code, 0, ran.stderr);
  assert.deepEqual(readdirSync(join(root, 'etc/systemd/system')), ['watchbill-guard.service']);
  assert.deepEqual(readdirSync(join(root, 'etc/watchbill')), ['guard.env']);
  const text = unit(root, 'watchbill-guard.service');
  for (const line of [
    ...HARDENING,
    'Type=notify',
    'WatchdogSec=15',
    'WatchdogSignal=SIGKILL',
    'User=polkadot',
    'RestartPreventExitStatus=7',
    'EnvironmentFile=/etc/watchbill/guard.env',
    'LoadCredential=identity:/etc/watchbill/guard.identity',
    'RuntimeDirectory=watchbill-guard',
    'RuntimeDirectoryMode=0700',
    'StateDirectory=watchbill-guard',
    'ReadWritePaths=/srv/node',
    'SystemCallFilter=~capset:0',
    'LimitCORE=0',
    'MemorySwapMax=0',
    'PrivateMounts=yes',
    'SystemCallFilter=~@resources',
  ])
    assert.ok(text.includes(`\n${line}\n`), line);
  // A node starts sandboxes for the code of parachains.
  assert.doesNotMatch(text, /RestrictNamespaces|RuntimeDirectoryPreserve/);
  assert.match(
    text,
    / guard run --witness \$WITNESSES --validator \$\{VALIDATOR\} .*--identity %d\/identity .*\$PAIR -- \$NODE$/m,
  );
  const settings = readFileSync(join(root, 'etc/watchbill/guard.env'), 'utf8');
  assert.match(settings, /^PAIR=$/m);
  assert.match(settings, /^NODE=.* --keystore-path \/run\/watchbill-guard\/keystore$/m);
  const again = await guard(root);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /never overwritten/);
});

test('a guard without --systemd, with a strange user, or in a home folder is refused', async () => {
  const root = join(folder, 'guard-refused');
  const refused: readonly (readonly string[])[] = [
    ['init', '--guard', 'polkadot'],
    ['init', '--systemd', '--guard', 'a b', '--root', root],
    ['init', '--systemd', '--guard', 'polkadot', '--base-path', '/home/ada/node', '--root', root],
    ['init', '--systemd', '--guard', 'polkadot', '--base-path', 'node', '--root', root],
  ];
  for (const args of refused) {
    const ran = await runFake(args, { cwd: folder });
    assert.equal(ran.code, 2, args.join(' '));
  }
});
