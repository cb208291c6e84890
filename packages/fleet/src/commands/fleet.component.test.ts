import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PRESET_NAMES, peerIdOf } from '../file/index.ts';
import { PRESET_CHOICES } from './init.ts';
import { harbour, IMAGE } from './testing/fake-harbour.ts';

test('the presets of the command are those of the package', () => {
  assert.deepEqual(PRESET_CHOICES, PRESET_NAMES);
});

test('node keys of boot nodes are secrets beside the file, and their peer ids stand in it', async () => {
  const { cwd, read } = await harbour(['--preset', 'boot-nodes', '--chain', 'westend']);
  const keys = readdirSync(join(cwd, 'secrets')).sort();
  assert.deepEqual(keys, ['boot-main-0.node-key', 'boot-main-1.node-key']);
  for (const name of keys) {
    const text = read(join('secrets', name));
    assert.match(text, /^[0-9a-f]{64}$/);
    assert.equal(statSync(join(cwd, 'secrets', name)).mode & 0o777, 0o600);
    assert.ok(read('network.yaml').includes(peerIdOf(Buffer.from(text, 'hex'))));
    assert.ok(!read('network.yaml').includes(text));
  }
});

test('what init prints next works, once the image is written', async () => {
  const { fleet, json, read, write } = await harbour(null);
  const { next } = (await json('init', '--chain', 'westend', '--dir', 'nets')) as { next: string[] };
  assert.match(next[0] ?? '', /write image in nets\/network\.yaml, by digest/);
  const refused = await fleet('explain', '--file', 'nets/network.yaml');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /where: {6}nets\/network\.yaml:17:5/);
  write('nets/network.yaml', read('nets/network.yaml').replace(/image: null.*/, `image: "${IMAGE}"`));
  const commands = next
    .map((step) => /watchbill fleet (.*)$/.exec(step)?.[1]?.split(' ') ?? null)
    .filter((one) => one !== null);
  assert.equal(commands.length, 3);
  for (const args of commands) {
    const ran = await fleet(...args);
    assert.equal(ran.code, args[0] === 'plan' ? 6 : 0, ran.stderr);
  }
});

test('files are never overwritten, and mistakes of the command line are named', async () => {
  const { cwd, read, refused, write } = await harbour(null);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /which chain\?[\s\S]*--chain, or a specification with --spec/],
    [['--chain', 'a', '--spec', 'b'], /which chain\?/],
    [['--chain', 'a', '--name', 'Big'], /Big is not a name[\s\S]*lower-case letters/],
    [['--chain', 'a', '--cluster', 'x_y'], /x_y is not a name/],
    [['--chain', 'a', '--preset', 'parachain'], /a parachain has a relay chain[\s\S]*--relay polkadot/],
    [['--chain', 'a', '--relay', 'b'], /has no relay chain/],
    [['--chain', 'a', '--machine', 'iron'], /write NAME=HOST/],
    [['--spec', 'nowhere.json'], /there is no file nowhere\.json/],
    [['--chain', 'a', '--preset', 'solo'], /give one of: solo-chain/],
  ];
  for (const [args, pattern] of cases) {
    await refused(2, pattern, 'init', ...args);
  }
  assert.deepEqual(readdirSync(cwd), []);
  write('network.yaml', 'mine');
  await refused(2, /network\.yaml exists already/, 'init --chain westend --preset boot-nodes');
  assert.equal(read('network.yaml'), 'mine');
  assert.ok(!existsSync(join(cwd, 'secrets')));
});

test('a specification is named with its digest, from the folder of the file', async () => {
  const { text, read, write } = await harbour(null);
  write('chain.json', '{}');
  await text('init', '--spec', 'chain.json', '--dir', 'nets', '--image', IMAGE);
  assert.match(
    read('nets/network.yaml'),
    /file: "\.\.\/chain\.json"\n {4}sha256: 44136fa355b3678a1146ad16f7e8649e/,
  );
  await text('explain', '--file', 'nets/network.yaml');
  write('chain.json', '{"changed": true}');
  await assert.rejects(text('explain', '--file', 'nets/network.yaml'), /does not have the declared SHA-256/);
});

