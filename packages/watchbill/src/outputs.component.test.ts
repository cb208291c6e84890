import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watchOutputs } from '@watchbill/kit/command/outputs';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** A claim with a bad unit: it is never sent, and ends with status 2 with or without a reader. */
const CLAIM = 'claim --chain 0x1 --key 0x2 --duty babe --unit x';

/** The status of the command in front of a pipe, in bash. */
function statusBefore(command: string, reader: string): number {
  const script = `${process.execPath} ${MAIN} ${command} ${reader}; exit \${PIPESTATUS[0]}`;
  return spawnSync('bash', ['-c', script], { encoding: 'utf8', timeout: 60_000 }).status ?? -1;
}

test('a closed pipe does not decide the status', () => {
  assert.equal(statusBefore('--help', '| true'), 0);
  assert.equal(statusBefore(CLAIM, '2>&1 | true'), 2);
  assert.equal(statusBefore(`${CLAIM} --json`, '2>&1 | head -c0'), 2);
});

test('output that cannot be written is an error, also of a command that is done', {
  skip: !existsSync('/dev/full'),
}, () => {
  const run = spawnSync('bash', ['-c', `${process.execPath} ${MAIN} --help > /dev/full`], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 1);
  assert.equal(run.stderr, 'error: the output could not be written: the disk is full\n');
  assert.equal(statusBefore(CLAIM, '2> /dev/full'), 2);
});

function failing(code: string): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
}

test('listeners are called once after the reader is gone, also those that come later', async () => {
  const [out, err] = [failing('EPIPE'), new PassThrough()];
  const outputs = watchOutputs(out, err);
  const heard: string[] = [];
  outputs.onGone(() => heard.push('first'));
  outputs.onGone(() => heard.push('forgotten'))();
  out.write('x');
  await new Promise((resolve) => out.once('close', resolve));
  outputs.onGone(() => heard.push('later'));
  assert.deepEqual(heard, ['first', 'later']);
  assert.equal(err.read(), null);
  assert.deepEqual([outputs.statusOf(0), outputs.statusOf(3)], [0, 3]);
});

test('an outcome keeps its status where it could not be printed', async () => {
  const [out, err] = [failing('ENOSPC'), new PassThrough()];
  const outputs = watchOutputs(out, err);
  out.write('x');
  await new Promise((resolve) => out.once('close', resolve));
  assert.deepEqual([outputs.statusOf(0), outputs.statusOf(3)], [1, 3]);
  assert.match(String(err.read()), /could not be written: the disk is full/);
});

test('a log that cannot be written stops no command', async () => {
  const err = failing('ENOSPC');
  watchOutputs(new PassThrough(), err);
  err.write('a line');
  await new Promise((resolve) => err.once('close', resolve));
});
