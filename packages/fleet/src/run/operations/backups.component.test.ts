import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Fault } from '@watchbill/kit';
import { systemClock } from '@watchbill/kit';
import type { Role } from '../../file/graph/index.ts';
import { signs } from '../../file/normalise/index.ts';
import { localShell } from '../backup/host.ts';
import type { NodeControl } from '../backup/port.ts';
import { contentsBelow, fill, testFolder } from '../backup/testing/folder.ts';
import { harbour } from '../backup/testing/harbour.ts';
import { DATABASE, FACTS, HASH } from '../backup/testing/manifest.ts';
import { listBackups, pruneBackups, verifyBackup } from './backup-archives.ts';
import { backUp, restoreNode } from './backup-node.ts';
import { type BackupInput, type BackupPorts, backupNode } from './backup-session.ts';

const NEVER = new AbortController().signal;

/** A node on this machine with a database of files. `answers`: whether it answers, while it runs. */
interface Bench {
  readonly ports: BackupPorts;
  readonly input: (change?: Partial<BackupInput>) => BackupInput;
  readonly file: string;
  readonly folder: string;
  readonly top: string;
  readonly calls: string[];
  readonly node: { running: boolean; answers: boolean; keys: readonly string[] };
}

function bench(context: TestContext, role: Role = 'backup'): Bench {
  const top = testFolder(context);
  const folder = join(top, 'node');
  fill(folder, DATABASE);
  mkdirSync(join(top, 'archive'));
  const network = harbour(`one: {role: ${role}, count: 1}`);
  const calls: string[] = [];
  const node: Bench['node'] = { running: true, answers: true, keys: [] };
  const ports: BackupPorts = {
    clock: systemClock(),
    runHere: localShell(process.env),
    openMachine: () => assert.fail('the network is on this machine'),
    openCluster: () => assert.fail('the network is on this machine'),
    openLocal: async () => ({
      control: controlOf(role, node, calls),
      folder,
      lockFile: join(top, 'copy.lock'),
      genesisOfOthers: async () => null,
      close: () => void calls.push('close'),
    }),
    pathHere: (path) => join(top, path),
    records: join(top, 'records'),
  };
  const archive = { address: `folder:${join(top, 'archive')}` };
  const common = { network, node: backupNode(network, 'one-iron-0', 'network.yaml'), archive };
  const input = (change: Partial<BackupInput> = {}) => ({
    ...{ ...common, here: false, timeoutMs: 60_000, signal: NEVER },
    ...change,
  });
  return { ports, input, file: join(top, 'network.yaml'), folder, top, calls, node };
}

function controlOf(role: Role, state: Bench['node'], calls: string[]): NodeControl {
  return {
    ...{ network: 'harbour', node: 'one-iron-0', pool: 'one', role, pruning: 256 },
    running: async () => (state.running ? 'yes' : 'no'),
    signing: async () => ({ signs: signs(role), keys: state.keys }),
    facts: async () => {
      if (!state.running || !state.answers) throw new Error('no answer');
      return FACTS;
    },
    hashOf: async () => HASH,
    stop: async () => {
      calls.push('stop');
      state.running = false;
    },
    start: async () => {
      calls.push('start');
      state.running = true;
    },
  };
}

const RUN = { anyRole: false, withNodeKey: false, startMs: 5_000 };
const RESTORE = {
  ...{ backup: null, of: null, genesis: null, older: false, keepOld: false, signerWithoutKeys: false },
  ...{ startMs: 5_000, waitMs: 0, onLock: () => undefined },
};

function run({ ports, input, file, top }: Bench, steps: string[] = [], change: Partial<BackupInput> = {}) {
  const onEvent = ({ step }: { readonly step: string }) => void steps.push(step);
  return backUp(ports, { ...input(change), ...RUN, file, metrics: join(top, 'metrics'), onEvent });
}

/** Code and kind of a fault. */
async function refused(work: Promise<unknown>): Promise<readonly [string, string]> {
  const { code, kind } = await work.then(
    () => assert.fail('it was not refused'),
    (error: Fault) => error,
  );
  return [code, kind];
}

