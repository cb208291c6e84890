import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import { type AccessEntry, writeAudit } from './audit.ts';
import { chosenLines, readLog } from './local-log.ts';

test('the last lines, and those that are not older than wished', () => {
  const nowMs = Date.parse('2026-11-20T10:00:00');
  const lines = ['2026-11-20 09:00:00 a', ' more of a', '2026-11-20 09:59:30 b', '2026-11-20 09:59:59.123 c'];
  const all = { tail: null, sinceSeconds: null };
  assert.deepEqual(chosenLines(lines, all, nowMs), lines);
  assert.deepEqual(chosenLines(lines, { ...all, tail: 1 }, nowMs), lines.slice(-1));
  assert.deepEqual(chosenLines(lines, { ...all, tail: 0 }, nowMs), []);
  assert.deepEqual(chosenLines(lines, { ...all, sinceSeconds: 60 }, nowMs), lines.slice(2));
  assert.deepEqual(chosenLines(lines, { tail: 1, sinceSeconds: 60 }, nowMs), lines.slice(3));
  assert.deepEqual(chosenLines(lines, { ...all, sinceSeconds: 0 }, nowMs + 1), []);
});

test('what comes is followed until the signal, also where the log begins anew', async (context) => {
  const folder = temporaryFolder(context);
  const path = join(folder, 'log');
  writeFileSync(path, 'one\ntwo\n');
  const controller = new AbortController();
  let seen = '';
  const until = async (text: string): Promise<void> => {
    for (let waits = 0; !seen.endsWith(text); waits += 1) {
      assert.ok(waits < 2_400, seen);
      await sleep(25);
    }
  };
  const sinks = {
    out: (part: Buffer) => {
      seen += part.toString('utf8');
    },
    err: () => undefined,
  };
  const wish = { follow: true, tail: 1, sinceSeconds: null };
  const reading = readLog(path, wish, 0, sinks, controller.signal);
  await until('two\n');
  appendFileSync(path, 'three\n');
  await until('three\n');
  writeFileSync(path, 'new\n');
  await until('new\n');
  controller.abort();
  await reading;
  assert.equal(seen, 'two\nthree\nnew\n');
});

test('a use is one line, for this user alone; where it cannot be written it is a fault', (context) => {
  const folder = temporaryFolder(context);
  const file = join(folder, 'state', 'access.jsonl');
  const entry: AccessEntry = {
    ...{ at: '2026-11-20T10:00:00.000Z', who: 'ann', network: 'pier', node: 'rpc-main-0' },
    ...{ verb: 'rpc', what: 'system_health' },
  };
  writeAudit(file, entry);
  writeAudit(file, { ...entry, verb: 'logs', what: null });
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).verb),
    ['rpc', 'logs'],
  );
  assert.equal(statSync(file).mode & 0o077, 0);
  assert.throws(() => writeAudit(join(file, 'below'), entry), { code: 'failed' });
});
