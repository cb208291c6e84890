// A reader goes through the first tutorial: every command of the page prints what the page shows.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runSteps, stepsOf } from '../docs/page-run.ts';
import { leaveNothing } from '../support/leave-nothing.ts';
import { freePort } from '../support/service-process.ts';

const folder = leaveNothing('tutorial');

const FAKE_CURL = fileURLToPath(new URL('./fake-curl.mjs', import.meta.url));
const PAGE = 'docs/tutorial/first-service.md';
const TIMEOUT_MS = 200_000;
/** By itself the service gives a slot that ends soon half a second, which a busy machine may take. */
const WAIT_MS = 20_000;

/** What differs between two runs is made equal: ids, the slot of now, the folder, the port, how the shell tells of a kill. */
function normal(text: string, home: string, port: number): string {
  return text
    .replaceAll(home, '/home/ada')
    .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:8450')
    .split('\n')
    .filter((line) => !/\bKilled\b/.test(line))
    .join('\n')
    .replace(/(?<![0-9a-f])[0-9a-f]{16,64}(?![0-9a-f])/g, 'ID')
    .replace(/\b\d{9}\b/g, 'SLOT')
    .replace(/ +/g, ' ')
    .trim();
}

function hasCurl(): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((place) => {
    try {
      accessSync(join(place, 'curl'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The page uses curl. If the machine has none, a small script takes its place. */
function pathWithCurl(): string {
  const own = process.env.PATH ?? '';
  if (hasCurl()) return own;
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'curl'), `#!/bin/sh\nexec '${process.execPath}' '${FAKE_CURL}' "$@"\n`);
  chmodSync(join(bin, 'curl'), 0o755);
  return `${bin}${delimiter}${own}`;
}

test('the commands of the tutorial print what it shows', async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const port = await freePort();
  const steps = stepsOf(PAGE);
  const moved = steps.map((step) => ({
    ...step,
    commands: step.commands
      .replaceAll('127.0.0.1:8450', `127.0.0.1:${port}`)
      .replaceAll('watchbill claim ', `watchbill claim --wait-ms ${WAIT_MS} `),
  }));
  const env = { HOME: home, PATH: pathWithCurl(), WATCHBILL_SERVICE_LISTEN_PORT: String(port) };
  const { outputs, exitCode } = await runSteps(moved, { env, timeoutMs: TIMEOUT_MS });
  for (const [index, step] of steps.entries()) {
    const where = `${PAGE}:${step.line}`;
    const printed = outputs[index];
    assert.ok(printed !== undefined, `${where} was not reached`);
    if (step.shown !== null) assert.equal(normal(printed, home, port), normal(step.shown, home, port), where);
  }
  assert.equal(exitCode, 0);
  const text = outputs.join('');
  for (const outcome of ['not-adopted', 'new', 'digest-differs', 'unit-taken', 'repeat', 'unit-ahead'])
    assert.match(text, new RegExp(`\\(${outcome}\\)`), `the tutorial shows ${outcome}`);
  const compared = steps.filter(({ shown }) => shown !== null).length;
  console.log(
    `tutorial: ${steps.length} steps, ${compared} outputs as printed, ${hasCurl() ? 'with curl' : 'with a stand-in for curl'}`,
  );
});

test('the stand-in for curl does what the page asks of curl', async () => {
  const port = await freePort();
  const curl = (input: string, ...args: readonly string[]) => {
    const child = spawn(process.execPath, [FAKE_CURL, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(input);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk));
    return { child, ended: once(child, 'close').then(([code]) => ({ code, out })) };
  };
  // It tries again until somebody listens.
  const waiting = curl(
    '',
    ...`-sf --retry 60 --retry-connrefused --retry-delay 1 http://127.0.0.1:${port}/`.split(' '),
  );
  await once(waiting.child, 'spawn');
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/missing' ? 404 : 200;
    response.end(`hello ${request.headers.authorization ?? 'you'}`);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  assert.deepEqual(await waiting.ended, { code: 0, out: 'hello you' });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const header = curl('header = "Authorization: Bearer x"\n', '-s', '-K', '-', url);
  assert.deepEqual(await header.ended, { code: 0, out: 'hello Bearer x' });
  assert.deepEqual(await curl('', '-sf', `${url}/missing`).ended, { code: 22, out: '' });
  server.close();
  server.closeAllConnections();
});
