// The console of a real service, and the real servers of nominate, coordinate and fleet: what each of them
// answers today is what the console reads.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fakeChain, startFakeNode } from '@watchbill/chain/testing';
import { startService } from '@watchbill/duty/commands/serve/wiring';
import { loadConfig } from '@watchbill/duty/config/load';
import { exporterShape, openExporter, targetsOf } from '@watchbill/fleet/watch/exporter';
import { systemClock, systemRandom } from '@watchbill/kit';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { listening, temporaryFolder } from '@watchbill/kit/testing';
import { nominateServer } from '@watchbill/nominate/api';
import { openProgrammeStore } from '@watchbill/nominate/storage';
import { fillProgramme, NOON_MS } from '@watchbill/nominate/testing';
import { pino } from 'pino';
import { runCli } from './run.ts';
import { runFake } from './testing/run-all.ts';

const LIMIT = { timeout: 180_000 };
const SILENT_LOG = pino({ level: 'silent' });

/** A service with the console at `/`, and without a token. */
async function service(context: TestContext, pages: Readonly<Record<string, string>>): Promise<string> {
  const io = { ...fakeIo({ cwd: temporaryFolder(context) }), clock: systemClock(), random: systemRandom() };
  const named = Object.entries(pages).map(([name, url]) => [`service.pages.${name}`, url]);
  const fields = { 'service.listen.port': '0', ...Object.fromEntries(named) };
  const running = await startService(loadConfig(io, { fields }).config, io, SILENT_LOG);
  context.after(() => running.stop(1_000));
  return running.url;
}

/** Waits until the JSON at this address holds: the console looks at a page once in ten seconds. */
async function readyAt(url: string, holds: (answer: Record<string, unknown>) => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await fetch(url).then((response) => response.json());
    if (holds(answer as Record<string, unknown>)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${url} did not get ready`);
}

/** Loads the console until the line of this capability matches; fails with the last line otherwise. */
async function lineOf(url: string, name: string, pattern: RegExp): Promise<string> {
  let line = '';
  for (let tries = 0; tries < 60 && !pattern.test(line); tries += 1) {
    const text = await (await fetch(url)).text();
    line = new RegExp(`<li><span><a href="[^"]*" rel="noreferrer">${name}</a>.*?</li>`).exec(text)?.[0] ?? '';
    if (!pattern.test(line)) await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.match(line, pattern);
  return line;
}

