// Backups of a node on a machine, over a real ssh: the copy runs there, and nothing passes through here but the manifest.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Io, runCli, systemIo } from '../../packages/cli/src/index.ts';
import { type Loopback, startLoopback } from './loopback.ts';

const NODE = '/var/lib/watchbill/harbour/backup-iron-0';
const SEED = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const hash = (of: string) => `0x${of.repeat(32)}`;

let machine: Loopback;
let folder: string;
let rpc: { readonly server: Server; readonly port: number };
/** What the stand-in of the node says is final. */
let height = 10;

/** No systemd runs for the view: this keeps which unit is active. */
const FAKE_SYSTEMCTL = `#!/bin/sh
s=/var/lib/fake-systemctl
mkdir -p $s
echo "$@" >> $s/calls
for last; do :; done
case $1 in
  start) touch "$s/$last.active"; touch FOLDER/active ;;
  stop) rm -f "$s/$last.active" FOLDER/active ;;
  show) if [ -f "$s/$last.active" ]; then echo active; else echo inactive; fi ;;
esac
`;

before(async () => {
  machine = await startLoopback();
  folder = mkdtempSync(join(tmpdir(), 'watchbill-backup-'));
  const program = join(machine.folder, 'bin/systemctl');
  writeFileSync(program, FAKE_SYSTEMCTL.replaceAll('FOLDER', folder));
  chmodSync(program, 0o755);
  rpc = await fakeNode(() => existsSync(join(folder, 'active')));
  mkdirSync(join(folder, 'store'));
  writeFileSync(
    join(folder, 'network.yaml'),
    `format: watchbill/network/1
name: harbour
chain: {name: westend}
machines: {iron: {host: 127.0.0.1, port: ${machine.port}}}
defaults:
  software: {binary: {source: /node, sha256: ${'ab'.repeat(32)}}, sdk: stable2509}
backup: {archive: {address: "folder:${join(folder, 'store')}"}}
pools:
  backup: {role: backup, ports: {rpc: ${rpc.port}}}
`,
  );
  machine.on(`mkdir -p ${NODE}/data/chains/westend2/paritydb/full ${NODE}/keys ${NODE}/data/chains/westend2/keystore
cd ${NODE}
echo first > data/chains/westend2/paritydb/full/table_00
echo second > data/chains/westend2/paritydb/full/table_01
echo '${SEED}' > data/chains/westend2/keystore/6261626500
echo '${SEED}' > keys/node.key
systemctl start watchbill-harbour-backup-iron-0.service`);
});
after(async () => {
  rpc?.server.close();
  rpc?.server.closeAllConnections();
  await machine?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** In place of the RPC of a node: answers while its unit is active. */
async function fakeNode(isUp: () => boolean) {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (!isUp()) return response.destroy();
      const calls = JSON.parse(Buffer.concat(parts).toString()) as {
        id: number;
        method: string;
        params: unknown[];
      }[];
      const answers: Readonly<Record<string, unknown>> = {
        system_version: '1.0.0',
        system_health: { peers: 3, isSyncing: false, shouldHavePeers: true },
        chain_getFinalizedHead: hash('b2'),
        chain_getHeader: { number: `0x${height.toString(16)}` },
      };
      const replies = calls.map(({ id, method, params }) => {
        const result =
          method === 'chain_getBlockHash' ? hash(params[0] === 0 ? 'a1' : 'b2') : answers[method];
        return { jsonrpc: '2.0', id, result: result ?? null };
      });
      return response.end(JSON.stringify(replies));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function command(...args: readonly string[]) {
  const texts = { out: '', err: '' };
  const io: Io = {
    ...systemIo(),
    cwd: folder,
    out: (text) => {
      texts.out += text;
    },
    err: (text) => {
      texts.err += text;
    },
  };
  const code = await runCli(['fleet', 'backup', ...args, '--ssh-config', machine.sshConfigFile], io);
  return { code, ...texts };
}

test('a node on a machine is stopped, copied there, started, and put back', async () => {
  const made = await command('run');
  assert.equal(made.code, 0, made.out + made.err);
  assert.match(made.out, /2 files, 13 B, block 10 final/);
  assert.match(machine.on('systemctl show watchbill-harbour-backup-iron-0.service'), /^active/);
  assert.equal(machine.on(`grep -rlF '${SEED}' ${folder}/store || echo none`).trim(), 'none');

  const listed = await command('list');
  assert.match(listed.out, /10 +13 B +folder +whole/);

  // The database goes bad, and the node with it; what it was is known from elsewhere.
  machine.on(
    `cd ${NODE} && echo broken > data/chains/westend2/paritydb/full/table_00 && systemctl stop watchbill-harbour-backup-iron-0.service`,
  );
  const unknown = await command('restore');
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /which chain it is of is not known/);
  const other = await command('restore', '--genesis', hash('ee'));
  assert.equal(other.code, 2);
  const restored = await command('restore', '--genesis', hash('a1'));
  assert.equal(restored.code, 0, restored.out + restored.err);
  assert.equal(machine.on(`cat ${NODE}/data/chains/westend2/paritydb/full/*`), 'first\nsecond\n');
  assert.equal(machine.on(`ls -A ${NODE} ${NODE}/data/chains/westend2`).includes('before'), false);

  // A node that does not come up on it gets its own back.
  machine.on(`echo newer > ${NODE}/data/chains/westend2/paritydb/full/table_02`);
  height = 9;
  const fell = await command('restore', '--older', '--start-timeout', '0.03');
  assert.equal(fell.code, 1);
  assert.match(fell.err, /runs on its old database again/);
  assert.equal(machine.on(`cat ${NODE}/data/chains/westend2/paritydb/full/*`), 'first\nsecond\nnewer\n');
});
