// A reader goes through the first tutorial: every command of the page prints what the page shows.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { FAKE_CURL, followTutorial } from '@watchbill/testkit/pages/tutorial';

const folder = leaveNothing('tutorial');

test('the commands of the tutorial print what it shows, under bash', () => followTutorial(folder, 'bash'));

test('the stand-in for curl does what the page asks of curl', async () => {
  const curl = (input: string, ...args: readonly string[]) => {
    const child = spawn(process.execPath, [FAKE_CURL, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(input);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk));
    return { child, ended: once(child, 'close').then(([code]) => ({ code, out })) };
  };
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/missing' ? 404 : 200;
    response.end(`hello ${request.headers.authorization ?? 'you'}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.deepEqual(await curl('', '-sf', url).ended, { code: 0, out: 'hello you' });
  const header = curl('header = "Authorization: Bearer x"\n', '-s', '-K', '-', url);
  assert.deepEqual(await header.ended, { code: 0, out: 'hello Bearer x' });
  assert.deepEqual(await curl('', '-sf', `${url}/missing`).ended, { code: 22, out: '' });
  server.close();
  server.closeAllConnections();
});
