import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeFault } from '../../run/operations/index.ts';
import { harbour } from '../testing/fake-harbour.ts';

/** A cluster at an address where no process listens. */
const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'main', cluster: { server: 'http://127.0.0.1:1' } }],
  users: [{ name: 'me', user: {} }],
  contexts: [{ name: 'main', context: { cluster: 'main', user: 'me' } }],
  'current-context': 'main',
});

test('a wrong command line is refused before the command contacts a node', async () => {
  const { refused, write } = await harbour();
  write('node', 'a program');
  for (const [args, pattern] of [
    [['--at', 'tomorrow'], /tomorrow is not a valid time[\s\S]*block:1234/],
    [['--soak', 'x'], /"x" is not a whole number of seconds from 0 to 86400/],
    [['--soak', '1.5'], /not a whole number of seconds/],
    [['--gate-timeout', '0'], /"0" is not a whole number of seconds from 1/],
    [['--binary', 'node'], /--binary needs a network on this machine/],
    [['--local', 'nowhere'], /the new program is missing/],
    [['--local', 'nowhere', '--binary', 'none'], /there is no file/],
    [['--file', 'none.yaml'], /there is no file none\.yaml/],
  ] as const) {
    await refused(2, pattern, 'rollout', ...args);
  }
  await refused(5, /no network runs from/, 'rollout --local nowhere --binary node');
});

test('scale refuses impossible changes, and leaves the file as it is', async () => {
  const { fleet, read } = await harbour();
  const before = read('network.yaml');
  for (const [args, code, pattern] of [
    [['validatrs', '2'], 2, /did you mean validators\?/],
    [['rpc', 'many'], 2, /"many" is not a whole number of nodes/],
    [['rpc', '1001'], 2, /from 0 to 1000/],
    [['rpc', '3', '--place', 'east'], 2, /rpc does not run at east[\s\S]*--place: main/],
    [['validators', '2', '--node', 'nonsense'], 2, /nonsense does not say which node is where/],
    [
      ['validators', '2', '--node', 'other=ws://127.0.0.1:1'],
      2,
      /other is not a signer that this change removes/,
    ],
    [
      ['validators', '2', '--node', 'http://127.0.0.1:1'],
      3,
      /it is not known whether validators-main-2 is still a signer/,
    ],
    [['validators', '2', '--local', 'nowhere'], 5, /no network runs from/],
  ] as const) {
    const ran = await fleet('scale', ...args);
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.all}`);
    assert.match(ran.stderr, pattern);
    assert.equal(read('network.yaml'), before);
  }
  const same = await fleet('scale', 'rpc', '2');
  assert.match(same.stdout, /rpc has 2 nodes at main already/);
});

test('an edit that would break the file is not written', async () => {
  const { read, refused, write } = await harbour();
  write(
    'network.yaml',
    read('network.yaml').replace(
      'count: 2',
      'count: 2\n    layout: set-each\n    instances: {main-1: {pruning: 512}}',
    ),
  );
  const before = read('network.yaml');
  await refused(2, /no node main-1/, 'scale rpc 1');
  assert.equal(read('network.yaml'), before);
});

test('scale plans before it writes: without a cluster that answers, the file stays the same', async () => {
  const { fleet, read, write } = await harbour();
  write('kubeconfig', KUBECONFIG);
  const before = read('network.yaml');
  for (const args of [[], ['--json']]) {
    const ran = await fleet('scale', 'rpc', '3', '--kubeconfig', 'kubeconfig', '--timeout', '20', ...args);
    assert.ok(ran.code !== 0 && ran.code !== 2, ran.all);
    assert.equal(read('network.yaml'), before);
    assert.equal(ran.stdout, '');
    assert.doesNotMatch(ran.stderr, /defect/);
  }
});

test('scale prints its result as JSON, also if the pool has that size already', async () => {
  const { json, read } = await harbour();
  const about = { pool: 'rpc', place: 'main' };
  assert.deepEqual(await json('scale', 'rpc', '2'), { ...about, before: 2, count: 2, changed: false });
  assert.deepEqual(await json('scale', 'rpc', '3', '--local', 'local'), {
    ...about,
    before: 2,
    count: 3,
    changed: true,
  });
  assert.deepEqual(await json('scale', 'rpc', '3'), { ...about, before: 3, count: 3, changed: false });
  assert.match(read('network.yaml'), /count: 3/);
});

test('a machine that is away is not told to look at a kubeconfig alone', () => {
  const { problems } = placeFault('one', 'unreachable', 'ssh: connect to host 192.0.2.1 port 22: timed out');
  assert.match(problems[0]?.remedy ?? '', /machine over ssh/);
});
