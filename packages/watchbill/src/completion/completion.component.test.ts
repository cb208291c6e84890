import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listening } from '@watchbill/kit/testing';
import { runFake } from '../testing/run-all.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'watchbill-completion-'));
after(() => rmSync(folder, { recursive: true }));
const env = { XDG_CONFIG_HOME: folder };

async function words(...line: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runFake(['completion', 'words', '--', ...line], { cwd: '/', env });
  assert.equal(`${code}${stderr}`, '0');
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((found) => found.split('\t')[0] ?? '');
}

test('commands, flags, choices and names of files', async () => {
  assert.deepEqual(await words('sta'), ['status']);
  assert.deepEqual(await words('token', ''), ['create', 'revoke', 'list']);
  assert.deepEqual(await words('fleet', 'backup', 'li'), ['list']);
  assert.deepEqual(await words('status', '--wa'), ['--wait']);
  assert.deepEqual(await words('units', '--watch', '--wa'), []);
  assert.deepEqual(await words('token', 'create', '--role', 'o'), ['observer', 'operator']);
  assert.deepEqual(await words('token', 'create', '--role=no'), ['--role=node']);
  assert.deepEqual(await words('status', '--ca-file', ''), [':files']);
  assert.deepEqual(await words('init', '--dir', ''), [':folders']);
  assert.deepEqual(await words('policy', 'apply', ''), [':files']);
  assert.deepEqual(await words('demo', ''), await words('demo', '-'));
  for (const line of [['no-such'], ['no-such', ''], ['demo', 'val']])
    assert.deepEqual(await words(...line), []);
});

test('contexts are those of the person', async () => {
  assert.deepEqual(await words('status', '--context', ''), []);
  for (const name of ['box1', 'box2'])
    await runFake(['context', 'add', name, '--url', 'http://127.0.0.1:1'], { cwd: '/', env });
  assert.deepEqual(await words('status', '--context', 'b'), ['box1', 'box2']);
});

test('a service that answers gives keys and nodes; a slow one and none are silent', async (context) => {
  let delayMs = 0;
  const server = createServer((_request, response) => {
    const body = {
      policies: [
        { key: '0xaa', roster: [{ name: 'alpha' }] },
        { key: '0xbb', roster: [] },
      ],
    };
    response.setHeader('content-type', 'application/json');
    setTimeout(() => response.end(JSON.stringify(body)), delayMs);
  });
  const url = `http://127.0.0.1:${await listening(server, context)}`;
  // The first call loads the client.
  await words('freeze', '--url', url, '--key', '');
  assert.deepEqual(await words('freeze', '--url', url, '--key', ''), ['0xaa', '0xbb']);
  assert.deepEqual(await words('handover', '--url', url, '--to', 'a'), ['alpha']);
  delayMs = 2_000;
  assert.deepEqual(await words('freeze', '--url', url, '--key', ''), []);
});

/** A folder with a program `watchbill`, first in the path. */
function shell(context: TestContext, program: string, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-shell-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'watchbill'), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`);
  chmodSync(join(folder, 'watchbill'), 0o755);
  writeFileSync(join(folder, 'a.yaml'), '');
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const ran = spawnSync(program, ['-c', script], { cwd: folder, env, encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout;
}

const isThere = (program: string) => spawnSync(program, ['--version']).status === 0;

/** Scripts that complete lines, and their output. */
const SHELLS: Readonly<Record<string, readonly [script: string, output: RegExp]>> = {
  bash: [
    `source <(watchbill completion bash)
    for line in "watchbill sta" "watchbill units --wa" "watchbill policy apply a"; do
      COMP_WORDS=($line); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _watchbill; echo "\${COMPREPLY[*]}"
    done; complete -p watchbill`,
    /^status\n--watch\na.yaml\ncomplete -F _watchbill watchbill\n$/,
  ],
  zsh: [
    `autoload -U compinit && compinit -D -u
    source <(watchbill completion zsh)
    _describe() { print -l -- "\${(@P)2}" }; _files() { print "files $@" }
    words=(watchbill status --wait); CURRENT=3; _watchbill
    words=(watchbill policy apply ""); CURRENT=4; _watchbill; print \${_comps[watchbill]}`,
    /^--wait:wait until the service is ready, at most this long\nfiles \n_watchbill\n$/,
  ],
  fish: [
    'source (watchbill completion fish | psub); complete -C "watchbill sta"',
    /^status\tshow the service/,
  ],
};

for (const [program, [script, output]] of Object.entries(SHELLS))
  test(`${program} completes a line`, { skip: !isThere(program) && 'it is not installed' }, (context) =>
    assert.match(shell(context, program, script), output),
  );
