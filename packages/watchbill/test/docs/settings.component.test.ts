// Settings that pages show in YAML are taken by what reads such settings, and are the defaults where the page
// says so.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readNetwork } from '@watchbill/fleet/file';
import { GATEWAY_ERRORS, gatewayShape } from '@watchbill/fleet/gateway';
import { rolloutSettings } from '@watchbill/fleet/run/rollout';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { runCli, systemIo } from 'watchbill';
import { parse } from 'yaml';

leaveNothing('settings');

const DIGEST = 'ab'.repeat(32);
const NETWORK = `format: watchbill/network/1
name: harbour
chain: {name: westend}
clusters: {frankfurt: {context: one}, singapore: {context: two}}
defaults: {software: {image: 'example.org/node@sha256:${DIGEST}', command: polkadot, sdk: stable2509}}
`;

/** The first YAML block of a page that has a text. */
function yamlWith(page: string, text: string): string {
  const blocks = pageText(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm);
  const found = [...blocks].map(([, block = '']) => block).find((block) => block.includes(text));
  assert.ok(found !== undefined, `${page} has no YAML with ${text}`);
  return found;
}

/** Reads a network file that has been put together from a page. */
function assertNetwork(text: string): void {
  const read = readNetwork(text, new Map());
  assert.deepEqual(read.ok ? [] : read.problems, []);
}

test('the settings of the gateway on its page are taken, and its errors are those of the gateway', () => {
  const page = 'docs/fleet/how-to/rpc-gateway.md';
  const text = yamlWith(page, 'behindTls').replace("'0x…'", `'0x${DIGEST}'`);
  const settings = gatewayShape.safeParse(parse(text));
  assert.equal(settings.error?.message, undefined);
  const shown = [...pageText(page).matchAll(/^\| (-\d+) \|/gm)];
  const codes = shown.map(([, code]) => Number(code));
  const own = Object.values(GATEWAY_ERRORS).filter((code) => code <= -32_101 && code >= -32_199);
  assert.ok(own.length > 3);
  for (const code of own) assert.ok(codes.includes(code), `${code} is not on the page`);
  for (const code of codes)
    assert.ok(Object.values<number>(GATEWAY_ERRORS).includes(code), `${code} is not an error of it`);
});

test('the settings of roll-outs on their page are the defaults, and a network file takes them', () => {
  const text = yamlWith('docs/fleet/how-to/roll-out.md', 'rollout:');
  const { rollout } = parse(text) as { readonly rollout: unknown };
  assert.deepEqual(JSON.parse(JSON.stringify(rolloutSettings(rollout as never))), rollout);
  assert.deepEqual(rolloutSettings(rollout as never), rolloutSettings(undefined));
  assertNetwork(`${NETWORK}pools: {rpc: {role: rpc, place: frankfurt}}\n${text}`);
});

test('volumes that grow, and two machines with one set of keys, are written as their pages show', () => {
  const grow = yamlWith('docs/fleet/how-to/roll-out.md#let-volumes-grow', 'grow:');
  assertNetwork(`${NETWORK}pools:\n  rpc:\n    role: rpc\n    place: frankfurt\n${grow}`);
  assertNetwork(`${NETWORK}${yamlWith('docs/fleet/how-to/session-keys.md#share-one-set-of-keys', 'pools:')}`);
});

test('what happens in a first simulation is what its page shows', async (context) => {
  const cwd = mkdtempSync(join(tmpdir(), 'watchbill-simulation-'));
  context.after(() => rmSync(cwd, { recursive: true, force: true }));
  const io = { ...systemIo(), cwd, out: () => undefined };
  writeFileSync(join(cwd, 'node'), '');
  assert.equal(await runCli(['fleet', 'simulate', 'init', '--command', './node', '--chain', 'dev'], io), 0);
  const { run } = parse(readFileSync(join(cwd, 'simulation.yaml'), 'utf8')) as { readonly run: unknown };
  const shown = parse(yamlWith('docs/fleet/how-to/simulate.md', 'run:')) as { readonly run: unknown };
  assert.deepEqual(run, shown.run);
});
