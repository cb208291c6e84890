// A reader goes through the first tutorial: every command of the page prints what the page shows.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { FAKE_CURL, followTutorial } from '@watchbill/testkit/pages/tutorial';

const folder = leaveNothing('tutorial');

test('the commands of the tutorial print what it shows, under bash', () => followTutorial(folder, 'bash'));

test('the stand-in for curl does what the page asks of curl', async (context) => {
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
  const url = `http://127.0.0.1:${await listening(server, context)}`;
  assert.deepEqual(await curl('', '-sf', url).ended, { code: 0, out: 'hello you' });
  const header = curl('header = "Authorization: Bearer x"\n', '-s', '-K', '-', url);
  assert.deepEqual(await header.ended, { code: 0, out: 'hello Bearer x' });
  assert.deepEqual(await curl('', '-sf', `${url}/missing`).ended, { code: 22, out: '' });
});
