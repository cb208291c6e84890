import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startFakeNode } from '@watchbill/chain/testing';
import { parse } from 'yaml';
import { loadRuntime, windowOf } from '../index.ts';
import { commandsIn } from './testing/run-coordinate.ts';

const GENESIS = `0x${'91'.repeat(32)}`;

/** Four operators that each ran `init`, and the group that one of them made. */
async function separateOperators() {
  const folder = commandsIn();
  const lines: string[] = [];
  for (const [seat, name] of ['alpha', 'bravo', 'carol', 'dave'].entries()) {
    const scheme = seat === 1 ? 'sr25519' : seat === 2 ? 'secp256k1' : 'ed25519';
    const made = await folder.json('init --dir', name, '--name', name, '--scheme', scheme);
    lines.push(String(made.member));
  }
  return { ...folder, lines };
}

const membersOf = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => ['--member', line]);

test('operators that do not know each other make a group and join it', async () => {
  const { json, lines, read, refused, run, write } = await separateOperators();
  const made = await json('group create --name payouts --genesis', GENESIS, ...membersOf(lines));
  assert.match(String(made.group), /^0x[0-9a-f]{64}$/);
  for (const [seat, name] of ['alpha', 'bravo', 'carol', 'dave'].entries()) {
    const joined = await json('group join group.yaml --config', `${name}/coordinate.yaml`);
    assert.deepEqual([joined.group, joined.seat, joined.member], [made.group, seat, name]);
    // A second join leaves all files as they are.
    await json('group join group.yaml --config', `${name}/coordinate.yaml`);
  }
  const moved = read('group.yaml').replace('/ip4/127.0.0.1/tcp/7400', '/ip4/10.0.0.1/tcp/7400');
  write('moved.yaml', moved);
  await refused(
    2,
    /exists already and is another file/,
    'group join moved.yaml --config alpha/coordinate.yaml',
  );
  const text = await run('group join group.yaml --config alpha/coordinate.yaml');
  assert.match(text.stdout, /quorum +3 of 4; 1 may fail/);
  assert.match(text.stdout, /this operator is alpha, seat 0/);
});

test('the secret of a key is in its file and nowhere else', async () => {
  const { cwd, read, run } = commandsIn();
  const ran = await run('init --name alpha');
  assert.equal(ran.code, 0, ran.stderr);
  const secret = /0x([0-9a-f]{64})/.exec(read('operator.key'))?.[1] ?? '';
  assert.equal(secret.length, 64);
  assert.ok(!ran.all.includes(secret));
  assert.ok(!read('coordinate.yaml').includes(secret));
  assert.equal(statSync(join(cwd, 'operator.key')).mode & 0o777, 0o600);
});

test('existing files are never overwritten', async () => {
  const { cwd, json, refused, run, write } = commandsIn();
  write('coordinate.yaml', 'mine');
  await refused(2, /exists already and is never overwritten/, 'init');
  assert.deepEqual(readdirSync(cwd), ['coordinate.yaml']);
  await json('init --example demo-group');
  assert.equal((await run('init --example demo-group')).code, 2);
});

test('a wrong group is refused with a list of all mistakes', async () => {
  const { cwd, lines, refused } = await separateOperators();
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
  for (const [args, pattern] of cases) await refused(2, pattern, 'group create --name x', ...args);
  assert.ok(!readdirSync(cwd).includes('group.yaml'));
});

test('a wrong group file is refused with the line of each mistake', async () => {
  const { json, lines, read, refused, write } = await separateOperators();
  await json('group create --name payouts --genesis', GENESIS, ...membersOf(lines));
  const good = read('group.yaml');
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'resource:',
      'resuorce:',
      /resource is missing[\s\S]*unknown key resuorce[\s\S]*broken\.yaml:5:1[\s\S]*did you mean resource\?/,
    ],
    ['name: alpha', 'name: omega', /but it declares 0x[\s\S]*broken\.yaml:2:5/],
    ['rankCount: 4', 'rankCount: many', /windows\.rankCount: must be a number[\s\S]*broken\.yaml:9:14/],
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
    write('broken.yaml', good.replace(from, to));
    await refused(2, pattern, 'group join broken.yaml --config alpha/coordinate.yaml');
  }
});

test('a wrong configuration is refused with the line of each mistake', async () => {
  const { cwd, json, refused, run } = commandsIn();
  await json('init --example demo-group');
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
    const ran = await refused(2, pattern, 'run --config demo-group/one/coordinate.yaml');
    assert.ok(!ran.all.includes('user:secret'));
    assert.ok(!ran.all.includes(key.trim().split('0x')[1] ?? ''));
  }
  writeFileSync(file, good);
  writeFileSync(join(cwd, 'demo-group', 'group.yaml'), '{}');
  assert.equal((await run('run --config demo-group/one/coordinate.yaml')).code, 2);
});