test('a backup is made, listed, read back, put back and pruned, and each step is an event', async (context) => {
  const one = bench(context);
  const steps: string[] = [];
  mkdirSync(join(one.top, 'metrics'));
  const { id } = await run(one, steps);
  assert.deepEqual(steps, ['preflight', 'stopped', 'copied', 'verified', 'started', 'published']);
  assert.deepEqual(one.calls, ['stop', 'start', 'close']);
  assert.deepEqual(
    (await listBackups(one.ports, one.input())).map((each) => each.id),
    [id],
  );
  assert.equal((await verifyBackup(one.ports, { ...one.input(), backup: null })).id, id);

  fill(one.folder, { 'data/chains/x/db/full/000001.sst': 'broken' });
  const events: unknown[] = [];
  const onEvent = (event: unknown) => void events.push(event);
  await restoreNode(one.ports, { ...one.input(), ...RESTORE, onEvent });
  assert.deepEqual(contentsBelow(one.folder), DATABASE);
  assert.deepEqual(events.at(-1), { kind: 'step', step: 'done', form: 'files' });

  const keep = { last: 1, days: null };
  assert.deepEqual(await pruneBackups(one.ports, { ...one.input(), keep, apply: true }), {
    ...{ keep: [id], held: [], remove: [] },
  });
  assert.deepEqual(readdirSync(join(one.top, 'records')), [], 'no lock and no record stays');
});

test('a fault has the code and the kind that a command and a program read', async (context) => {
  const one = bench(context);
  const none = { ...one.input(), archive: {} };
  assert.deepEqual(await refused(listBackups(one.ports, none)), ['usage', 'usage']);
  assert.deepEqual(await refused(verifyBackup(one.ports, { ...one.input(), backup: null })), [
    ...['backup-archive', 'fault'],
  ]);
  const keep = { last: null, days: null };
  assert.deepEqual(await refused(pruneBackups(one.ports, { ...one.input(), keep, apply: true })), [
    ...['usage', 'usage'],
  ]);
  const { id } = await run(one);
  const data = join(one.top, 'archive/harbour/one-iron-0', id, 'data');
  rmSync(join(data, 'data/chains/x/db/full/CURRENT'));
  assert.deepEqual(await refused(verifyBackup(one.ports, { ...one.input(), backup: id })), [
    ...['backup-damaged', 'denied'],
  ]);
  const signer = bench(context, 'validator');
  assert.deepEqual(await refused(run(signer)), ['backup-role', 'denied']);
  assert.ok(!signer.calls.includes('stop'));
});

test('a signer with a key gets no backup, and one without gets one only if a person says so', async (context) => {
  const one = bench(context);
  const made = await run(one);
  const signer = bench(context, 'validator');
  const from = { archive: { address: `folder:${join(one.top, 'archive')}` } };
  const onEvent = () => undefined;
  const restore = (signerWithoutKeys: boolean) =>
    restoreNode(signer.ports, { ...signer.input(from), ...RESTORE, older: true, signerWithoutKeys, onEvent });
  assert.deepEqual(await refused(restore(false)), ['backup-signer', 'denied']);
  signer.node.keys = ['/keystore/6772616eab'];
  assert.deepEqual(await refused(restore(true)), ['backup-signer', 'denied']);
  assert.deepEqual(signer.calls, ['close', 'close']);
  signer.node.keys = [];
  assert.equal((await restore(true)).id, made.id);
});

test('a stop and the end of the time are faults, and the node is up after both', async (context) => {
  const one = bench(context);
  const controller = new AbortController();
  const onEvent = ({ step }: { readonly step: string }) => {
    if (step === 'stopped') controller.abort();
  };
  const stopped = {
    ...one.input({ signal: controller.signal }),
    ...RUN,
    file: one.file,
    metrics: null,
    onEvent,
  };
  assert.deepEqual(await refused(backUp(one.ports, stopped)), ['backup-stopped', 'fault']);
  assert.ok(one.node.running);
  const late = bench(context);
  late.node.answers = false;
  const [code] = await refused(run(late, [], { timeoutMs: 300 }));
  assert.match(code, /^backup-/);
  assert.ok(late.node.running);
  assert.equal(late.calls.at(-1), 'close');
});
