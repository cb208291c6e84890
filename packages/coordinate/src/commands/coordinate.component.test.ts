import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startFakeNode } from '@watchbill/chain/testing';
import type { Ran } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { loadRuntime, windowOf } from '../index.ts';
import { runFake } from './testing/run-coordinate.ts';

const coordinate = (cwd: string, ...args: readonly string[]): Promise<Ran> =>
  runFake(['coordinate', ...args], { cwd });

async function done(cwd: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await coordinate(cwd, ...args, '--json');
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout) as Record<string, unknown>;
}

const GENESIS = `0x${'91'.repeat(32)}`;

/** Four operators that each ran `init`, and the group that one of them made. */
async function separateOperators(): Promise<{ readonly cwd: string; readonly lines: readonly string[] }> {
  const cwd = temporaryFolder();
  const lines: string[] = [];
  for (const [seat, name] of ['alpha', 'bravo', 'carol', 'dave'].entries()) {
    const scheme = seat === 1 ? 'sr25519' : seat === 2 ? 'secp256k1' : 'ed25519';
    const made = await done(cwd, 'init', '--dir', name, '--name', name, '--scheme', scheme);
    lines.push(String(made.member));
  }
  return { cwd, lines };
}

const membersOf = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => ['--member', line]);

test('operators that do not know each other make a group and join it', async () => {
  const { cwd, lines } = await separateOperators();
  const made = await done(
    cwd,
    'group',
    'create',
    '--name',
    'payouts',
    '--genesis',
    GENESIS,
    ...membersOf(lines),
  );
  assert.match(String(made.group), /^0x[0-9a-f]{64}$/);
  for (const [seat, name] of ['alpha', 'bravo', 'carol', 'dave'].entries()) {
    const joined = await done(cwd, 'group', 'join', 'group.yaml', '--config', `${name}/coordinate.yaml`);
    assert.deepEqual([joined.group, joined.seat, joined.member], [made.group, seat, name]);
    // A second join leaves all files as they are.
    await done(cwd, 'group', 'join', 'group.yaml', '--config', `${name}/coordinate.yaml`);
  }
  const moved = readFileSync(join(cwd, 'group.yaml'), 'utf8').replace(
    '/ip4/127.0.0.1/tcp/7400',
    '/ip4/10.0.0.1/tcp/7400',
  );
  writeFileSync(join(cwd, 'moved.yaml'), moved);
  const other = await coordinate(cwd, 'group', 'join', 'moved.yaml', '--config', 'alpha/coordinate.yaml');
  assert.equal(other.code, 2);
  assert.match(other.stderr, /exists already and is another file/);
  const text = await coordinate(cwd, 'group', 'join', 'group.yaml', '--config', 'alpha/coordinate.yaml');
  assert.match(text.stdout, /quorum +3 of 4; 1 may fail/);
  assert.match(text.stdout, /this operator is alpha, seat 0/);
});

test('the secret of a key is in its file and nowhere else', async () => {
  const cwd = temporaryFolder();
  const ran = await coordinate(cwd, 'init', '--name', 'alpha');
  assert.equal(ran.code, 0, ran.stderr);
  const secret = /0x([0-9a-f]{64})/.exec(readFileSync(join(cwd, 'operator.key'), 'utf8'))?.[1] ?? '';
  assert.equal(secret.length, 64);
  assert.ok(!ran.all.includes(secret));
  assert.ok(!readFileSync(join(cwd, 'coordinate.yaml'), 'utf8').includes(secret));
  assert.equal(statSync(join(cwd, 'operator.key')).mode & 0o777, 0o600);
});

test('existing files are never overwritten', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'coordinate.yaml'), 'mine');
  const ran = await coordinate(cwd, 'init');
  assert.equal(ran.code, 2);
  assert.match(ran.stderr, /exists already and is never overwritten/);
  assert.deepEqual(readdirSync(cwd), ['coordinate.yaml']);
  await done(cwd, 'init', '--example', 'demo-group');
  assert.equal((await coordinate(cwd, 'init', '--example', 'demo-group')).code, 2);
});

test('a wrong group is refused with a list of all mistakes', async () => {
  const { cwd, lines } = await separateOperators();
  const create = (...args: readonly string[]) => coordinate(cwd, 'group', 'create', '--name', 'x', ...args);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [membersOf(lines), /give one of --genesis and --chain/],
    [['--genesis', '0x12', ...membersOf(lines)], /genesis: /],
    [['--genesis', GENESIS, '--member', 'alpha'], /a name and a public key[\s\S]*number 1/],
    [['--genesis', GENESIS, '--member', 'alpha ed25519:0x12'], /not a public key[\s\S]*number 1/],
    [['--genesis', GENESIS, ...membersOf([...lines, lines[0] ?? ''])], /two members have the name alpha/],
    [['--genesis', GENESIS, ...membersOf(lines), '--frequency-blocks', '50'], /active phase/],
    [['--genesis', GENESIS, ...membersOf(lines), '--rank-blocks', 'x'], /flag --rank-blocks/],
    [['--genesis', GENESIS], /1 to 50 members/],
  ];
  for (const [args, pattern] of cases) {
    const ran = await create(...args);
    assert.equal(ran.code, 2, args.join(' '));
    assert.match(ran.stderr, pattern);
  }
  assert.ok(!readdirSync(cwd).includes('group.yaml'));
});

