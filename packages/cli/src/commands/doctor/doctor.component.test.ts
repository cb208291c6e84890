import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FakeNode } from '@watchbill/chain/testing';
import { ownAddresses, type Report } from '@watchbill/guard';
import { runCli } from '../../run.ts';
import { fakeIo } from '../../testing/fake-io.ts';
import {
  type Seeds,
  sessionKeysOf,
  startFakeValidator,
  VALIDATOR,
  writeKeystore,
} from './testing/fake-validator.ts';

/** Time that passes only while a command sleeps. */
function fakeClock(startMs = 1_700_001_000_300) {
  let passedMs = 0;
  return {
    nowMs: () => startMs + passedMs,
    monotonicMs: () => passedMs,
    sleep: async (ms: number) => {
      passedMs += ms;
      // Lets the other listener take its step.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const UNIT = {
  LoadState: 'loaded',
  ActiveState: 'active',
  UnitFileState: 'enabled',
  Restart: 'always',
  RestartUSec: '2min',
  WatchdogUSec: '0',
  ExecStart: '{ argv[]=/usr/bin/polkadot --validator ; }',
};

interface Stage {
  readonly folder: string;
  readonly keystore: string;
  readonly own: FakeNode;
  readonly other: FakeNode;
  /** Runs the doctor with all inputs and these. */
  readonly doctor: (more?: readonly string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
  readonly report: (more?: readonly string[]) => Promise<Report & { code: number }>;
  readonly setUnit: (changes: Partial<typeof UNIT>) => void;
}

/** A machine with a keystore, a unit and a node, and another node of the chain. */
async function stage(t: TestContext, own: Partial<Seeds> = {}, other: Partial<Seeds> = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-doctor-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const clock = fakeClock();
  const nodes = [
    await startFakeValidator(clock, own),
    await startFakeValidator(clock, {
      peerId: '12D3KooWOther',
      listens: '/ip4/10.0.0.2/tcp/30333',
      ...other,
    }),
  ] as const;
  t.after(async () => void (await Promise.all(nodes.map((node) => node.close()))));
  const keystore = writeKeystore(join(folder, 'keystore'), '//Alice');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const setUnit = (changes: Partial<typeof UNIT>): void => {
    const shown = Object.entries({ ...UNIT, ...changes }).map(([name, value]) => `${name}=${value}`);
    const script = `#!/bin/sh\nprintf '%s\\n' ${shown.map((line) => `'${line}'`).join(' ')}\n`;
    writeFileSync(join(bin, 'systemctl'), script, { mode: 0o755 });
  };
  setUnit({});
  const doctor: Stage['doctor'] = async (more = []) => {
    const io = { ...fakeIo({ cwd: folder, env: { PATH: bin } }), clock };
    const code = await runCli(
      ['doctor', '--node', nodes[0].httpUrl, '--rpc', nodes[1].httpUrl, '--validator', VALIDATOR]
        .concat(['--keystore', 'keystore', '--unit', 'polkadot.service', '--database', folder])
        .concat(more),
      io,
    );
    return { code, stdout: io.stdout(), stderr: io.stderr() };
  };
  const report: Stage['report'] = async (more = []) => {
    const { code, stdout, stderr } = await doctor([...more, '--json']);
    assert.notEqual(stdout, '', stderr);
    return { ...(JSON.parse(stdout) as Report), code };
  };
  return { folder, keystore, own: nodes[0], other: nodes[1], doctor, report, setUnit };
}

const found = ({ findings }: Report): readonly string[] =>
  findings.map(({ letter, check }) => `${letter} ${check}`);

const fileOf = (kind: string): string =>
  `${Buffer.from(kind).toString('hex')}${sessionKeysOf('//Alice').get(kind)?.slice(2)}`;

test('a healthy validator: no finding, exit status 0, and each check without its input is named', async (t) => {
  const { report, doctor } = await stage(t);
  const healthy = await report();
  assert.deepEqual(found(healthy), []);
  assert.equal(healthy.code, 0);
  assert.deepEqual(
    healthy.notLooked.map(({ check, asked }) => [check, asked]),
    [
      ['keystore-shared', false],
      ['keystore-outside-guard', false],
      ['session-same-keys', false],
    ],
  );
  assert.deepEqual(
    healthy.groups.map(({ letter }) => letter),
    ['B', 'B', 'A', 'A', 'A', 'A', 'A'],
  );
  const keys = [...sessionKeysOf('//Alice').values()].map((key) => key.slice(2)).join('');
  const text = (await doctor(['--key', `0x${keys}`])).stdout;
  assert.match(text, /^Session keys on chain +A +0 +0$/m);
  assert.match(text, /No finding\. 2 checks could not look\. The doctor changed no file\./);
});

/** One fault each: its name, how it is seeded, and the findings that it has to give. */
const FAULTS: readonly (readonly [
  string,
  { readonly own?: Partial<Seeds>; readonly other?: Partial<Seeds>; readonly seed?: (at: Stage) => void },
  readonly string[],
  (readonly string[])?,
])[] = [
  [
    'a key file that all can read, in an open folder',
    {
      seed: ({ keystore }) => {
        chmodSync(keystore, 0o755);
        chmodSync(join(keystore, fileOf('gran')), 0o644);
      },
    },
    ['E keystore-modes'],
  ],
  [
    'a key file of a secret for another key',
    { seed: ({ keystore }) => writeFileSync(join(keystore, fileOf('babe')), '"//Bob"') },
    ['D keystore-secrets'],
  ],
  [
    'a key file that is empty',
    { seed: ({ keystore }) => writeFileSync(join(keystore, fileOf('gran')), '') },
    ['D keystore-secrets'],
  ],
  [
    'a copy of the keystore',
    { seed: ({ folder }) => cpSync(join(folder, 'keystore'), join(folder, 'backup'), { recursive: true }) },
    ['F keystore-shared'],
    ['--keystore', 'backup'],
  ],
  [
    'a sealed key that still lies in the keystore',
    {
      seed: ({ folder }) => {
        mkdirSync(join(folder, 'sealed'));
        writeFileSync(join(folder, 'sealed', `${fileOf('gran')}.age`), '');
      },
    },
    ['E keystore-outside-guard'],
    ['--sealed', 'sealed'],
  ],
  [
    'no session keys on chain',
    { own: { registered: null }, other: { registered: null } },
    ['D session-registered'],
  ],
  ['keys on chain that the node does not hold', { other: { registered: '//Bob' } }, ['D session-held']],
  ['a node without its keys', { own: { holds: false } }, ['D session-held']],
  ['an active validator without blocks', { other: { authors: false } }, ['D duties-blocks']],
  ['an active validator without votes', { other: { votes: false } }, ['D duties-votes']],
  [
    'a restart within the round',
    { seed: ({ setUnit }) => setUnit({ RestartUSec: '100ms' }) },
    ['E unit-restart-delay'],
  ],
  ['a watchdog', { seed: ({ setUnit }) => setUnit({ WatchdogUSec: '30s' }) }, ['E unit-watchdog']],
  ['no restart', { seed: ({ setUnit }) => setUnit({ Restart: 'no' }) }, ['C unit-restart']],
  ['a unit that failed', { seed: ({ setUnit }) => setUnit({ ActiveState: 'failed' }) }, ['D unit-state']],
  [
    'an enabled unit on a machine without keys',
    {
      seed: ({ keystore }) => {
        rmSync(keystore, { recursive: true });
        mkdirSync(keystore, { mode: 0o700 });
      },
    },
    ['E unit-enabled'],
  ],
  ['a node without peers', { own: { peers: 0 } }, ['D node-peers']],
  ['a node that syncs', { own: { syncing: true } }, ['D node-syncing']],
  ['finality that lags', { own: { lag: 30 }, other: { lag: 30 } }, ['C node-finality']],
  ['a node behind the others', { own: { lag: 18 } }, ['D node-behind']],
  ['a clock that is behind', { own: { clockMs: 3_000 } }, ['D node-clock']],
  ['an old version', { own: { version: '1.22.1-abcdef' } }, ['C node-version']],
  ['a cloned node key', { own: { peerId: '12D3KooWOther' } }, ['E node-key-cloned']],
];

for (const [name, { own, other, seed }, expected, more] of FAULTS) {
  test(`${name} is found, and nothing else`, async (t) => {
    const at = await stage(t, own, other);
    seed?.(at);
    const report = await at.report(more);
    assert.deepEqual(found(report), expected);
    assert.equal(report.code, expected[0]?.startsWith('C') ? 6 : 3);
    // The report shows public parts only.
    assert.doesNotMatch(JSON.stringify(report), /\/\/(Alice|Bob)/);
  });
}

/** An `ssh` that runs the commands here. `gone` is down, and `chatty` prints a text at each login. */
function fakeSsh({ folder }: Stage): string {
  const path = join(folder, 'bin', 'ssh');
  const log = join(folder, 'ssh.log');
  const script = `#!/bin/sh
PATH=/usr/bin:/bin
echo "$@" >> ${log}
case "$*" in
  *'-- gone'*) echo 'Welcome' >&2; echo 'ssh: connect to host gone port 22: Connection refused' >&2; exit 255 ;;
  *'-- chatty'*) echo 'Good morning' ;;
esac
exec sh -s
`;
  writeFileSync(path, script, { mode: 0o755 });
  return log;
}

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
});

test('the same folder under the name of another machine is no copy', async (t) => {
  const at = await stage(t);
  fakeSsh(at);
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
  const report = await at.report();
  assert.deepEqual(found(report), []);
  assert.equal(report.code, 4);
  assert.equal(report.groups.find(({ id }) => id === 'node')?.letter, '-');
  const { stdout } = await at.doctor();
  assert.match(stdout, /^not looked: no connection to http:\/\/127\.0\.0\.1:\d+ for/m);
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
  const large = await at.report();
  assert.match(large.findings[0]?.what ?? '', /its file has 5002 bytes/);
  for (let index = 0; index <= 1_000; index += 1)
    writeFileSync(join(at.keystore, `6772616e${index.toString(16).padStart(64, '0')}`), '""', {
      mode: 0o600,
    });
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
  assert.match(page, /mended: systemd restarts the node/);
  assert.doesNotMatch(page, /<script|<link|https?:\/\/(?!127\.)/);
  rmSync(join(at.folder, 'bin', 'systemctl'));
  const blind = await at.doctor(['--since', 'last.json']);
  assert.match(blind.stdout, /^ {3}unknown +E {2}systemd restarts the node/m);
  assert.match(blind.stdout, /^not looked: systemctl is not on this machine$/m);
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
  const changes = /insert|rotate|submit|reserved|author_(?!has)|^set/i;
  const changing = [...at.own.calls, ...at.other.calls].filter((call) => changes.test(call));
  assert.deepEqual(changing, []);
});

test('bad input is a usage error that names the flag, and never repeats a value that may be secret', async (t) => {
  const at = await stage(t);
  writeFileSync(join(at.folder, 'no.json'), '{"version":1}');
  const wrong = await startFakeValidator(fakeClock(), { genesis: `0x${'92'.repeat(32)}` });
  t.after(() => wrong.close());
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--validator', '5Grw'], /5Grw is no address[\s\S]*flag --validator/],
    [['--key', 'bottom drive obey lake'], /is not a set of public session keys[\s\S]*flag --key/],
    [['--keystore', 'backup:keys'], /backup:keys is no folder of this machine[\s\S]*flag --keystore/],
    [['--keystore', '-oProxyCommand=x:/y'], /is no folder of this machine|unknown option|argument missing/],
    [['--unit', '-M'], /is no name of a unit|argument missing|unknown option/],
    [['--since', 'no.json'], /no\.json is no report of the doctor: \w+ does not fit/],
    [['--since', 'gone.json'], /there is no file gone\.json/],
    [['--node', 'ftp://x'], /begins with ftp[\s\S]*flag --node/],
    [['--listen', '0'], /flag --listen/],
    [['--rpc', wrong.httpUrl], /are nodes of two chains/],
  ];
  for (const [more, expected] of cases) {
    const { code, stderr } = await at.doctor(more);
    assert.equal(code, 2, more.join(' '));
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /bottom drive/);
  }
  const bare = async (args: readonly string[]) => {
    const io = fakeIo({ cwd: at.folder });
    return { code: await runCli(['doctor', ...args], io), stderr: io.stderr() };
  };
  assert.match((await bare([])).stderr, /there is no place to look at/);
  assert.match(
    (await bare(['--keystore', 'keystore', '--validator', VALIDATOR])).stderr,
    /--validator needs a node/,
  );
});
