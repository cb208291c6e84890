import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { field, fields } from '@watchbill/kit/testing';
import { ownAddresses } from '../../index.ts';
import { startFakeValidator, VALIDATOR } from './testing/fake-validator.ts';
import { ground } from './testing/ground.ts';
import { fakeClock, fakeSsh, fileOf, found, stage } from './testing/stage.ts';

test('a healthy validator: no finding, exit status 0, and each check without its input is named', async (t) => {
  const { report, doctor } = await stage(t);
  const healthy = await report();
  assert.deepEqual(found(healthy), []);
  assert.equal(healthy.code, 0);
  assert.deepEqual(healthy.notLooked.map(fields('check', 'asked')), [
    ['keystore-shared', false],
    ['keystore-outside-guard', false],
    ['unit-elsewhere', false],
    ['unit-second', false],
    ['disk-sync', false],
  ]);
  assert.equal(healthy.groups.map(field('letter')).join(''), 'BAAABAAAB-');
  const text = (await doctor()).stdout;
  assert.match(text, /^Session keys on chain +A +0 +0$/m);
  assert.match(text, /No finding\. 5 checks could not look\. The doctor changed no file\./);
});

test('a copy of the keys on another machine is found, by the names of its files alone', async (t) => {
  const at = await stage(t);
  const log = fakeSsh(at);
  const copy = join(at.folder, 'the copy');
  cpSync(at.keystore, copy, { recursive: true });
  chmodSync(copy, 0o700);
  for (const file of readdirSync(copy)) writeFileSync(join(copy, file), '');
  const report = await at.report(['--keystore', `validator@backup:${copy}`]);
  assert.deepEqual(found(report), ['F keystore-shared']);
  const [finding] = report.findings;
  assert.equal(finding?.subject, `${at.keystore}, validator@backup:${copy}`);
  assert.match(finding?.mend ?? '', /: ssh validator@backup 'shred -u /);
  assert.match(readFileSync(log, 'utf8'), /^-o BatchMode=yes .*-- validator@backup sh -s$/m);
  const unread = report.notLooked.find(({ check }) => check === 'keystore-secrets');
  assert.deepEqual(
    [unread?.asked, unread?.why],
    [false, 'the doctor reads no secret over the network: run it on that machine too'],
  );
  assert.ok(report.places.includes(`keystore validator@backup:${copy}`));

  chmodSync(copy, 0o755);
  chmodSync(join(copy, fileOf('gran')), 0o640);
  const open = await at.report(['--keystore', `backup:${copy}`]);
  assert.deepEqual(found(open), ['F keystore-shared', 'E keystore-modes']);
  assert.match(open.findings[1]?.mend ?? '', /^ssh backup 'chmod 700 /);
  // The same folder under the name of another machine is not a copy.
  assert.deepEqual(found(await at.report(['--keystore', `myself:${at.keystore}`])), []);
});

test('a machine that cannot be reached or read is unknown, with the reason of ssh', async (t) => {
  const at = await stage(t);
  const why = async (place: string) => {
    const report = await at.report(['--keystore', place]);
    assert.deepEqual([report.code, found(report)], [4, []]);
    return report.notLooked.find(({ check }) => check === 'keystore-shared')?.why ?? '';
  };
  assert.equal(await why('backup:/keys'), 'ssh is not on this machine');
  fakeSsh(at);
  assert.equal(await why('gone:/keys'), 'ssh gone: ssh: connect to host gone port 22: Connection refused');
  assert.match(await why(`chatty:${at.keystore}`), /^chatty lists .*: does its login print a text\?$/);
  assert.match(await why('backup:/there/is/none'), /^ssh backup: stat: .*No such file or directory$/);
});

test('a key file of another user is found', {
  skip: process.getuid?.() !== 0 && 'only root may give a file away',
}, async (t) => {
  const at = await stage(t);
  chownSync(join(at.keystore, fileOf('gran')), 65_534, 65_534);
  assert.deepEqual(found(await at.report()), ['D keystore-owner']);
});

test('unsafe RPC on an address of this machine is found, and a closed port is fine', async (t) => {
  const [address] = ownAddresses();
  if (address === undefined) return t.skip('this machine has loopback only');
  const at = await stage(t);
  const open = createServer((_request, response) => response.end('{"jsonrpc":"2.0","id":1,"result":[]}'));
  await new Promise<void>((resolve) => open.listen(at.own.port, address, resolve));
  t.after(() => void open.close());
  assert.deepEqual(found(await at.report()), ['E rpc-exposed']);
});

test('a node that does not answer leaves its checks unknown, with status 4, and finds no fault', async (t) => {
  const at = await stage(t);
  await at.own.close();
  // A second is too short for a round that begins after the node was found to be down.
  const report = await at.report(['--listen', '1']);
  assert.deepEqual([report.code, found(report)], [4, []]);
  assert.equal(report.groups.find(({ id }) => id === 'node')?.letter, '-');
  assert.match((await at.doctor()).stdout, /^not looked: no connection to http:\/\/127\.0\.0\.1:\d+ for/m);
});

test('nodes that answer slowly are asked for a bounded time, and are unknown after it', async (t) => {
  const at = await stage(t);
  at.slowDown(1_000);
  const report = await at.report();
  assert.deepEqual([report.code, found(report)], [4, []]);
  assert.match(report.notLooked.find(({ asked }) => asked)?.why ?? '', /answers too slowly/);
});

test('a pipe in place of a key does not block the doctor, and is not looked at', async (t) => {
  const at = await stage(t);
  rmSync(join(at.keystore, fileOf('babe')));
  execFileSync('mkfifo', ['-m', '600', join(at.keystore, fileOf('babe'))]);
  const report = await at.report();
  assert.deepEqual(found(report), []);
  assert.deepEqual(report.notLooked.find(({ check }) => check === 'keystore-secrets')?.asked, true);
});

test('a file that is too large for a key is found, and a folder with too many keys is refused', async (t) => {
  const at = await stage(t);
  writeFileSync(join(at.keystore, fileOf('gran')), JSON.stringify('a'.repeat(5_000)));
  assert.match((await at.report()).findings[0]?.what ?? '', /its file has 5002 bytes/);
  for (let index = 0; index <= 1_000; index += 1) {
    const name = `6772616e${index.toString(16).padStart(64, '0')}`;
    writeFileSync(join(at.keystore, name), '""', { mode: 0o600 });
  }
  const many = await at.report();
  assert.deepEqual([many.code, found(many)], [4, []]);
  assert.match(many.notLooked[0]?.why ?? '', /holds \d+ keys/);
});

test('--since reports new, mended and unknown findings, and --html writes one page', async (t) => {
  const at = await stage(t);
  at.setUnit({ RestartUSec: '100ms' });
  writeFileSync(join(at.folder, 'last.json'), (await at.doctor(['--json'])).stdout);
  at.setUnit({ WatchdogUSec: '30s' });
  const { stdout } = await at.doctor(['--since', 'last.json', '--html', 'report.html']);
  assert.match(stdout, /^Changed since 20/m);
  assert.match(stdout, /^ {3}new {5,6}E {2}systemd kills the node/m);
  assert.match(stdout, /^ {3}mended {2,3}E {2}systemd restarts the node within the round/m);
  const page = readFileSync(join(at.folder, 'report.html'), 'utf8');
  assert.match(page, /systemd kills the node each time the watchdog runs out/);
  assert.match(page, /mended {2}E {2}systemd restarts the node/);
  assert.doesNotMatch(page, /<script|<link|u000a|https?:\/\/(?!127\.)/);
  writeFileSync(join(at.folder, 'more.json'), (await at.doctor(['--sealed', 'sealed', '--json'])).stdout);
  at.setUnit({});
  const fewer = (await at.doctor(['--since', 'more.json'])).stdout;
  assert.match(fewer, /^ {3}Service unit: E -> B\n {3}unknown +E {2}systemd kills/m, 'other places');
  rmSync(join(at.folder, 'bin', 'systemctl'));
  const blind = await at.doctor(['--since', 'last.json']);
  assert.match(blind.stdout, /^ {3}unknown +E {2}systemd restarts the node/m);
  assert.match(blind.stdout, /^not looked: systemctl is not on this machine \(\d checks\)$/m);
});

test('the doctor changes nothing on the machine', async (t) => {
  const at = await stage(t);
  const state = () =>
    readdirSync(at.folder, { recursive: true, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, mtimeMs, uid } = statSync(path);
      return [path, mode, mtimeMs, uid];
    });
  const before = state();
  await at.doctor();
  assert.deepEqual(state(), before);
  const calls = [...at.own.calls, ...at.other.calls].join('\n');
  assert.doesNotMatch(calls, /insert|rotate|submit|reserved|author_(?!has)|^set/im);
});

test('the disk is measured beside the database, on its disk alone, and no file stays', async (t) => {
  const at = await stage(t);
  const before = readdirSync(at.folder);
  const measured = await at.report(['--measure-disk', '.']);
  assert.ok(measured.looked.includes('disk-sync'));
  assert.deepEqual(readdirSync(at.folder), before);
  const why = async (folder: string) =>
    (await at.report(['--measure-disk', folder])).notLooked.find(({ check }) => check === 'disk-sync')?.why;
  assert.match((await why('database')) ?? '', /is inside the database/);
  assert.match((await why('/proc')) ?? '', /\/proc is on another file system than /);
});

test('a node that refuses to answer may run: its votes are no alarm', async (t) => {
  const at = await stage(t);
  at.own.answers.delete('chain_getBlockHash');
  const report = await at.report();
  assert.deepEqual([report.code, found(report)], [4, []]);
});

test('a missed duty comes with its causes, and with what mends the first one', async (t) => {
  const at = await stage(t, { syncing: true }, { votes: false, authors: false });
  const report = await at.report();
  assert.deepEqual(found(report), ['D duties-blocks', 'D duties-votes', 'D node-syncing']);
  const [blocks, votes] = report.findings;
  assert.equal(blocks?.mend, votes?.mend);
  assert.deepEqual(votes?.evidence.slice(1, 7), [
    'yes: the node answers',
    'yes: the unit runs',
    'yes: the node runs as a validator',
    'yes: this machine holds the keys that the chain expects',
    'yes: each secret belongs to the public key in the name of its file',
    'yes: the key files belong to the owner of their folder',
  ]);
  assert.equal(votes?.evidence[7], 'no: the node is in sync (the node still syncs)');
  assert.match(votes?.mend ?? '', /^wait until it is in sync/);
  // Blocks of a set before the one that runs are no duty.
  const { notLooked } = await (await stage(t, {}, { authors: false, joined: true })).report();
  const why = notLooked.find(({ check }) => check === 'duties-blocks')?.why;
  assert.match(why ?? '', /^1 block of this set, none of this key/);
});

test('bad input is a usage error that names the flag', async (t) => {
  const at = await stage(t);
  writeFileSync(join(at.folder, 'no.json'), '{"version":1}');
  const wrong = await startFakeValidator(fakeClock(), { genesis: `0x${'92'.repeat(32)}` });
  t.after(() => wrong.close());
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--validator', '5Grw'], /--validator <address> is given 2 times[\s\S]*flag --validator/],
    [['--keystore', 'backup:keys'], /backup:keys is neither a folder of this machine[\s\S]*flag --keystore/],
    [['--keystore', '-oProxyCommand=x:/y'], /is neither a folder of|unknown option|argument missing/],
    [['--unit', '-M'], /is not a unit name|argument missing|unknown option/],
    [['--since', 'no.json'], /no\.json is not a doctor report: \w+ does not fit/],
    [['--since', 'gone.json'], /there is no file gone\.json/],
    [['--listen', '0'], /flag --listen/],
    [['--rpc', wrong.httpUrl], /are nodes of two chains/],
  ];
  for (const [more, expected] of cases) {
    const { code, stderr } = await at.doctor(more);
    assert.equal(code, 2, more.join(' '));
    assert.match(stderr, expected);
  }
  const machine = ground(t);
  const bare = async (...args: readonly string[]) => (await machine.doctor(args)).stderr;
  const strange = await bare('--node', 'ftp://x', '--validator', '5Grw');
  assert.match(strange, /: the value is not an SS58 address[\s\S]*flag --validator[\s\S]*5GNJ/);
  assert.match(await bare('--node', 'ftp://x'), /begins with ftp[\s\S]*flag --node/);
  assert.match(await bare('--root', 'root'), /found no node on this machine/);
  assert.match(await bare('--keystore', 'keystore', '--validator', VALIDATOR), /--validator needs a node/);
});