test('a wrong group file is refused with the line of each mistake', async () => {
  const { cwd, lines } = await separateOperators();
  await done(cwd, 'group', 'create', '--name', 'payouts', '--genesis', GENESIS, ...membersOf(lines));
  const good = readFileSync(join(cwd, 'group.yaml'), 'utf8');
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'resource:',
      'resuorce:',
      /resource is missing[\s\S]*unknown key resuorce[\s\S]*broken\.yaml:5:1[\s\S]*did you mean resource\?/,
    ],
    ['name: alpha', 'name: omega', /but it declares 0x[\s\S]*broken\.yaml:2:5/],
    ['rankCount: 4', 'rankCount: many', /windows\.rankCount: expected number[\s\S]*broken\.yaml:9:14/],
    ['action: heartbeat', 'action: hartbeat', /is not an action of this release/],
    ['parameters: {}', 'parameters: {to: me}', /hand-over: Unrecognized key/],
    [
      'validityBlocks: 50\n        parameters: {}',
      'validityBlocks: 50\n        parameters: {waitBlocks: -1}',
      /heartbeat: /,
    ],
    ['validityBlocks: 4294967296', 'validityBlocks: 50', /hand-over: its validityBlocks must be 4294967296/],
    ['windows:', 'windows: [', /is not valid YAML/],
  ];
  for (const [from, to, pattern] of cases) {
    writeFileSync(join(cwd, 'broken.yaml'), good.replace(from, to));
    const ran = await coordinate(cwd, 'group', 'join', 'broken.yaml', '--config', 'alpha/coordinate.yaml');
    assert.equal(ran.code, 2, to);
    assert.match(ran.stderr, pattern);
  }
});

test('a wrong configuration is refused with the line of each mistake', async () => {
  const cwd = temporaryFolder();
  await done(cwd, 'init', '--example', 'demo-group');
  const file = join(cwd, 'demo-group', 'one', 'coordinate.yaml');
  const good = readFileSync(file, 'utf8');
  const key = readFileSync(join(cwd, 'demo-group', 'one', 'operator.key'), 'utf8');
  const cases: readonly (readonly [string | RegExp, string, RegExp])[] = [
    ['stateDir:', 'stateDri:', /unknown key stateDri[\s\S]*did you mean stateDir\?/],
    [/url: .*/, 'url: "http://user:secret@x"', /holds a user or password/],
    [/listen: .*/, 'listen: 127.0.0.1:1', /listen is not a multiaddr/],
    [/port: .*/, 'port: 0', /http\.port/],
    ['actions: {}', 'actions: {heartbeet: {}}', /is not an action of this release/],
    ['actions: {}', 'actions: {heartbeat: {file: x}}', /actions\.heartbeat: [\s\S]*coordinate\.yaml:\d+/],
    ['http:', 'http:\n  host: 0.0.0.0', /this machine alone/],
    ['keyFile: operator.key', 'keyFile: other.key', /cannot be opened/],
  ];
  for (const [from, to, pattern] of cases) {
    writeFileSync(file, good.replace(from, to));
    const ran = await coordinate(cwd, 'run', '--config', 'demo-group/one/coordinate.yaml');
    assert.equal(ran.code, 2, to);
    assert.match(ran.stderr, pattern);
    assert.ok(!ran.all.includes('user:secret'));
    assert.ok(!ran.all.includes(key.trim().split('0x')[1] ?? ''));
  }
  writeFileSync(file, good);
  writeFileSync(join(cwd, 'demo-group', 'group.yaml'), '{}');
  assert.equal((await coordinate(cwd, 'run', '--config', 'demo-group/one/coordinate.yaml')).code, 2);
});

