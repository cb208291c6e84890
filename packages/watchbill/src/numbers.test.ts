import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFake } from './testing/run-all.ts';

/** Each line is refused for its number. The files that it names do not exist. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  '--gate-timeout': ['fleet', 'apply', '0a1b2c3d4e5f'],
  '--timeout': ['fleet', 'plan'],
  '--timeout ': ['fleet', 'status'],
  '--timeout  ': ['fleet', 'scale', 'rpc', '3'],
  '--timeout   ': ['fleet', 'secrets', 'list'],
  '--timeout    ': ['fleet', 'storage', 'grow'],
  '--timeout     ': ['fleet', 'access', 'rpc', 'node', 'system_health'],
  '--since': ['fleet', 'access', 'logs', 'node'],
  '--tail': ['fleet', 'access', 'logs', 'node'],
};

for (const [flag, line] of Object.entries(LINES))
  test(`${line.join(' ')} ${flag.trim()}: a value that is not a number is refused`, async () => {
    for (const text of ['5z', 'abc', '-1', '', '99999999999999999']) {
      const { all, code } = await runFake([...line, `${flag.trim()}=${text}`], { cwd: '/nonexistent' });
      assert.ok(code === 2, all);
      assert.match(all, /is not a (whole number of (seconds|lines) from|time)/, text);
      assert.match(all, new RegExp(`where: +flag ${flag.trim()}\n`));
      assert.doesNotMatch(all, /defect/);
    }
  });
