import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { localShell } from '../host.ts';
import { testFolder } from '../testing/folder.ts';
import { harbour } from '../testing/harbour.ts';
import { FACTS, HASH } from '../testing/manifest.ts';
import { machineControl, machineFolder } from './machine.ts';

const NEVER = new AbortController().signal;

/** A stand-in for systemd: it records which unit is active, and fails on request. */
const FAKE_SYSTEMCTL = `#!/bin/sh
cd "$(dirname "$0")"
echo "$@" >> calls
[ ! -e fails-$1 ] || exit 1
case $1 in
  start) touch active ;;
  stop) rm -f active ;;
  show) if [ -e strange ]; then echo reloading; elif [ -e active ]; then echo active; else echo inactive; fi ;;
esac
`;

/** In place of the RPC of a node: answers while its unit is active. */
async function fakeRpc(context: TestContext, isUp: () => boolean): Promise<number> {
  const answers: Readonly<Record<string, unknown>> = {
    system_version: FACTS.nodeVersion,
    system_health: { peers: 3, isSyncing: false, shouldHavePeers: true },
    chain_getFinalizedHead: HASH,
    chain_getHeader: { number: '0xa' },
  };
  const server = createServer(async (request, response) => {
    const calls = (await json(request)) as { id: number; method: string; params: unknown[] }[];
    if (!isUp()) return response.destroy();
    const replies = calls.map(({ id, method, params }) => {
      const result =
        method === 'chain_getBlockHash' ? (params[0] === 0 ? FACTS.genesis : HASH) : answers[method];
      return { jsonrpc: '2.0', id, ...(result === undefined ? { error: { code: -32601 } } : { result }) };
    });
    return response.end(JSON.stringify(replies));
  });
  return listening(server, context);
}

async function fake(context: TestContext) {
  const folder = testFolder(context);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'systemctl'), FAKE_SYSTEMCTL);
  chmodSync(join(bin, 'systemctl'), 0o755);
  writeFileSync(join(bin, 'active'), '');
  const port = await fakeRpc(context, () => existsSync(join(bin, 'active')));
  const network = harbour(`backup: {role: backup, ports: {rpc: ${port}}}`);
  const node = network.pools[0]?.nodes[0];
  assert.ok(node !== undefined);
  const run = localShell({ ...process.env, PATH: `${bin}:${process.env.PATH}` });
  return { folder, bin, run, node, network, control: machineControl(run, network, node) };
}

const curl = spawnSync('curl', ['--version'], { stdio: 'ignore', timeout: 20_000 });
const CURL = { skip: curl.status === 0 ? false : 'needs curl' };

test('a unit is looked at, asked over loopback, stopped and started', CURL, async (context) => {
  const { bin, control, network, node } = await fake(context);
  assert.equal(await control.running(NEVER), 'yes');
  assert.deepEqual(await control.facts(NEVER), { ...FACTS, best: { number: 10, hash: HASH } });
  assert.equal(await control.hashOf(10, NEVER), HASH);
  await control.stop(NEVER);
  assert.equal(await control.running(NEVER), 'no');
  await assert.rejects(control.facts(NEVER), /returned an unusable answer/);
  await control.start(NEVER);
  assert.equal(await control.running(NEVER), 'yes');
  assert.match(readFileSync(join(bin, 'calls'), 'utf8'), /stop watchbill-harbour-backup-iron-0\.service/);
  assert.equal(machineFolder(network, node), '/var/lib/watchbill/harbour/backup-iron-0');
});

test('a unit that is neither up nor down, or cannot be asked, is unknown', CURL, async (context) => {
  const { bin, control } = await fake(context);
  writeFileSync(join(bin, 'strange'), '');
  assert.equal(await control.running(NEVER), 'unknown');
  await assert.rejects(control.stop(NEVER), /it is reloading/);
  writeFileSync(join(bin, 'fails-show'), '');
  assert.equal(await control.running(NEVER), 'unknown');
});