test('an operator that is not a member is refused', async () => {
  const cwd = temporaryFolder();
  await done(cwd, 'init', '--example', 'demo-group');
  await done(cwd, 'init', '--dir', 'stranger');
  const joined = await coordinate(
    cwd,
    'group',
    'join',
    'demo-group/group.yaml',
    '--config',
    'stranger/coordinate.yaml',
  );
  assert.equal(joined.code, 2);
  assert.match(joined.stderr, /is not a member of the group/);
  const config = join(cwd, 'stranger', 'coordinate.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('"group.yaml"', '../demo-group/group.yaml'));
  const run = await coordinate(cwd, 'run', '--config', 'stranger/coordinate.yaml');
  assert.equal(run.code, 2);
  assert.match(run.stderr, /is not a member of the group demo/);
});

test('a member that never ran has no status and no records', async () => {
  const cwd = temporaryFolder();
  await done(cwd, 'init', '--example', 'demo-group');
  for (const command of ['status', 'windows']) {
    const ran = await coordinate(cwd, command, '--config', 'demo-group/one/coordinate.yaml');
    assert.equal(ran.code, 5);
    assert.match(
      ran.stderr,
      /no member answers at http:\/\/127\.0\.0\.1:\d+, and .* has no records of a member/,
    );
  }
  assert.equal((await coordinate(cwd, 'windows', '--limit', '0')).code, 2);
  assert.equal((await coordinate(cwd, 'status', '--url', 'x')).code, 2);
});

test('a look at a member that starts asks to look again, and to leave it running', async () => {
  const cwd = temporaryFolder();
  await done(cwd, 'init', '--dir', 'alpha');
  mkdirSync(join(cwd, 'alpha', 'state'));
  const db = new DatabaseSync(join(cwd, 'alpha', 'state', 'records.sqlite'));
  try {
    db.exec('CREATE TABLE held (x); BEGIN EXCLUSIVE');
    for (const command of ['status', 'windows']) {
      const ran = await coordinate(cwd, command, '--config', 'alpha/coordinate.yaml');
      assert.equal(ran.code, 5);
      assert.match(ran.stderr, /state-locked[\s\S]*command again in a moment/);
      assert.doesNotMatch(ran.stderr, /stop that process/);
    }
  } finally {
    db.close();
  }
});

test('a window of quorum is explained from given inputs, and the same from a node', async (t) => {
  const cwd = temporaryFolder();
  await done(cwd, 'init', '--example', 'demo-group');
  const [seedInput, referenceHash] = [`0x${'0a'.repeat(32)}`, `0x${'0b'.repeat(32)}`];
  const base = ['explain', '--profile', 'quorum', '--group', 'demo-group/group.yaml', '--window', '6'];
  const given = [...base, '--seed-input', seedInput, '--reference-hash', referenceHash];
  const explained = await done(cwd, ...given);
  assert.deepEqual((explained.window as { block: string }).block, '120');
  assert.equal((explained.leaders as unknown[]).length, 4);
  const { text: group } = { text: readFileSync(join(cwd, 'demo-group', 'group.yaml'), 'utf8') };
  const genesis = /genesis: "(0x[0-9a-f]{64})"/.exec(group)?.[1] ?? '';
  const node = await startFakeNode({
    chain_getBlockHash: ([height]) =>
      height === 0 ? genesis : height === 100 ? seedInput : height === 120 ? referenceHash : null,
    chain_getFinalizedHead: () => referenceHash,
    chain_getHeader: () => ({ number: '0x79', parentHash: seedInput, digest: { logs: [] } }),
  });
  t.after(() => node.close());
  assert.deepEqual(await done(cwd, ...base, '--chain', node.webSocketUrl), explained);
  const last = [...base.slice(0, -2), '--chain', node.webSocketUrl];
  assert.deepEqual(await done(cwd, ...last), explained);
  const text = await coordinate(cwd, ...given);
  assert.match(text.stdout, /^rank 0 +\w+ \(seat \d\) from block 120$/m);
  const ahead = await coordinate(cwd, ...base.with(-1, '7'), '--chain', node.webSocketUrl);
  assert.equal(ahead.code, 1);
  assert.match(ahead.stderr, /has finalised only block 121/);
  node.answers.set('chain_getBlockHash', () => seedInput);
  assert.match((await coordinate(cwd, ...last)).stderr, /follows the chain/);
  for (const flag of ['--window', '--seed-input', '--reference-hash']) {
    const at = given.indexOf(flag);
    const missing = await coordinate(cwd, ...given.toSpliced(at, 2));
    assert.equal(missing.code, 2, flag);
    assert.match(missing.stderr, new RegExp(`${flag} is missing`));
  }
});

test('a window of rfc12 is explained from a node of its chain', async (t) => {
  const hash = '0x1422996cbcbc38fc924a46f4df5f9064279d3ab43396e58386dac9b87440d64f';
  const node = await startFakeNode({
    eth_blockNumber: () => '0xe4b',
    eth_getBlockByNumber: ([height]) => (height === '0xdf0' ? { hash } : null),
  });
  t.after(() => node.close());
  const group = ['--wallet', 'aa768412ceed10bd423c025542ca90071f9fb62d', '--operators', '0xA,0xB'];
  const base = ['explain', '--profile', 'rfc12', ...group];
  const explained = await done('/', ...base, '--chain', node.httpUrl);
  assert.deepEqual(explained, await done('/', ...base, '--block', '3600', '--block-hash', hash));
  assert.deepEqual(explained, await done('/', ...base, '--window', '4', '--chain', node.httpUrl));
  const absent = await coordinate('/', ...base, '--window', '5', '--chain', node.httpUrl);
  assert.equal(absent.code, 5);
  assert.match(absent.stderr, /has no block 4468/);
});

test('evidence is judged from the file and the group alone', async () => {
  const cwd = temporaryFolder();
  await done(cwd, 'init', '--example', 'demo-group');
  const verify = (file: string) =>
    coordinate(cwd, 'verify-evidence', file, '--group', 'demo-group/group.yaml');
  const text = await doubleTongue(cwd);
  writeFileSync(join(cwd, 'evidence.json'), text);
  const holds = await verify('evidence.json');
  assert.equal(holds.code, 0, holds.stderr);
  assert.match(holds.stdout, /^the evidence holds: equivocation by two \(seat 1\) in window 6\n/);
  assert.match(holds.stdout, /This is a proof/);
  writeFileSync(join(cwd, 'altered.json'), text.replace('"seat": 1', '"seat": 2'));
  const altered = await verify('altered.json');
  assert.equal(altered.code, 2);
  assert.match(altered.stderr, /readable fields do not match its bytes/);
  await done(cwd, 'init', '--example', 'other');
  const elsewhere = await coordinate(cwd, 'verify-evidence', 'evidence.json', '--group', 'other/group.yaml');
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.stderr, /the evidence does not hold: it belongs to another group/);
  writeFileSync(join(cwd, 'none.json'), '{}\n');
  assert.match((await verify('none.json')).stderr, /it is not an evidence file/);
  assert.equal((await verify('missing.json')).code, 2);
});

