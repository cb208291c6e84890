// The processes of a gateway with a front: how they end, alone and together, and what is said where they cannot start.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startNodeNetwork, waitFor } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { WebSocket } from 'ws';
import {
  childrenOf,
  exchange,
  gatewayFolder,
  type Places,
  post,
  SIMPLE,
  untilItself,
  WAIT,
  writeKeys,
} from './gateway-front-ground.ts';
import { COMMAND, ended, runs } from './ground.ts';

const KEY = 'wbk_of-this-test';
const ASK = post(SIMPLE, [`X-Api-Key: ${KEY}`]);
const USAGE = 2;
/** A command starts within seconds; not so where everything else runs beside it. */
const START = { timeoutMs: 90_000, everyMs: 50 };

interface Manner {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Program and flags before the command. */
  readonly by?: readonly string[];
}

interface Ground {
  readonly folder: string;
  /** Folder for temporary files of what is started. */
  readonly scratch: string;
  readonly start: (settings: object, manner?: Manner) => Started;
}

interface Started {
  readonly child: ChildProcess;
  readonly errors: () => string;
  /** When it runs. */
  readonly places: () => Promise<Places>;
}

function groundOf(context: TestContext, wsUrl: string): Ground {
  const folder = gatewayFolder();
  const scratch = join(folder, 'tmp');
  mkdirSync(scratch);
  writeKeys(join(folder, 'keys.json'), [{ name: 'test', tier: 'all', key: KEY }]);
  let count = 0;
  const start: Ground['start'] = (settings, { env = {}, args = [], by = [] } = {}) => {
    count += 1;
    const file = join(folder, `gateway-${count}.yaml`);
    const all = {
      listen: { port: 0 },
      front: {},
      backends: [{ name: 'node', url: wsUrl }],
      // A check that comes late would be told to callers as a node that is gone.
      pool: { checkIntervalMs: 5_000, timeoutMs: 20_000 },
      tiers: { all: { methods: ['*'], requestsPerSecond: 10_000, burst: 10_000 } },
      keysFile: 'keys.json',
      ...settings,
    };
    writeFileSync(file, JSON.stringify(all));
    const words = [
      ...by,
      process.execPath,
      COMMAND,
      'fleet',
      'gateway',
      'run',
      '--config',
      file,
      '--json',
      ...args,
    ];
    const [program = '', ...rest] = words;
    const child = spawn(program, rest, {
      env: { ...process.env, TMPDIR: scratch, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 650_000,
      killSignal: 'SIGKILL',
    });
    context.after(() => child.kill('SIGKILL'));
    const texts = { out: '', errors: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      texts.out += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      texts.errors += chunk;
    });
    const places = () =>
      waitFor(
        'the gateway runs',
        () => {
          const [, url] = /"url": "([^"]+)"/.exec(texts.out) ?? [];
          const [, adminUrl] = /"ready": "([^"]+)\/readyz"/.exec(texts.out) ?? [];
          return url !== undefined && adminUrl !== undefined && { url, adminUrl };
        },
        { ...START, detail: () => `${texts.out}\n${texts.errors}` },
      );
    return { child, errors: () => texts.errors + texts.out, places };
  };
  return { folder, scratch, start };
}

function frontOf({ child }: Started): number {
  return childrenOf(child.pid ?? 0)[0] ?? 0;
}

/** HAProxy by another name, which does not start while there is a file. */
function holdable(folder: string): { readonly program: string; readonly hold: string } {
  const [program, hold] = [join(folder, 'haproxy-held'), join(folder, 'hold')];
  const text = `#!/bin/sh\nwhile [ -e ${hold} ]; do sleep 0.05; done\nexec haproxy "$@"\n`;
  writeFileSync(program, text, { mode: 0o755 });
  return { program, hold };
}

