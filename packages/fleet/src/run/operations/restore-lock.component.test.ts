import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Fault, systemClock } from '@watchbill/kit';
import { localShell } from '../backup/host.ts';
import { testFolder } from '../backup/testing/folder.ts';
import { harbour } from '../backup/testing/harbour.ts';
import type { RunScript } from '../machines/ssh.ts';
import { restoreNode } from './backup-node.ts';
import { type BackupPorts, backupNode } from './backup-session.ts';
import { lockedDestination, underRestoreLock } from './restore-lock.ts';

const { signal } = new AbortController();
const FOLDER = '/var/lib/watchbill-fleet';

/** A machine whose folder of records is in a folder of the test; `scripts` are those that it ran. */
function bench(context: TestContext, role: 'rpc' | 'validator') {
  const top = testFolder(context);
  const scripts: string[] = [];
  const shell = localShell(process.env);
  const run: RunScript = (script, outer) => {
    scripts.push(script);
    return shell(`set -eu\n${script.replaceAll(FOLDER, top)}`, outer);
  };
  const network = harbour(`one: {role: ${role}, count: 1}`);
  const ports: BackupPorts = {
    ...{ clock: systemClock(), runHere: run, openLocal: null, pathHere: (path) => path },
    holder: { user: 'alice', host: 'desk', pid: 1, origin: '', startTicks: '' },
    openMachine: () => ({ run, close: () => undefined }) as unknown as ReturnType<BackupPorts['openMachine']>,
    openCluster: () => assert.fail('it is a machine'),
    records: join(top, 'records'),
  };
  const input = {
    ...{ network, node: backupNode(network, 'one-iron-0', 'network.yaml'), here: false, timeoutMs: 60_000 },
    ...{ archive: { address: 'folder:/mnt/archive' }, signal, waitMs: 0, onLock: () => undefined },
  };
  const shared = join(top, 'harbour/shared');
  const put = (user: string) => {
    const holder = { user, host: 'h', pid: 3, origin: '', startTicks: '' };
    const record = { format: 'watchbill/lock/1', token: user, holder, work: 'apply plan 5ab1', sinceMs: 0 };
    mkdirSync(shared, { recursive: true });
    writeFileSync(
      join(shared, 'lock'),
      JSON.stringify({ ...record, renewedMs: 0, renewals: 0, takeovers: 0 }),
    );
  };
  const session = { run, cluster: null, signal } as unknown as Parameters<typeof underRestoreLock>[2];
  return { scripts, ports, input, put, session, file: (name: string) => join(shared, name) };
}

const refused = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === code && pattern.test(error.message);

test('a restore is refused while a colleague applies, and does nothing to the node', async (context) => {
  const { ports, input, put, scripts } = bench(context, 'rpc');
  put('carol');
  const restore = {
    ...{ backup: null, of: null, genesis: null, older: false, keepOld: false, signerWithoutKeys: false },
    ...{ startMs: 1_000, onEvent: () => undefined },
  };
  await assert.rejects(
    restoreNode(ports, { ...input, ...restore }),
    refused('network-locked', /works on network harbour: apply plan 5ab1 of carol@h/),
  );
  assert.deepEqual(
    scripts.filter((script) => /systemctl|\bcp\b|\bmv\b/.test(script)),
    [],
  );
});

test('a restore of a signer is in the shared memory before the node is touched, and its end after it', async (context) => {
  const { ports, input, session, file } = bench(context, 'validator');
  const touched: string[] = [];
  const destination = { refuseSigner: async () => void touched.push('asked') };
  await underRestoreLock(ports, input, session, async (confirm) => {
    assert.match(readFileSync(file('lock'), 'utf8'), /"work":"restore one-iron-0 at iron"/);
    assert.equal(existsSync(file('memory')), false);
    const locked = lockedDestination(
      destination as unknown as Parameters<typeof lockedDestination>[0],
      confirm,
    );
    await locked.refuseSigner(signal);
    assert.match(readFileSync(file('memory'), 'utf8'), /"begun".*"signing":\["restore one-iron-0 at iron"\]/);
  });
  assert.deepEqual(touched, ['asked']);
  assert.match(readFileSync(file('memory'), 'utf8'), /"ended"/);
  assert.match(readFileSync(file('lock'), 'utf8'), /"holder":null/);
});

test('once a colleague took the lock, the node is not touched', async (context) => {
  const { ports, input, session, put } = bench(context, 'rpc');
  const destination = { refuseSigner: async () => assert.fail('it was asked') };
  const lost = underRestoreLock(ports, input, session, async (confirm) => {
    put('carol');
    await lockedDestination(
      destination as unknown as Parameters<typeof lockedDestination>[0],
      confirm,
    ).refuseSigner(signal);
  });
  await assert.rejects(lost, refused('lock-lost', /apply plan 5ab1 of carol@h/));
});