/** The second member of a demo group prepares two different things in one rank. */
async function doubleTongue(cwd: string): Promise<string> {
  const runtime = await loadRuntime();
  const yaml: unknown = parse(readFileSync(join(cwd, 'demo-group', 'group.yaml'), 'utf8'));
  const read = runtime.readGroupDocument(runtime.groupFileSchema.parse(yaml), () => null);
  assert.ok(read.ok);
  const { group, schedule } = read.file;
  const window = windowOf(runtime.windowSchedule(group), 6n);
  const plan = runtime.planQuorum(group, schedule, window, new Uint8Array(32), new Uint8Array(32));
  const key = runtime.readOperatorKey(join(cwd, 'demo-group', 'two', 'operator.key'));
  const header = { version: 1, window: 6n, rank: 0, seat: 1 };
  const [first, second] = [1, 2].map((byte) => {
    const statement = { kind: 'prepare', digest: new Uint8Array(32).fill(byte) } as const;
    const signature = runtime.signStatement(key, runtime.domainOf(plan), header, statement);
    return { header, statement, signature, attachment: runtime.NO_ATTACHMENT };
  });
  assert.ok(first !== undefined && second !== undefined);
  const evidence = runtime.equivocationOf(plan, runtime.verifySignature, first, second);
  assert.ok(evidence !== null);
  return runtime.evidenceText(evidence);
}

test('the simulator runs, and a broken rule is noticed', async () => {
  const clean = await coordinate('/', 'simulate', '--seed', 'cli', '--windows', '20', '--json');
  assert.equal(clean.code, 0, clean.stderr);
  assert.equal(JSON.parse(clean.stdout).isClean, true);
  assert.equal((await coordinate('/', 'simulate', '--members', '3')).code, 2);
  assert.equal((await coordinate('/', 'simulate', '--windows', 'x')).code, 2);
});

test('init refuses flags that `run` would refuse later, and makes no file', async () => {
  const cwd = temporaryFolder();
  for (const [args, said] of [
    [['--name', 'bad name'], /"bad name" is not a valid name/],
    [['--listen', '203.0.113.5:7400'], /203\.0\.113\.5:7400 is not a multiaddr.*\/ip4\//],
    [['--listen', '/ip4/203.0.113.5/tcp/74000'], /is not a multiaddr/],
    [['--chain', 'notaurl'], /notaurl is not a node address.*ws:\/\//],
  ] as const) {
    const ran = await coordinate(cwd, 'init', ...args);
    assert.equal(ran.code, 2);
    assert.match(ran.stderr.replaceAll('\n', ' '), said);
    assert.deepEqual(readdirSync(cwd), []);
  }
  const member = `alpha ed25519:0x${'11'.repeat(32)} 203.0.113.5`;
  const group = await coordinate(
    cwd,
    'group',
    'create',
    '--name',
    'x',
    '--genesis',
    GENESIS,
    '--member',
    member,
  );
  assert.equal(group.code, 2);
  assert.match(group.stderr, /203\.0\.113\.5 is not a member address/);
});
