import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { listening, temporaryFolder } from '@watchbill/kit/testing';
import { CERTIFICATE, CERTIFICATE_KEY } from '../testing/certificate.ts';
import { READY } from './unit-health.ts';

const TIMEOUT_MS = 60_000;

test('a unit with an address grants if it answers 200; a unit without one is a node', async (context) => {
  const folder = temporaryFolder(context);
  let status = 503;
  const server = createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (_, response) => {
    response.writeHead(status).end();
  });
  const port = await listening(server, context);
  const file = join(folder, 'unit');
  const asked = async (text: string, path = process.env.PATH ?? '') => {
    writeFileSync(file, text);
    const { stdout } = await promisify(execFile)('/bin/sh', ['-euc', READY], {
      env: { file, PATH: path },
      timeout: TIMEOUT_MS,
    });
    return stdout.trim();
  };
  const unit = (at: number) => `[Service]\nUser=x\n\n[X-Watchbill]\nReady=https://127.0.0.1:${at}/readyz\n`;
  assert.equal(await asked(unit(port)), 'unready 503');
  status = 200;
  assert.equal(await asked(unit(port)), 'ready');
  assert.equal(await asked('[Service]\nUser=x\n'), 'ready');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await asked(unit(port)), 'unready 000', 'nothing listens');
});
