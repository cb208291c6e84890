import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '@watchbill/kit';
import { decimalOf, spanOf, wholeOf } from '@watchbill/kit/command/numbers';
import { runFake } from './testing/run-all.ts';

const SECONDS = { where: 'flag --timeout', of: 'seconds', least: 1, most: 60 };

test('whole numbers are digits in their range, and nothing else', () => {
  assert.equal(wholeOf('1', SECONDS), 1);
  assert.equal(wholeOf('60', SECONDS), 60);
  for (const text of ['', ' ', '0', '61', '5m', 'abc', '-1', '1.5', '1e1', '0x10', 'NaN', 'Infinity', '5 '])
    assert.throws(
      () => wholeOf(text, SECONDS),
      (error) =>
        error instanceof Fault &&
        error.kind === 'usage' &&
        error.problems[0]?.where === 'flag --timeout' &&
        /is not a whole number of seconds from 1 to 60/.test(error.message),
      text,
    );
});

test('numbers with decimals, and times with a unit', () => {
  assert.equal(decimalOf('0.5', { ...SECONDS, least: 0.1 }), 0.5);
  for (const text of ['', '.5', '5.', '0', '0.05', '1e1', '-1', '5m'])
    assert.throws(() => decimalOf(text, { ...SECONDS, least: 0.1 }), Fault, text);
  assert.deepEqual(
    ['30s', '10m', '2h', '3d'].map((text) => spanOf(text, '--since')),
    [30, 600, 7_200, 259_200],
  );
  for (const text of ['10', 'm', '1w', '-1m', '1.5h', ''])
    assert.throws(() => spanOf(text, '--since'), /is not a time/, text);
});

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
