import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { SharedRecords } from '../apply/shared-records.ts';
import { machineRecords } from './shared-records.ts';
import type { RunScript } from './ssh.ts';

/** A shell of this machine, as ssh runs it on another one. */
const here: RunScript = (script, signal) =>
  new Promise((resolve) => {
    const child = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'pipe'], signal, timeout: 60_000 });
    const texts = { out: '', err: '' };
    child.stdout.on('data', (part: Buffer) => (texts.out += part));
    child.stderr.on('data', (part: Buffer) => (texts.err += part));
    child.once('close', (code) => resolve({ kind: 'ended', code: code ?? -1, ...texts }));
    child.stdin.end(`set -eu\n${script}\n`);
  });

const NEVER = new AbortController().signal;

function recordsIn(context: TestContext): { readonly records: SharedRecords; readonly folder: string } {
  const top = temporaryFolder(context);
  const folder = join(top, "it's a network", 'shared');
  return { records: machineRecords(here, folder), folder };
}

test('a record is read as it was written, and replaced only with the version that was read', async (context) => {
  const { records, folder } = recordsIn(context);
  assert.deepEqual(await records.read('memory', NEVER), { ok: true, record: null });
  const text = '{"a":"äö $(id) `x` \'"}\nEOF\n\nlast without end';
  const first = await records.write('memory', text, null, NEVER);
  assert.ok(first.outcome === 'done');
  assert.deepEqual(await records.read('memory', NEVER), {
    ok: true,
    record: { text, version: first.version },
  });
  assert.equal((await records.write('memory', 'b', null, NEVER)).outcome, 'changed');
  assert.equal((await records.write('memory', 'b', 'ab'.repeat(32), NEVER)).outcome, 'changed');
  assert.equal((await records.write('memory', 'b', first.version, NEVER)).outcome, 'done');
  assert.equal(readFileSync(join(folder, 'memory'), 'utf8'), 'b');
  assert.deepEqual(await records.read('lock', NEVER), { ok: true, record: null });
});

test('of many writers of one version exactly one succeeds', async (context) => {
  const { records, folder } = recordsIn(context);
  let version: string | null = null;
  for (let round = 0; round < 3; round++) {
    const tries = Array.from({ length: 8 }, (_, at) =>
      records.write('lock', `${round} ${at}`, version, NEVER),
    );
    const done = (await Promise.all(tries)).filter(({ outcome }) => outcome === 'done');
    assert.equal(done.length, 1, `round ${round}`);
    const read = await records.read('lock', NEVER);
    assert.ok(read.ok && read.record !== null);
    version = read.record.version;
  }
  assert.deepEqual(readdirSync(folder).sort(), ['guard', 'lock']);
});

test('a script that fails, and an answer that is damaged, are not taken for a result', async (context) => {
  const { folder } = recordsIn(context);
  const file = join(folder, '..', '..', 'a-file');
  writeFileSync(file, '');
  const failed = await machineRecords(here, join(file, 'shared')).write('lock', 'a', null, NEVER);
  assert.equal(failed.outcome, 'unknown');
  const damaged = machineRecords(async () => ({ kind: 'ended', code: 0, out: 'x', err: '' }), folder);
  const read = await damaged.read('memory', NEVER);
  assert.equal(read.ok, false);
  const away = machineRecords(async () => ({ kind: 'unreachable', detail: 'no route' }), folder);
  assert.deepEqual(await away.read('memory', NEVER), {
    ok: false,
    reason: 'unreachable',
    detail: 'no route',
  });
});
