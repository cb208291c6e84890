// The examples of docs/how-to/fit-your-cluster.md are accepted, and its refusal is printed as it is shown.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { IMAGE } from '../testing/networks.ts';
import { readNetwork } from './read.ts';

const PAGE = readFileSync(new URL('../../../../docs/how-to/fit-your-cluster.md', import.meta.url), 'utf8');
const HEAD = `format: watchbill/network/1
name: harbour
chain: {name: westend}
clusters: {main: {}}
defaults: {software: {image: "${IMAGE}", sdk: stable2509}}
`;
const POOLS = 'pools: {validators: {role: validator, count: 3}}\n';

const blocks = [...PAGE.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

test('the page has an example of pods, of a container and of a patch', () => {
  assert.equal(blocks.length, 3);
});

for (const [index, block] of blocks.entries())
  test(`example ${index + 1} of the page is accepted`, () => {
    const read = readNetwork(`${HEAD}${block.startsWith('pools:') ? '' : POOLS}${block}`);
    assert.ok(read.ok, read.ok ? '' : read.problems.map(({ what }) => what).join('\n'));
  });

test('the refusal on the page is that of the command', () => {
  const patch = '[{kind: StatefulSet, name: validators-main-0, patch: {spec: {replicas: 2}}}]';
  const read = readNetwork(`${HEAD}${POOLS}patches: ${patch}\n`);
  assert.ok(!read.ok);
  const [{ what, remedy } = { what: '', remedy: '' }] = read.problems;
  assert.ok(PAGE.includes(`\nerror: ${what}\n`), what);
  assert.ok(PAGE.includes(`  what to do: ${remedy}\n`), remedy);
});
