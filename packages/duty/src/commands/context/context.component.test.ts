import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { listening, temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from '../testing/run-duty.ts';

const cwd = temporaryFolder();
const file = join(cwd, 'watchbill', 'contexts.yaml');
const env = { XDG_CONFIG_HOME: cwd };
const run = (...args: readonly string[]) => runFake(args, { cwd, env });

/** Answers every request with its path and identity, as a list of tokens. */
const server = createServer((request, response) => {
  const token = { id: request.headers.authorization ?? 'none', role: 'node', name: request.url };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ tokens: [{ ...token, createdMs: 0, original: null }] }));
});
const url = `http://127.0.0.1:${await listening(server)}`;
writeFileSync(join(cwd, 'box1.token'), 'one', { mode: 0o600 });
writeFileSync(join(cwd, 'box2.token'), 'two', { mode: 0o600 });

const shownTo = async (...args: readonly string[]) => {
  const { stdout, stderr, code } = await run('token', 'list', '--json', ...args);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { tokens: readonly { id: string }[] }).tokens[0]?.id;
};

test('a context gives address and token: by its name, by the environment, and as the current one', async () => {
  for (const name of ['box1', 'box2']) {
    const added = await run('context', 'add', name, '--url', url, '--token-file', `${name}.token`);
    assert.equal(added.code, 0, added.stderr);
  }
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(!readFileSync(file, 'utf8').includes('one'), 'the file names secrets, and holds none');
  assert.equal(await shownTo(), 'Bearer one');
  assert.equal(await shownTo('--context', 'box2'), 'Bearer two');
  assert.equal(await shownTo('--context', 'box2', '--token-file', 'box1.token'), 'Bearer one');
  const named = await runFake(['token', 'list', '--json'], {
    cwd,
    env: { ...env, WATCHBILL_CONTEXT: 'box2' },
  });
  assert.match(named.stdout, /Bearer two/);
  assert.equal((await run('context', 'use', 'box2')).code, 0);
  assert.equal(await shownTo(), 'Bearer two');
  assert.match((await run('context', 'list')).stdout, /^\* +box2 +http.*box2\.token$/m);
});

test('an address of the command line, and a configuration file, go before the current context', async () => {
  assert.equal(await shownTo('--url', url), 'none');
  writeFileSync(join(cwd, 'own.yaml'), JSON.stringify({ operator: { url, tokenFile: 'box1.token' } }));
  assert.equal(await shownTo('--config', 'own.yaml'), 'Bearer one');
});

test('`context use` says that a configuration file goes before it', async () => {
  assert.equal((await run('context', 'use', 'box2')).stderr, '');
  const own = { ...env, WATCHBILL_CONFIG: 'own.yaml' };
  const { stderr } = await runFake(['context', 'use', 'box2'], { cwd, env: own });
  assert.match(stderr, /^note: .*own\.yaml goes first here; --context box2 /);
});

test('unknown, doubled and broken contexts are refused with what to do', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['token', 'list', '--context', 'bux2'], /no context bux2[\s\S]*did you mean box2\?/],
    [['context', 'use', 'elsewhere'], /no context elsewhere[\s\S]*one of: box1, box2/],
    [['context', 'add', 'box1', '--url', url], /box1 exists[\s\S]*context remove box1/],
    [['context', 'add', 'box3'], /--url or --socket is missing/],
    [['context', 'add', 'box3', '--url', 'ftp://x'], /http/],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, expected);
  }
  writeFileSync(file, '{"version": 2, "current": null, "contexts": {"a": {"uri": "x"}}}');
  const broken = await run('context', 'list');
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /version[\s\S]*uri/);
});
