import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type SshRun, shellWord, ssh, sshOptions } from './index.ts';

const AT = { host: 'box', port: 22, user: 'root', configFile: null, connectMs: 60_000 };

/** An `ssh` that runs the command here by a shell, as a server does. */
function withSsh(
  t: TestContext,
): (words: readonly string[], run?: Partial<SshRun>) => ReturnType<typeof ssh> {
  const folder = mkdtempSync(join(tmpdir(), 'ssh-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ssh'), '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n', {
    mode: 0o755,
  });
  const limits = { input: '', deadlineMs: 20_000, mostBytes: 10_000 };
  return (words, run = {}) =>
    ssh(AT, words, { ...limits, env: { PATH: `${folder}:${process.env.PATH}` }, ...run });
}

test('any word reaches a shell as it is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))), (words) => {
      const bytes = words.map((word) => Buffer.from(word));
      const out = execFileSync('sh', [
        '-c',
        `for w in ${words.map(shellWord).join(' ')}; do printf '%s\\0' "$w"; done`,
      ]);
      assert.deepEqual(out, Buffer.concat(bytes.flatMap((one) => [one, Buffer.from([0])])));
    }),
    { numRuns: 50 },
  );
  assert.throws(() => shellWord('a\0b'), TypeError);
});

test('a command gets its words and its input, and gives its output and its status', async (t) => {
  const run = withSsh(t);
  const words = ['sh', '-c', 'printf "%s|" "$0" "$@"; cat; echo oh >&2; exit 3', "it's", '$HOME', ''];
  assert.deepEqual(await run(words, { input: 'secret' }), {
    ...{ code: 3, out: "it's|$HOME||secret", err: 'oh\n', failure: null },
  });
});

test('endless output, silence, a signal and a missing program end a command', async (t) => {
  const run = withSsh(t);
  const long = await run(['sh', '-c', 'while :; do echo y; done']);
  assert.deepEqual([long.failure?.code, long.out.length <= 10_000], ['too-long', true]);
  assert.equal((await run(['exec', 'sleep', '60'], { deadlineMs: 300 })).failure?.code, 'late');
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  assert.equal((await run(['exec', 'sleep', '60'], { signal: stop.signal })).failure?.code, 'stopped');
  const missing = await run(['true'], { env: { PATH: '/nowhere' } });
  assert.equal(missing.failure?.text, 'ssh is not on this machine');
});

test('login and port are options; everything else comes from the configuration of ssh', () => {
  const own = sshOptions(AT);
  assert.deepEqual(own.slice(-4), ['-p', '22', '-l', 'root']);
  assert.ok(own.includes('StrictHostKeyChecking=yes') && own.includes('BatchMode=yes'));
  const set = ['-F', '-i', 'IdentityFile', 'ProxyJump', 'HostName', 'UserKnownHostsFile'];
  assert.ok(!own.some((word) => set.some((one) => word.startsWith(one))), own.join(' '));
  assert.deepEqual(sshOptions({ ...AT, configFile: '/x' }).slice(0, 2), ['-F', '/x']);
});