async function nominatePage(context: TestContext): Promise<string> {
  const store = await openProgrammeStore({ file: ':memory:' }, () => NOON_MS - 120_000);
  const filled = await fillProgramme(store, { candidates: 60, rounds: 2 });
  const clock = () => filled.nowMs;
  const app = await nominateServer({ store, version: '0.1.0', clock, upSinceMs: filled.nowMs - 1 });
  context.after(async () => {
    await app.close();
    await store.close();
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

test('nominate: the newest round of a programme', async (context) => {
  const page = await nominatePage(context);
  const rounds = (await (await fetch(`${page}/v1/rounds?limit=1`)).json()) as {
    rows: { era: number; nominatedCount: number }[];
  };
  const { era = 0, nominatedCount = 0 } = rounds.rows[0] ?? {};
  assert.ok(nominatedCount > 0, 'the programme nominated validators');
  const url = await service(context, { nominate: page });
  const line = await lineOf(url, 'nominate', /class="pill good">well</);
  assert.match(
    line,
    new RegExp(
      `the newest round, of era ${era}, ended \\d+ [\\w ]+ ago and nominated ${nominatedCount} validators?`,
    ),
  );
  assert.match(line, /; it checks (now|in \d+ [\w ]+) if the next round is due</);
});

async function fleetPage(context: TestContext) {
  const node = await startFakeNode({
    ...fakeChain({ finalized: 40 }).answers,
    system_version: () => '1.2.3',
  });
  context.after(() => node.close());
  const nodes = [
    { name: 'alice', url: node.webSocketUrl, role: 'rpc' },
    { name: 'bob', url: 'ws://127.0.0.1:1', role: 'rpc' },
  ];
  const limits = { callSeconds: 1 };
  const settings = exporterShape.parse({
    network: 'trial',
    listen: { port: 0 },
    everySeconds: 1,
    limits,
    nodes,
  });
  const reading = targetsOf(settings, null);
  assert.ok(reading.ok);
  const exporter = await openExporter(settings, reading.targets, { log: SILENT_LOG, nowMs: Date.now });
  context.after(() => exporter.close());
  await readyAt(new URL('status', exporter.metricsUrl).href, ({ look }) => look !== null);
  return new URL('/', exporter.metricsUrl).href;
}

test('fleet: the nodes of an exporter, and the one that is silent', async (context) => {
  const url = await service(context, { fleet: await fleetPage(context) });
  const line = await lineOf(url, 'fleet', /1 of 2 nodes of trial answer, not bob; seen \d+ seconds? ago</);
  assert.match(line, /class="pill warn">look at it</);
});

/** Runs a command of this process until the test ends. Resolves with its first output that has the text. */
async function started(context: TestContext, cwd: string, args: readonly string[], text: RegExp) {
  const io = { ...fakeIo({ cwd }), clock: systemClock(), random: systemRandom() };
  const found = Promise.withResolvers<string>();
  const out = (line: string): void => {
    io.out(line);
    if (text.test(io.stdout())) found.resolve(io.stdout());
  };
  const ended = runCli(args, { ...io, out });
  context.after(async () => {
    io.signal('SIGTERM');
    await ended;
  });
  const code = await Promise.race([found.promise, ended]);
  assert.equal(typeof code, 'string', io.stderr());
}

test('coordinate: the window of a member and the members that it reaches', LIMIT, async (context) => {
  const cwd = temporaryFolder(context);
  const made = await runFake(['coordinate', 'init', '--example', 'g', '--block-ms', '200'], { cwd });
  assert.equal(made.code, 0, made.stderr);
  await started(context, cwd, ['coordinate', 'dev-chain', 'g/dev-chain.yaml'], /dev chain at/);
  const config = join('g', 'one', 'coordinate.yaml');
  const port = /^http:\n.*\n {2}port: (\d+)/m.exec(readFileSync(join(cwd, config), 'utf8'))?.[1];
  const page = `http://127.0.0.1:${port}/`;
  await started(context, cwd, ['coordinate', 'run', '--config', config], /seat 0 of 4/);
  await readyAt(new URL('status', page).href, ({ height }) => height !== null);
  const url = await service(context, { coordinate: page });
  const line = await lineOf(
    url,
    'coordinate',
    /demo, 4 members: (\w+ leads window \d+|no window is open), next/,
  );
  assert.match(line, /1 of 4 members are connected/, 'three members do not run');
  assert.match(line, /class="pill warn">look at it</);
});

/** A server of another program. */
async function strangerPage(context: TestContext, body: string, status = 200): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  return `http://127.0.0.1:${await listening(server, context)}`;
}

test('a stranger gets no sentence, and a page without end is cut off', async (context) => {
  const html = await strangerPage(context, '<!doctype html><title>Grafana</title>');
  const endless = await strangerPage(context, `"${'x'.repeat(1_000_000)}"`);
  const url = await service(context, { fleet: html, nominate: endless, coordinate: 'http://127.0.0.1:1' });
  await lineOf(
    url,
    'fleet',
    /class="pill plain">answers<.*answers, but not in the form of watchbill fleet 0\.x</,
  );
  await lineOf(url, 'nominate', /class="pill bad">no answer<.*answered with more than 262144 bytes</);
  await lineOf(url, 'coordinate', /class="pill bad">no answer<.*no program listens on that port</);
});

test('an address with a password is refused, because the page would show it', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'watchbill-other-pages-'));
  try {
    writeFileSync(
      join(cwd, 'watchbill.yaml'),
      'service:\n  pages:\n    nominate: http://ada:secret@127.0.0.1:8470/\n',
    );
    assert.throws(
      () => loadConfig(fakeIo({ cwd }), {}),
      (error: Error) => {
        assert.match(String(error), /without user and password/);
        assert.doesNotMatch(String(error), /ada:secret/);
        return true;
      },
    );
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
