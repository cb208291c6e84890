import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argument, command, flag, group } from '@watchbill/kit/command/command';
import type { Door } from '@watchbill/kit/command/door';
import { atMostOne, exactlyOne, needs } from '@watchbill/kit/command/rules';
import {
  choice,
  decimal,
  file,
  repeated,
  seconds,
  since,
  span,
  text,
  url,
  whole,
  yes,
} from '@watchbill/kit/command/shapes';
import { runners } from '@watchbill/kit/command/testing/fake-io';

const common = {
  json: flag(yes(), 'print JSON'),
  key: flag(text('key').optional(), 'a key', { complete: 'keys' }),
  all: flag(yes(), 'every key'),
  ...group('Connection:', { caFile: flag(file().optional(), 'authority') }),
};

const child = command({
  about: 'change it',
  flags: { ...common, reason: flag(text('text'), 'why') },
  rules: [exactlyOne('key', 'all')],
  examples: ['watchbill thing change --all --reason x'],
  run: ({ io }, options) => io.out(JSON.stringify(options)),
});

const thing = command({
  args: { first: argument(text('first'), 'a word'), others: argument(repeated(text('o')), 'more words') },
  flags: {
    ...common,
    role: flag(choice('role', ['node', 'reader']).default('node'), 'a role'),
    wait: flag(seconds(60).optional(), 'how long'),
    pause: flag(span().default(90), 'a pause'),
    from: flag(since().optional(), 'a moment'),
    url: flag(url(['http', 'https']).optional(), 'address'),
    node: flag(repeated(url(['ws', 'wss'])), 'a node (repeat)'),
    kills: flag(choice('state', ['on', 'off']).optional(), 'kill', { bare: 'on' }),
  },
  rules: [needs('wait', 'key', 'all'), atMostOne('wait', 'kills')],
  commands: { change: child },
  examples: ['watchbill thing x'],
  statuses: { denied: 'the answer is no' },
  notes: 'More:\n',
  run: ({ io }, { from, ...options }) => {
    // The types follow from the shapes.
    const typed: { role: 'node' | 'reader'; wait?: number; node: string[]; others: string[] } = options;
    io.out(JSON.stringify({ ...typed, ...(from === undefined ? {} : { from: from(1_800_000) }) }));
  },
});

const door: Door = { group: 'Service', usage: 'thing', about: 'a thing', load: async () => thing };
const { runFake } = runners([door]);
const run = (...args: readonly string[]) => runFake(['thing', ...args], { cwd: '/' });

test('shapes give the options their values', async () => {
  const line = ['a', 'b', 'c', '--key', 'k', '--wait', '30', '--pause', '2h', '--from', '10m'];
  const nodes = [
    '--node',
    'ws://a',
    '--node',
    'wss://b',
    '--ca-file=x',
    '--url',
    'https://h/',
    '--role=reader',
  ];
  const { code, stdout, stderr } = await run(...line, ...nodes);
  assert.equal(code, 0, stderr);
  const words = {
    first: 'a',
    others: ['b', 'c'],
    key: 'k',
    all: false,
    json: false,
    caFile: 'x',
    role: 'reader',
  };
  const values = { wait: 30, pause: 7_200, url: 'https://h/', node: ['ws://a', 'wss://b'], from: 1_200_000 };
  assert.deepEqual(JSON.parse(stdout), { ...words, ...values });
});

test('defaults, a flag without its value, and absent flags', async () => {
  const { stdout } = await run('a', '--kills');
  const fallbacks = { all: false, json: false, role: 'node', pause: 90, node: [] };
  assert.deepEqual(JSON.parse(stdout), { first: 'a', others: [], ...fallbacks, kills: 'on' });
});

test('a wrong value is refused with its place and what to give', async () => {
  for (const [args, what, where, remedy] of [
    [['--role', 'king'], /--role <role> cannot be "king"/, 'flag --role', /give one of: node, reader/],
    [['--wait', '61', '--all'], /"61" is not a whole number of seconds from 1 to 60/, 'flag --wait', /1/],
    [['--pause', '5'], /"5" is not a time/, 'flag --pause', /30s, 10m, 2h or 3d/],
    [['--from', 'noon'], /"noon" is neither a duration nor a time/, 'flag --from', /24h/],
    [['--url', 'ftp://x'], /not an address of http or https/, 'flag --url', /http:/],
    [['--url', 'http://u:p@x'], /holds a user or password/, 'flag --url', /secret/],
    [['--node', 'ws://x', '--node', 'x'], /not an address of ws or wss/, 'flag --node', /ws:/],
    [['--key', ' '], /the value is empty/, 'flag --key', /give a key/],
    [['--key', 'a', '--key', 'b'], /--key <key> is given 2 times/, 'flag --key', /once/],
    [['--all', '--all'], /--all is given 2 times/, 'flag --all', /once/],
    [['--wait', '3'], /--wait needs --key or --all/, 'flag --wait', /leave --wait out/],
    [['--all', '--wait=3', '--kills'], /--wait and --kills exclude each other/, 'flag --kills', /one/],
  ] as const) {
    const { code, stderr } = await run('a', ...args, '--json');
    assert.equal(code, 2, stderr);
    const [problem] = JSON.parse(stderr).error.problems;
    assert.match(problem.what, what);
    assert.equal(problem.where, where);
    assert.match(problem.remedy, remedy);
  }
  const empty = await run(' ');
  assert.match(empty.stderr, /the value is empty\n {2}where: {6}argument first\n/);
});

test('numbers are digits in their range, and nothing else', () => {
  const range = { of: 'seconds', least: 1, most: 60 };
  for (const given of ['', ' ', '0', '61', '5m', '-1', '1.5', '1e1', '0x10', 'NaN', 'Infinity', '5 '])
    assert.equal(whole('n', range).safeParse(given).success, false, given);
  for (const given of ['', '.5', '5.', '0', '0.05', '1e1', '-1', '5m'])
    assert.equal(decimal('n', { ...range, least: 0.1 }).safeParse(given).success, false, given);
  assert.equal(decimal('n', { ...range, least: 0.1 }).parse('0.5'), 0.5);
  assert.deepEqual(
    ['30s', '10m', '2h', '3d'].map((given) => span().parse(given)),
    [30, 600, 7_200, 259_200],
  );
  for (const given of ['10', 'm', '1w', '-1m', '1.5h', '', '0h'])
    assert.equal(span().safeParse(given).success, false, given);
});

test('a command has the flags that its parent took from the line', async () => {
  for (const order of [
    ['--all', 'change'],
    ['change', '--all'],
  ]) {
    const { stdout, stderr } = await run(...order, '--reason', 'r');
    assert.deepEqual(JSON.parse(stdout || stderr), { json: false, all: true, reason: 'r' });
  }
  assert.match((await run('change', '--reason', 'r')).stderr, /error: --key or --all is missing\n/);
  assert.match((await run('change', '--all')).stderr, /--reason <text> is missing/);
});

test('the help has groups, defaults, choices, exit statuses, examples and notes', async () => {
  const { stdout } = await run('--help');
  for (const part of [
    'Usage: watchbill thing [options] [command] <first> [others...]',
    /--role <role> +a role \(choices: "node", "reader", default: "node"\)/,
    /--kills \[state\]/,
    /\nConnection:\n {2}--ca-file <file> +authority\n/,
    /\nExamples:\n {2}watchbill thing x\n\nExit status:\n {2}3 {2}the answer is no\n\nMore:\n\n$/,
  ])
    assert.ok(typeof part === 'string' ? stdout.includes(part) : part.test(stdout), `${part}\n${stdout}`);
});
