import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command, flag } from '@watchbill/kit/command/command';
import type { Door } from '@watchbill/kit/command/door';
import { printJson } from '@watchbill/kit/command/print';
import { yes } from '@watchbill/kit/command/shapes';
import { runners } from '@watchbill/kit/command/testing/fake-io';
import { short, shortHex } from '@watchbill/kit/command/text';
import { parseAllDocuments } from 'yaml';

const KEY = `0x${'5ac67d'.repeat(10)}`;
const NAME = 'a validator of a name that no column of a table can hold';

const of = (usage: string, fill: ReturnType<typeof command>): Door => ({
  ...{ group: 'Service', usage, about: usage },
  load: async () => fill,
});

const show = command({
  flags: { json: flag(yes(), 'print JSON') },
  examples: ['watchbill show'],
  run: ({ io }, { json }) => {
    if (!json) return io.out(`${shortHex(KEY)} ${short(NAME)}\n`);
    io.out('a word before\n');
    printJson(io, { key: KEY, total: 12n ** 20n });
    io.out('{"unit":"yes","at":[1,2]}\n');
  },
});
const plain = command({ examples: ['watchbill plain'], run: ({ io }) => io.out(`${shortHex(KEY)}\n`) });
const nested = command({
  flags: { json: flag(yes(), 'print JSON') },
  commands: { show },
  examples: ['watchbill nested show'],
});
const { runFake } = runners([of('show', show), of('plain', plain), of('nested', nested)]);
const run = (...args: readonly string[]) => runFake(args, { cwd: '/' });

test('-o json is --json, and -o yaml prints the same documents', async () => {
  const json = await run('show', '--json');
  assert.deepEqual(await run('show', '-o', 'json'), json);
  assert.deepEqual(await run('nested', '--output=json', 'show'), json);
  const { stdout } = await run('show', '-oyaml');
  const [word, ...rest] = stdout.split('\n');
  assert.equal(word, 'a word before');
  const documents = parseAllDocuments(rest.join('\n')).map((document) => document.toJS());
  assert.deepEqual(documents, [
    { key: KEY, total: `${12n ** 20n}` },
    { unit: 'yes', at: [1, 2] },
  ]);
});

test('-o wide prints names and keys in full, for that command line alone', async () => {
  assert.equal((await run('show', '-o', 'wide')).stdout, `${KEY} ${NAME}\n`);
  assert.equal((await run('show')).stdout, '0x5ac67d5a…5ac67d a validator of a name that no column of…\n');
});

test('a wrong format, a second one, and a command without formats are refused', async () => {
  for (const [args, what] of [
    [['show', '-o', 'xml'], /^error: -o, --output <format> cannot be "xml"\n.*json, yaml, wide/s],
    [['show', '-o'], /^error: -o, --output <format> has no value\n/],
    [['show', '-o', 'wide', '-o', 'json'], /-o is given twice.*give it once/s],
    [['show', '--json', '-o', 'yaml'], /--json is given 2 times.*give it once/s],
    [['plain', '-o', 'yaml'], /unknown option -o/],
  ] as const) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, what);
  }
});

test('a fault of a command that prints YAML is JSON, which each reader of YAML reads', async () => {
  for (const format of [['-o', 'yaml'], ['-oyaml'], ['--output', 'json'], ['--output=yaml']]) {
    const { stderr } = await run('show', ...format, '--colour');
    assert.match(JSON.parse(stderr).error.problems[0].what, /unknown option --colour/);
  }
  assert.match((await run('show', '-o', 'wide', '--colour')).stderr, /^error: unknown option --colour/);
});
