import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Plan } from '@watchbill/fleet';
import { openMachineTarget } from '@watchbill/fleet/machines';
import { systemClock } from '@watchbill/store';
import { type Io, runCli, systemIo } from '../../packages/cli/src/index.ts';
import { type StandIn, standIn } from '../fleet/cli-ground.ts';
import { type Loopback, startLoopback } from './loopback.ts';

let machine: Loopback;
/** RPC and metrics of the validator, then of the RPC node. */
let nodes: readonly StandIn[] = [];
before(async () => {
  nodes = await Promise.all([standIn(), standIn(), standIn(), standIn()]);
  machine = await startLoopback();
});
after(async () => {
  await machine?.close();
  for (const node of nodes) node.close();
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function fleet(...args: readonly string[]): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    ...systemIo(),
    cwd: machine.folder,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  };
  const code = await runCli(['fleet', ...args, '--ssh-config', machine.sshConfigFile], io);
  return { code, stdout: out.join(''), stderr: err.join('') };
}

/** A program of the test in place of a node; systemd is told of it, and it never runs. */
function program(name: string): { readonly source: string; readonly sha256: string } {
  const source = join(machine.folder, name);
  const text = `#!/bin/sh\n# ${name}\n`;
  writeFileSync(source, text);
  return { source, sha256: createHash('sha256').update(text).digest('hex') };
}

function writeNetwork(
  binary: { readonly source: string; readonly sha256: string },
  rpc: boolean,
  more = '',
): void {
  const [rpcPort, metricsPort, otherRpcPort, otherMetricsPort] = nodes.map(({ port }) => port);
  const text = `format: watchbill/network/1
name: pier
chain:
  name: westend
machines:
  one:
    host: 127.0.0.1
    port: ${machine.port}
    user: root
defaults:
  software:
    binary: { source: ${binary.source}, sha256: ${binary.sha256} }
    command: polkadot
    sdk: stable2509
pools:
  validators:
    role: validator
    count: 1
    place: one
    ports: { rpc: ${rpcPort}, metrics: ${metricsPort} }
${rpc ? `  rpc:\n    role: rpc\n    count: 1\n    place: one\n    ports: { p2p: 30444, rpc: ${otherRpcPort}, metrics: ${otherMetricsPort} }\n` : ''}${more}`;
  writeFileSync(join(machine.folder, 'network.yaml'), text);
}

async function planned(): Promise<{ readonly code: number; readonly plan: Plan }> {
  const { code, stdout, stderr } = await fleet('plan', '--json');
  assert.notEqual(stdout, '', stderr);
  return { code, plan: (JSON.parse(stdout) as { plan: Plan }).plan };
}

async function settle(...flags: readonly string[]): Promise<Plan> {
  const { plan } = await planned();
  assert.deepEqual(plan.problems, []);
  const done = await fleet('apply', plan.id, '--gate-timeout', '20', ...flags);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  return plan;
}

test('a machine gets a user, folders, the binary and units; then there is nothing to do', async () => {
  writeNetwork(program('node-1'), true);
  const plan = await settle();
  assert.ok(plan.steps.some(({ resourceId }) => resourceId.startsWith('one/unit/')));
  assert.equal((await planned()).code, 0);
  const units = machine.on('ls /etc/systemd/system | grep ^watchbill-pier').trim().split('\n');
  assert.equal(units.length, 2);
  // systemd itself reads what was delivered, with its programs where they are.
  for (const unit of units)
    assert.equal(
      machine.on(`systemd-analyze verify --man=no /etc/systemd/system/${unit} 2>&1 | grep ${unit} || :`),
      '',
    );
  assert.match(machine.on('getent passwd wb-pier'), /nologin/);
  assert.equal((await fleet('status')).code, 0);
});

test('what was changed by hand is drift, what is not asked for any more goes, and what others made stays', async () => {
  const [unit = ''] = machine.on('ls /etc/systemd/system | grep ^watchbill-pier-rpc').trim().split('\n');
  machine.on(
    `echo '# by hand' >> /etc/systemd/system/${unit}; echo x > /etc/systemd/system/watchbill-pier-other.service`,
  );
  const drift = await planned();
  assert.deepEqual(
    drift.plan.steps.map(({ id }) => id),
    [`update one/unit/${unit}`],
  );
  await settle();
  assert.equal(machine.on(`grep -c 'by hand' /etc/systemd/system/${unit} || :`).trim(), '0');
  writeNetwork(program('node-1'), false);
  const pruned = await planned();
  assert.ok(pruned.plan.steps.length > 0 && pruned.plan.steps.every(({ action }) => action === 'delete'));
  await settle('--allow-data-loss');
  assert.equal(machine.on(`ls /etc/systemd/system/${unit} 2>/dev/null || echo none`).trim(), 'none');
  assert.equal(machine.on('cat /etc/systemd/system/watchbill-pier-other.service').trim(), 'x');
  assert.ok(machine.on('grep -c "disable --now" /var/lib/fake-systemctl/calls').trim() !== '0');
});