async function assertStartedAnew({ folder, start, scratch }: Ground): Promise<void> {
  const { program, hold } = holdable(folder);
  const gateway = start({ front: { program } });
  const places = await gateway.places();
  await untilItself(places, KEY);
  const first = frontOf(gateway);
  const status = async () => (await fetch(`${places.adminUrl}/readyz`)).status;
  await waitFor('it is ready', async () => (await status()) === 200, WAIT);
  writeFileSync(hold, '');
  process.kill(first, 'SIGKILL');
  await waitFor('it is not ready meanwhile', async () => (await status()) === 503, WAIT);
  rmSync(hold);
  await waitFor('the front is started anew', async () => (await status()) === 200, WAIT);
  assert.equal((await exchange(places.url, ASK)).status, 200);
  await untilItself(places, KEY);
  while (gateway.child.exitCode === null && gateway.child.signalCode === null) {
    const front = gateway.child.pid === undefined ? 0 : await frontOrNone(gateway);
    if (front > 0 && runs(front)) process.kill(front, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(await ended(gateway.child), 1);
  assert.match(gateway.errors(), /HAProxy ended 6 times in a minute/);
  assert.deepEqual(readdirSync(scratch), []);
}

async function frontOrNone(gateway: Started): Promise<number> {
  try {
    return frontOf(gateway);
  } catch {
    return 0;
  }
}

async function assertEndsTogether({ start, scratch }: Ground): Promise<void> {
  const killed = start({});
  const places = await killed.places();
  const front = frontOf(killed);
  assert.ok(runs(front));
  killed.child.kill('SIGKILL');
  await waitFor('HAProxy has ended as well', () => !runs(front), WAIT);
  const left = readdirSync(scratch).length;
  const next = start({ listen: { port: Number(new URL(places.url).port) } });
  const again = await next.places();
  assert.equal(again.url, places.url);
  await untilItself(again, KEY);

  const own = frontOf(next);
  const socket = new WebSocket(`${again.url.replace('http', 'ws')}/k/${KEY}`);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  // One that keeps its connection and asks nothing is not waited for.
  const answered = Promise.withResolvers<void>();
  const kept = ASK.replace('Connection: close', 'Connection: keep-alive');
  const idle = exchange(again.url, kept, undefined, answered.resolve);
  await Promise.race([answered.promise, idle]);
  next.child.kill('SIGTERM');
  const [code] = await closed;
  assert.equal(code, 1001);
  assert.equal((await idle).status, 200);
  assert.equal(await ended(next.child), 0, next.errors());
  assert.ok(!runs(own));
  assert.equal(readdirSync(scratch).length, left, 'nothing more is left');
}

async function assertTls({ folder, start }: Ground): Promise<void> {
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.keyFile];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...key, ...name, '-out', files.certFile, '-days', '2'], {
    stdio: 'ignore',
  });
  const gateway = start({ listen: { port: 0, tls: files } });
  const { url } = await gateway.places();
  const ca = readFileSync(files.certFile);
  const at = { host: '127.0.0.1', port: Number(new URL(url).port), servername: 'localhost', ca };
  assert.match(url, /^https:/);
  const asked = request({ ...at, method: 'POST', headers: { 'x-api-key': KEY }, timeout: 5_000 });
  asked.end(SIMPLE);
  const [answer] = await once(asked, 'response');
  assert.equal(answer.statusCode, 200);
  answer.resume();
  const socket = new WebSocket(`wss://localhost:${at.port}/k/${KEY}`, { ca });
  await once(socket, 'open');
  socket.send(SIMPLE);
  const [text] = await once(socket, 'message');
  assert.match(String(text), /"result":"0x/);
  socket.close();
  gateway.child.kill('SIGTERM');
  assert.equal(await ended(gateway.child), 0);
}

/** Settings or surroundings with which there is no front, what is said then, and whether `--check` says it too. */
function refusals(folder: string, taken: number): readonly (readonly [object, Manner, RegExp, boolean])[] {
  const spaced = join(folder, 'a folder');
  mkdirSync(spaced);
  return [
    [
      { listen: { port: taken } },
      {},
      /cannot listen on 127\.0\.0\.1:\d+: .*take another address or port/s,
      false,
    ],
    [
      { front: { program: '/nonexistent' } },
      {},
      /\/nonexistent does not start.*install HAProxy 2\.6 or later/s,
      true,
    ],
    [{ front: { program: '/bin/echo' } }, {}, /echo is no HAProxy of 2\.6 or later/, true],
    [{}, { env: { PATH: '/nonexistent' } }, /setpriv is missing.*install util-linux/s, true],
    [{}, { env: { TMPDIR: spaced } }, /no plain path: .*a folder.*set TMPDIR/s, true],
    [
      {},
      { by: ['prlimit', '--nofile=1024:1024', 'setpriv', '--bounding-set=-all'] },
      /may not open as many files.*LimitNOFILE=.*limits\.connections/s,
      false,
    ],
    [{ backends: [{ name: 'a', url: 'wss://10.0.0.1' }] }, {}, /backends\.0\.url.*by its name/s, true],
  ];
}

async function assertRefused(context: TestContext, { start, folder, scratch }: Ground): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  const before = readdirSync(scratch);
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  for (const [settings, manner, said, isChecked] of refusals(folder, port)) {
    for (const args of isChecked ? [[], ['--check']] : [[]]) {
      const one = start(settings, { ...manner, args });
      assert.equal(await ended(one.child), USAGE, one.errors());
      assert.match(one.errors(), said);
      assert.doesNotMatch(one.errors(), / at .*\.ts:\d/);
    }
  }
  const urls = [
    'ws://[::1]:9944',
    'ws://[2001:db8::1]:9944',
    'ws://localhost:9944',
    'wss://rpc.invalid',
    'ws://rpc.invalid',
  ];
  const backends = urls.map((url, at) => ({ name: `node-${at}`, url }));
  const good = start(
    {
      backends,
      listen: { host: '::1', port: 0 },
      anonymous: 'all',
      trustedProxies: ['10.0.0.1', '::1', 'abc'],
    },
    { args: ['--check'] },
  );
  assert.equal(await ended(good.child), 0, good.errors());
  assert.deepEqual(readdirSync(scratch), before);
  // A user who may do nothing special.
  const plain = start({ limits: { connections: 1_000 } }, { by: ['setpriv', '--bounding-set=-all'] });
  assert.equal((await exchange((await plain.places()).url, ASK)).status, 200);
  plain.child.kill('SIGTERM');
  assert.equal(await ended(plain.child), 0);
}

test('the processes of a gateway with a front', { timeout: 680_000 }, async (context) => {
  const folder = gatewayFolder();
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('1', folder),
    folder: join(folder, 'nodes'),
    nodes: [{ name: 'alice', keys: [{ suri: '//Alice' }] }],
  });
  context.after(() => network.close());
  const ground = groundOf(context, network.node('alice').wsUrl);
  await context.test('HAProxy is started anew, and not for ever', () => assertStartedAnew(ground));
  await context.test('they end together, and leave the port', () => assertEndsTogether(ground));
  await context.test('TLS ends at the front, for WebSockets too', () => assertTls(ground));
  await context.test('what cannot start says so and leaves nothing', (one) => assertRefused(one, ground));
});
