import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from '../testing/run-guard.ts';

const folder = temporaryFolder();
const [ALICE, BOB] = [
  '5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY',
  '5HpG9w8EBLe5XCrbczpwq5TSXvedjrBGCwqxK1iQ7qUsSWFc',
];
const NODES = ['--database', '.', '--rpc', 'ws://127.0.0.1:1', '--witness', 'ws://127.0.0.1:2'];
const entry = (validator: string, name: string): string =>
  `  - { validator: ${validator}, sealed: sealed-${name}, identity: ${name}, pair: pair-${name} }\n`;

async function run(yaml: string, ...args: readonly string[]) {
  writeFileSync(join(folder, 'spare.yaml'), `validators:\n${yaml}`);
  return runFake(['guard', 'run', ...NODES, ...args, '--', 'node'], { cwd: folder });
}

test('a wrong spare file, or flags that it replaces, are refused', async () => {
  const two = entry(ALICE ?? '', 'a') + entry(BOB ?? '', 'b');
  const spare = ['--spare', 'spare.yaml'];
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [entry('alice', 'a'), spare, /validators\.0\.validator: expected an SS58 address.*spare\.yaml:2/s],
    [entry(ALICE ?? '', 'a').replace(', identity: a', ''), spare, /validators\.0\.identity is missing/],
    ['  []\n', spare, /validators/],
    [two.replace('pair-b', 'pair-a'), spare, /two validators have one pair: .*pair-a.*give each its own/s],
    [two.replace('sealed-b', 'sealed-a'), spare, /two validators have one sealed/],
    [entry(ALICE ?? '', 'a') + entry(ALICE ?? '', 'b'), spare, /two validators have one validator: 5GNJ/],
    [
      two,
      [...spare, '--witness', 'ws://127.0.0.1:2/x', 'ws://127.0.0.1:1'],
      /one independent node is too few/,
    ],
    [two, [...spare, '--validator', ALICE ?? ''], /--spare stands alone.*leave --sealed/s],
    [two, ['--sealed', 'sealed-a'], /--sealed or --identity is missing.*name both/s],
  ];
  for (const [yaml, flags, expected] of cases) {
    const { code, stderr } = await run(yaml, ...flags);
    assert.deepEqual([code, expected.test(stderr)], [2, true], stderr);
  }
});
