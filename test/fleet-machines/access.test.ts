// Ways to a node on a machine, over a real ssh to loopback: its log, a program, a port, one call. Each use is written down.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Io, runCli, systemIo } from '../../packages/cli/src/index.ts';
import { type Loopback, startLoopback } from './loopback.ts';

let machine: Loopback;
const asked: string[] = [];
const node = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += String(part);
  const { method } = JSON.parse(body) as { readonly method: string };
  asked.push(method);
  const answer =
    method === 'no_such' ? { error: { code: -32601, message: 'Method not found' } } : { result: [7] };
  response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer }));
});

before(async () => {
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
  const address = node.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  machine = await startLoopback();
  writeFileSync(join(machine.folder, 'network.yaml'), networkFile(port));
  machine.on('useradd --system wb-pier && install -d -o wb-pier /var/lib/watchbill/pier');
  const journal = join(machine.folder, 'bin/journalctl');
  // No journal is kept for this view: it says what it was asked, and goes on where that is wished.
  writeFileSync(
    journal,
    '#!/bin/sh\necho "asked $*"\ncase "$*" in *--follow*) while :; do echo more; sleep 0.1; done;; esac\n',
  );
  chmodSync(journal, 0o755);
});
after(async () => {
  await machine?.close();
  node.close();
  node.closeAllConnections();
});

function networkFile(rpcPort: number): string {
  return `format: watchbill/network/1
name: pier
chain: {name: westend}
machines:
  one: {host: 127.0.0.1, port: ${machine.port}, user: root}
defaults:
  software:
    binary: {source: /opt/node, sha256: ${'ab'.repeat(32)}}
    command: polkadot
    sdk: stable2509
pools:
  validators: {role: validator, count: 1, place: one}
  rpc: {role: rpc, count: 1, place: one, ports: {p2p: 30444, rpc: ${rpcPort}, metrics: 9666}}
`;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Stopped as by Ctrl-C when what it printed has the text. */
async function access(args: readonly string[], stopAt: string | null = null): Promise<Ran> {
  let [out, err] = ['', ''];
  let stop = (): void => undefined;
  const io: Io = {
    ...systemIo(),
    cwd: machine.folder,
    out: (text) => {
      out += text;
      if (stopAt !== null && out.includes(stopAt)) stop();
    },
    err: (text) => {
      err += text;
    },
    onStopSignal: (listener) => {
      stop = () => listener('SIGINT');
      return () => undefined;
    },
  };
  const [verb = '', ...rest] = args;
  const flags = ['--ssh-config', machine.sshConfigFile];
  const code = await runCli(['fleet', 'access', verb, ...flags, ...rest], io);
  return { code, out, err };
}

const audit = (): readonly string[] => {
  const file = join(machine.folder, '.watchbill-fleet/access.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

test('the log of a unit', async () => {
  const once = await access(['logs', 'rpc-one-0', '--tail', '5', '--since', '2m']);
  assert.equal(once.code, 0, once.err);
  assert.match(once.out, /--unit watchbill-pier-rpc-one-0\.service --lines 5 --since -120s/);
  const followed = await access(['logs', 'validators-one-0', '--follow'], 'more\nmore');
  assert.equal(followed.code, 0, followed.err);
});

test('a program as the user of the node, in its folder, with its words as they are', async () => {
  const said = await access(['exec', 'rpc-one-0', '--', 'printf', '%s|', 'a b', "it's", '$(id)']);
  assert.deepEqual([said.code, said.out], [0, "a b|it's|$(id)|"], said.err);
  assert.equal((await access(['exec', 'rpc-one-0', '--', 'id', '-un'])).out, 'wb-pier\n');
  assert.equal((await access(['exec', 'rpc-one-0', '--', 'pwd'])).out, '/var/lib/watchbill/pier\n');
  const failed = await access(['exec', 'rpc-one-0', '--', 'false']);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /false ended with 1/);
});

test('what may not be is refused before anything is written down or reached', async () => {
  const before = audit().length;
  assert.equal((await access(['exec', 'validators-one-0', '--', 'id'])).code, 3);
  assert.equal((await access(['exec', 'rpc-one-0', '--', 'sh', '-c', 'id'])).code, 3);
  assert.equal((await access(['rpc', 'rpc-one-0', 'author_rotateKeys'])).code, 3);
  assert.match((await access(['logs', 'rpc-one-O'])).err, /did you mean rpc-one-0/);
  assert.equal(audit().length, before);
  assert.deepEqual(asked, []);
  const meant = await access(['exec', '--signing-node', 'validators-one-0', '--', 'id', '-un']);
  assert.equal(meant.out, 'wb-pier\n', meant.err);
});

test('a port that leads to the RPC, and one call over it', async () => {
  const called = await access(['rpc', 'rpc-one-0', 'state_secret', '["//Alice"]']);
  assert.deepEqual([called.code, JSON.parse(called.out)], [0, [7]], called.err);
  assert.match((await access(['rpc', 'rpc-one-0', 'no_such'])).err, /the node refused no_such/);
  assert.equal((await access(['rpc', '--unsafe', 'rpc-one-0', 'system_peers'])).code, 0);
  assert.deepEqual(asked, ['state_secret', 'no_such', 'system_peers']);
  const forwarded = await access(['forward', 'rpc-one-0', '--json'], 'url');
  assert.equal(forwarded.code, 0, forwarded.err);
  assert.match((JSON.parse(forwarded.out) as { readonly url: string }).url, /^ws:\/\/127\.0\.0\.1:\d+$/);
});

test('each use is a line that says who, when, which node and what, and nothing that was handed over', () => {
  const lines = audit();
  const uses = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  assert.ok(
    uses.every(
      ({ at, who, network }) => typeof at === 'string' && typeof who === 'string' && network === 'pier',
    ),
  );
  assert.deepEqual(
    uses.slice(0, 3).map(({ node, verb, what }) => [node, verb, what]),
    [
      ['rpc-one-0', 'logs', null],
      ['validators-one-0', 'logs', null],
      ['rpc-one-0', 'exec', 'printf'],
    ],
  );
  assert.ok(lines.every((line) => !line.includes('Alice') && !line.includes('a b')));
});
