import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from '../../testing/run-guard.ts';

const folder = temporaryFolder();

const STORE =
  'store: { kind: etcd, endpoints: ["127.0.0.1:1"], prefix: /watchbill-guard/v/, timeoutMs: 200 }\n';

async function guard(yaml: string, ...args: readonly string[]) {
  writeFileSync(join(folder, 'pair.yaml'), yaml);
  return runFake(['guard', ...args, '--pair', 'pair.yaml'], { cwd: folder });
}

test('a wrong pair file is refused with the place of each mistake', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [STORE, /name is missing/],
    [`name: Alpha\n${STORE}`, /name: lower-case letters, digits and dashes.*pair\.yaml:1:7/s],
    ['name: alpha\nstore: { kind: sqlite }\n', /store\.kind.*use one of: etcd, tikv/s],
    [
      'name: alpha\nstore: { kind: etcd, endpoints: ["127.0.0.1:1"], prefix: watchbill }\n',
      /store\.prefix: expected \/NAME\//,
    ],
    ['name: alpha\nstore: { kind: etcd, endpoints: [], prefix: /v/ }\n', /store\.endpoints/],
    [`name: alpha\n${STORE}fence: { command: [] }\n`, /fence\.command/],
    [`name: alpha\n${STORE}fence: { command: [x], afterMs: 1000 }\n`, /fence\.afterMs/],
    [`name: alpha\n${STORE}fenced: { command: [x] }\n`, /unknown key fenced.*did you mean fence\?/s],
  ];
  for (const [yaml, expected] of cases) {
    const { code, stderr } = await guard(yaml, 'pair');
    assert.deepEqual([code, expected.test(stderr)], [2, true], stderr);
  }
});

test('a pair file that is missing is named with the page that shows one', async () => {
  const { code, stderr } = await runFake(['guard', 'pair', '--pair', 'none.yaml'], { cwd: folder });
  assert.equal(code, 2);
  assert.match(stderr, /none\.yaml.*`watchbill docs guard-pair`/s);
});

test('a store that does not answer is an error with a remedy, for each command of a pair', async () => {
  for (const args of [
    ['pair'],
    ['handover', '--to', 'bravo'],
    ['handover', '--cancel'],
    ['take-over', '--to', 'bravo', '--reason', 'alpha is off', '--yes'],
  ]) {
    const { code, stderr, stdout } = await guard(`name: alpha\n${STORE}`, ...args);
    assert.equal(code, 1, `${args.join(' ')}: ${stdout}${stderr}`);
    assert.match(stderr, /127\.0\.0\.1:1/);
  }
});

test('a handover and a take-over name a machine, and a cancellation names none', async () => {
  for (const [args, expected] of [
    [['handover'], /--to is missing.*for example --to bravo/s],
    [['handover', '--cancel', '--to', 'bravo'], /--cancel stands alone/],
    [['handover', '--cancel', '--execute'], /--cancel stands alone/],
    // A record with such a name would be one that no guard can read.
    [
      ['take-over', '--reason', 'new', '--to', 'Alpha.example'],
      /"Alpha.example" is not the name.*pair file/s,
    ],
  ] as const) {
    const { code, stderr } = await guard(`name: alpha\n${STORE}`, ...args);
    assert.deepEqual([code, expected.test(stderr)], [2, true], stderr);
  }
});