test('in a new chain one node gets a key beforehand, and the others get it as a boot node', async () => {
  const { cwd, text, read, write } = await harbour(null);
  write('chain.json', '{"bootNodes": []}');
  await text('init', '--spec', 'chain.json', '--image', IMAGE);
  assert.deepEqual(readdirSync(join(cwd, 'secrets')), ['validators-main-0.node-key']);
  const peerId = peerIdOf(Buffer.from(read('secrets/validators-main-0.node-key'), 'hex'));
  const told = (await text('render', '--format', 'yaml')).match(/--bootnodes=\S+/g);
  const address = '/dns/validators-main-0-0.validators-main.harbour.svc.cluster.local/tcp/30333';
  assert.deepEqual(told, Array(3).fill(`--bootnodes=${address}/p2p/${peerId}`));
  write('known.json', `{"bootNodes": ["${address}/p2p/${peerId}"]}`);
  await text('init', '--spec', 'known.json', '--dir', 'known', '--image', IMAGE);
  assert.deepEqual(readdirSync(join(cwd, 'known')), ['.gitignore', 'network.schema.json', 'network.yaml']);
  const { next } = JSON.parse(
    await text('init', '--spec', 'chain.json', '--dir', 'on', '--machine', 'iron=192.0.2.7', '--json'),
  ) as { next: readonly string[] };
  assert.ok(
    next.includes(
      'give the node key to machine iron: watchbill fleet keys secrets put validators-iron-0 key --from on/secrets/validators-iron-0.node-key --file on/network.yaml',
    ),
    next.join('\n'),
  );
});

test('every problem of a file is printed with file, line, column and remedy; with --json for programs', async () => {
  const { fleet, read, refused, write } = await harbour();
  write('network.yaml', `${read('network.yaml')}    flags: {ouut-peers: 3, alice: true}\n`);
  const ran = await fleet('render');
  assert.equal(ran.code, 2);
  assert.equal(ran.stdout, '');
  assert.match(
    ran.stderr,
    /error: ouut-peers is not a flag[\s\S]*where: {6}network\.yaml:27:13[\s\S]*did you mean out-peers\?/,
  );
  assert.match(ran.stderr, /error: --alice is refused[\s\S]*remove it/);
  const json = JSON.parse((await fleet('render', '--json')).stderr) as {
    error: { code: string; problems: unknown[] };
  };
  assert.equal(json.error.code, 'bad-network');
  assert.equal(json.error.problems.length, 2);
  await refused(2, /make one with `watchbill fleet init`/, 'explain --file nowhere.yaml');
});

test('explain shows value and origin, one setting alone, and the nearest name', async () => {
  const { refused, text } = await harbour();
  const all = await text('explain', 'validators-main-0');
  assert.match(all, /^node validators-main-0, validator, at main\n/);
  assert.match(all, /^storage\.chainGiB +300 +default of role validator$/m);
  assert.match(all, /^software\.sdk +stable2509 +defaults, network\.yaml:19:5$/m);
  const one = await text('explain', 'validators', '--setting', 'keys.session.source');
  assert.equal(one.trimEnd().split('\n').length, 4);
  for (const [args, pattern] of [
    [['validatrs'], /did you mean validators\?/],
    [['rpc', '--setting', 'storag'], /has no setting storag[\s\S]*did you mean storage\?/],
  ] as const) {
    await refused(2, pattern, 'explain', ...args);
  }
});

test('render replaces its own folder, prints without one, and says what there is not', async () => {
  const { cwd, json, refused, text } = await harbour();
  assert.match(await text('render'), /^apiVersion: v1\nkind: Namespace\n/);
  const made = (await json('render', '--format', 'kustomize', '--out', 'out')) as { made: string[] };
  assert.ok(made.made.length > 10);
  assert.ok(existsSync(join(cwd, 'out/main/kustomization.yaml')));
  for (const [args, pattern] of [
    [
      ['--format', 'helm', '--out', 'out'],
      /out has the network harbour as kustomize[\s\S]*choose another folder with --out/,
    ],
    [['--format', 'systemd'], /the file has no machine/],
    [['--format', 'terraform'], /add `infrastructure`/],
    [['--place', 'mian'], /did you mean main\?/],
    [['--format', 'pulumi'], /give one of/],
  ] as const) {
    await refused(2, pattern, 'render', ...args);
  }
});