test('an operator that is not a member is refused', async () => {
  const { cwd, json, refused } = commandsIn();
  await json('init --example demo-group');
  await json('init --dir stranger');
  await refused(
    2,
    /is not a member of the group/,
    'group join demo-group/group.yaml --config stranger/coordinate.yaml',
  );
  const config = join(cwd, 'stranger', 'coordinate.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('"group.yaml"', '../demo-group/group.yaml'));
  await refused(2, /is not a member of the group demo/, 'run --config stranger/coordinate.yaml');
});

test('a member that never ran has no status and no records', async () => {
  const { json, refused, run } = commandsIn();
  await json('init --example demo-group');
  for (const command of ['status', 'windows']) {
    await refused(
      5,
      /no member answers at http:\/\/127\.0\.0\.1:\d+, and .* has no records of a member/,
      command,
      '--config',
      'demo-group/one/coordinate.yaml',
    );
  }
  assert.equal((await run('windows --limit 0')).code, 2);
  assert.equal((await run('status --url x')).code, 2);
});

test('a look at a member that starts asks to look again, and to leave it running', async () => {
  const { cwd, json, refused } = commandsIn();
  await json('init --dir alpha');
  mkdirSync(join(cwd, 'alpha', 'state'));
  const db = new DatabaseSync(join(cwd, 'alpha', 'state', 'records.sqlite'));
  try {
    db.exec('CREATE TABLE held (x); BEGIN EXCLUSIVE');
    for (const command of ['status', 'windows']) {
      const ran = await refused(
        5,
        /state-locked[\s\S]*command again in a moment/,
        command,
        '--config',
        'alpha/coordinate.yaml',
      );
      assert.doesNotMatch(ran.stderr, /stop that process/);
    }
  } finally {
    db.close();
  }
});

test('a window of quorum is explained from given inputs, and the same from a node', async (t) => {
  const { cwd, json, refused, run } = commandsIn();
  await json('init --example demo-group');
  const [seedInput, referenceHash] = [`0x${'0a'.repeat(32)}`, `0x${'0b'.repeat(32)}`];
  const base = ['explain', '--profile', 'quorum', '--group', 'demo-group/group.yaml', '--window', '6'];
  const given = [...base, '--seed-input', seedInput, '--reference-hash', referenceHash];
  const explained = await json(...given);
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
  assert.deepEqual(await json(...base, '--chain', node.webSocketUrl), explained);
  const last = [...base.slice(0, -2), '--chain', node.webSocketUrl];
  assert.deepEqual(await json(...last), explained);
  const text = await run(...given);
  assert.match(text.stdout, /^rank 0 +\w+ \(seat \d\) from block 120$/m);
  await refused(1, /has finalised only block 121/, ...base.with(-1, '7'), '--chain', node.webSocketUrl);
  node.answers.set('chain_getBlockHash', () => seedInput);
  assert.match((await run(...last)).stderr, /follows the chain/);
  for (const flag of ['--window', '--seed-input', '--reference-hash']) {
    const at = given.indexOf(flag);
    await refused(2, new RegExp(`${flag} is missing`), ...given.toSpliced(at, 2));
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
  const { json, refused } = commandsIn('/');
  const explained = await json(...base, '--chain', node.httpUrl);
  assert.deepEqual(explained, await json(...base, '--block', '3600', '--block-hash', hash));
  assert.deepEqual(explained, await json(...base, '--window', '4', '--chain', node.httpUrl));
  await refused(5, /has no block 4468/, ...base, '--window', '5', '--chain', node.httpUrl);
});

test('evidence is judged from the file and the group alone', async () => {
  const { cwd, json, refused, run, write } = commandsIn();
  await json('init --example demo-group');
  const verify = (file: string) => run('verify-evidence', file, '--group', 'demo-group/group.yaml');
  const text = await doubleTongue(cwd);
  write('evidence.json', text);
  const holds = await verify('evidence.json');
  assert.equal(holds.code, 0, holds.stderr);
  assert.match(holds.stdout, /^the evidence holds: equivocation by two \(seat 1\) in window 6\n/);
  assert.match(holds.stdout, /This is a proof/);
  write('altered.json', text.replace('"seat": 1', '"seat": 2'));
  const altered = await verify('altered.json');
  assert.equal(altered.code, 2);
  assert.match(altered.stderr, /readable fields do not match its bytes/);
  await json('init --example other');
  await refused(
    1,
    /the evidence does not hold: it belongs to another group/,
    'verify-evidence evidence.json --group other/group.yaml',
  );
  write('none.json', '{}\n');
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
  const { json, run } = commandsIn('/');
  assert.equal((await json('simulate --seed cli --windows 20')).isClean, true);
  assert.equal((await run('simulate --members 3')).code, 2);
  assert.equal((await run('simulate --windows x')).code, 2);
});

test('init refuses flags that `run` would refuse later, and makes no file', async () => {
  const { cwd, refused, run } = commandsIn();
  for (const [args, said] of [
    [['--name', 'bad name'], /"bad name" is not a valid name/],
    [['--listen', '203.0.113.5:7400'], /: the value is not a multiaddr.*\/ip4\//],
    [['--listen', '/ip4/203.0.113.5/tcp/74000'], /is not a multiaddr/],
    [['--chain', 'notaurl'], /: the value is not a node address.*ws:\/\//],
  ] as const) {
    const ran = await run('init', ...args);
    assert.equal(ran.code, 2);
    assert.match(ran.stderr.replaceAll('\n', ' '), said);
    assert.deepEqual(readdirSync(cwd), []);
  }
  const member = `alpha ed25519:0x${'11'.repeat(32)} 203.0.113.5`;
  await refused(
    2,
    /a member has a wrong address/,
    'group create --name x --genesis',
    GENESIS,
    '--member',
    member,
  );
});
