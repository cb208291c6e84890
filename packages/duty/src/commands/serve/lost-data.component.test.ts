// An empty data folder beside secrets/ may be a lost disk: `serve` asks before it begins a new ledger.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runCli, runFake } from '../testing/run-duty.ts';

const SERVE = ['serve', '--service-listen-port', '0'];

/** Serves until the addresses are printed, then stops. Answers the exit status and the errors. */
async function served(cwd: string, ...more: readonly string[]) {
  const io = fakeIo({ cwd });
  const out = (text: string) => {
    io.out(text);
    setImmediate(() => io.signal('SIGTERM'));
  };
  const code = await runCli([...SERVE, ...more], { ...io, out, clock: systemClock() });
  return { code, stdout: io.stdout(), stderr: io.stderr() };
}

test('a lost data folder is refused with both remedies; a new one and --new-ledger are not', async (t) => {
  const cwd = temporaryFolder(t);
  assert.equal((await runFake(['init'], { cwd })).code, 0);
  const first = await served(cwd);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /API +http/);

  const data = join(cwd, 'data');
  assert.ok(!existsSync(join(data, 'new-ledger')), 'the first start uses the permission up');
  const losses = [
    () => rmSync(join(data, 'ledger.db')),
    () => rmSync(data, { recursive: true }),
    () => mkdirSync(data),
  ];
  for (const lose of losses) {
    lose();
    const refused = await served(cwd);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /data has no ledger, but \S+secrets exists/);
    assert.match(refused.stderr, /restore the folder[\s\S]*--new-ledger/);
  }
  assert.deepEqual(readdirSync(data), [], 'no ledger was begun');

  const meant = await served(cwd, '--new-ledger');
  assert.equal(meant.code, 0, meant.stderr);
  rmSync(data, { recursive: true });
  mkdirSync(data);
  writeFileSync(join(data, 'new-ledger'), '');
  assert.equal((await served(cwd)).code, 0);
});