test('check says that a file has no fault, or names each one, and asks no place', async () => {
  const { fleet, json, read, refused, text, write } = await harbour();
  assert.match(
    await text('check'),
    /^network\.yaml has no fault: network harbour, 5 nodes in 1 place, 16 resources\n$/,
  );
  assert.equal((await json('check', 'network.yaml')).nodes, 5);
  write('other.yaml', read('network.yaml').replace('count: 3', 'cuont: 3'));
  await refused(
    2,
    /unknown key pools\.validators\.cuont[\s\S]*other\.yaml:\d+:5[\s\S]*did you mean count\?/,
    'check other.yaml',
  );
  assert.equal((await fleet('check', 'nowhere.yaml')).code, 2);
});

test('an offline plan needs no cluster, saves no plan, and cannot be applied', async () => {
  const { cwd, fleet } = await harbour();
  const ran = await fleet('plan', '--offline');
  assert.equal(ran.code, 6, ran.stderr);
  assert.match(ran.stdout, /create StatefulSet validators-main-0, validators-main-1, validators-main-2/);
  assert.match(ran.stdout, /No place was asked/);
  assert.doesNotMatch(ran.stdout, /fleet apply/);
  assert.ok(!existsSync(join(cwd, '.watchbill-fleet')));
  const made = JSON.parse((await fleet('plan', '--offline', '--json')).stdout) as {
    file: null;
    offline: boolean;
    plan: { id: string; steps: unknown[] };
  };
  assert.deepEqual([made.file, made.offline, made.plan.steps.length], [null, true, 16]);
  assert.equal((await fleet('apply', made.plan.id)).code, 2);
});

test('init writes what an editor and a repository need, and leaves an existing .gitignore alone', async () => {
  const { cwd, json, text, read, write } = await harbour();
  assert.match(read('network.yaml'), /^# yaml-language-server: \$schema=network\.schema\.json\n/);
  assert.deepEqual(JSON.parse(read('network.schema.json')), JSON.parse(await text('schema')));
  assert.equal(read('.gitignore'), '/secrets/\n/.watchbill-fleet/\n');
  mkdirSync(join(cwd, 'other'));
  write('other/.gitignore', 'mine\n');
  const { next } = (await json('init', '--chain', 'westend', '--dir', 'other')) as { next: string[] };
  assert.equal(read('other/.gitignore'), 'mine\n');
  assert.equal(next[0], 'add /secrets/ and /.watchbill-fleet/ to other/.gitignore');
});

test('each line for kubectl names its context, and a parachain the node that runs it', async () => {
  const { json, read } = await harbour(null);
  const init = async (dir: string, ...args: readonly string[]) => {
    const { next } = (await json('init', '--dir', dir, '--image', IMAGE, ...args)) as { next: string[] };
    return next.filter((line) => line.includes('kubectl'));
  };
  const boots = ['--preset', 'boot-nodes', '--chain', 'westend'];
  const [one = '', ...others] = await init('one', ...boots, '--cluster', 'main=gke_main');
  for (const line of [one, ...others])
    for (const command of line.split('kubectl ').slice(1))
      assert.match(command, /^--context gke_main /, line);
  assert.ok(others.length > 0);
  assert.match(read('one/network.yaml'), /^ {2}main: \{context: gke_main\}/m);
  const two = await init('two', ...boots, '--cluster', 'east', '--cluster', 'west=w');
  assert.ok(
    two.some((line) => line.includes('--context east ')) && two.some((line) => line.includes('--context w ')),
  );
  assert.ok((await init('three', ...boots)).every((line) => line.includes('kubectl --context CONTEXT ')));
  const para = ['--preset', 'parachain', '--relay', 'polkadot'];
  await init('four', ...para, '--chain', 'asset-hub-polkadot');
  assert.match(read('four/network.yaml'), /^ {4}command: polkadot-parachain$/m);
  await init('five', ...para, '--chain', 'a', '--command', 'mine');
  assert.match(read('five/network.yaml'), /^ {4}command: mine$/m);
});