test('a signer that is not synced stops the run; it goes on when it is', async () => {
  writeNetwork(program('node-2'), false);
  const { plan } = await planned();
  const [node] = nodes;
  assert.ok(node);
  node.health.isSyncing = true;
  const flags = ['--allow-signing', '--allow-data-loss'];
  const stopped = await fleet('apply', plan.id, '--gate-timeout', '2', ...flags);
  assert.equal(stopped.code, 1, stopped.stdout + stopped.stderr);
  assert.match(stopped.stdout, /gate-timeout\): watchbill-pier-\S+ is syncing/);
  node.health.isSyncing = false;
  const done = await fleet('apply', plan.id, '--gate-timeout', '20', ...flags);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.equal((await planned()).code, 0);
});

test('a binary that is not the declared one is refused, and nothing takes its place', async () => {
  const wrong = { ...program('node-3'), sha256: 'ab'.repeat(32) };
  writeNetwork(wrong, false);
  const { plan } = await planned();
  const refused = await fleet('apply', plan.id, '--allow-signing', '--allow-data-loss');
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /node-3 has the SHA-256/);
  assert.equal(machine.on('ls /opt/watchbill/pier | grep -c abababababab || :').trim(), '1');
  assert.equal(machine.on('ls /opt/watchbill/pier/abababababab | wc -l').trim(), '0');
});

test('a host whose key is not known, a key that it does not take and a port where nobody is are told apart', async () => {
  const place = {
    target: 'machine',
    name: 'one',
    host: '127.0.0.1',
    port: machine.port,
    user: 'root',
  } as const;
  const config = (name: string, text: string): string => {
    const file = join(machine.folder, name);
    writeFileSync(file, text);
    return file;
  };
  const identity = async (sshConfigFile: string, port = machine.port) => {
    const options = {
      place: { ...place, port },
      network: 'pier',
      sshConfigFile,
      timeoutMs: 10_000,
      clock: systemClock(),
    };
    const target = openMachineTarget(options);
    try {
      return await target.identity(AbortSignal.timeout(20_000));
    } finally {
      target.close();
    }
  };
  const known = `  UserKnownHostsFile ${join(machine.folder, 'known_hosts')}\n`;
  const client = `  IdentityFile ${join(machine.folder, 'client')}\n  IdentitiesOnly yes\n`;
  assert.deepEqual(await identity(machine.sshConfigFile), { ok: true, identity: `${'0'.repeat(31)}7` });
  const strangeHost = await identity(config('a', `Host *\n${client}  UserKnownHostsFile /dev/null\n`));
  assert.ok(!strangeHost.ok && strangeHost.reason === 'forbidden', JSON.stringify(strangeHost));
  const stranger = client.replace('/client', '/stranger');
  const refused = await identity(config('b', `Host *\n${stranger}${known}`));
  assert.ok(!refused.ok && refused.reason === 'forbidden', JSON.stringify(refused));
  const nobody = await identity(machine.sshConfigFile, 9);
  assert.ok(!nobody.ok && nobody.reason === 'unreachable', JSON.stringify(nobody));
});

test('a roll-out goes unit by unit over ssh; a node that is bad after it gets its old unit back', async () => {
  writeNetwork(program('node-2'), true);
  await settle();
  const more = 'rollout: {soakSeconds: 0, gateSeconds: 2}\n';
  const [, validatorMetrics] = nodes;
  assert.ok(validatorMetrics);
  const running = () => machine.on('grep -h ^ExecStart= /etc/systemd/system/watchbill-pier-*.service').trim();
  const old = running();
  writeNetwork(program('node-4'), true, more);
  validatorMetrics.chain.failedCalls = 90;
  const back = await fleet('rollout');
  validatorMetrics.chain.failedCalls = 0;
  assert.equal(back.code, 1, back.stdout + back.stderr);
  assert.match(back.stdout, /verified +rpc, stage 1 of 1/);
  assert.match(back.stdout, /90 of 190 RPC calls failed/);
  assert.match(
    back.stdout,
    /As before: one\/unit\/watchbill-pier-validators\S+, one\/unit\/watchbill-pier-rpc/,
  );
  assert.equal(running(), old);
});
