import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plan, peerIdOf } from '@watchbill/fleet/file';
import { userOf as nodeUserOf } from '@watchbill/fleet/run/machines';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { putKeys, waitFor } from '@watchbill/testkit';
import type { BootedMachine, BootedMachines } from '@watchbill/testkit/machines/booted';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { runCli } from 'watchbill';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `watchbill fleet` in the folder of booted machines. */
export interface Fleet {
  run(...args: readonly string[]): Promise<Ran>;
  /** Stopped as by Ctrl-C when what it printed has the text, and the work is done. */
  runUntil(text: string, work: (out: string) => Promise<void>, ...args: readonly string[]): Promise<Ran>;
  plan(): Promise<{ readonly code: number; readonly plan: Plan }>;
  /** Plans and applies; fails where anything is left or nothing was to be done. */
  settle(...flags: readonly string[]): Promise<Plan>;
  write(network: string): void;
}

/** Long enough for a node that compiles its runtime on a busy machine. */
export const GATE = ['--gate-timeout', '300'] as const;
const WAIT_MS = 240_000;

export function fleetOn({ folder, sshConfigFile }: BootedMachines): Fleet {
  const run = async (
    stopAt: string | null,
    args: readonly string[],
    work = async (_out: string): Promise<void> => undefined,
  ): Promise<Ran> => {
    const io = realIo(folder);
    let working: Promise<void> | null = null;
    const out = (text: string): void => {
      io.out(text);
      if (stopAt !== null && io.stdout().includes(stopAt))
        working ??= work(io.stdout()).finally(() => io.signal('SIGINT'));
    };
    const [command = '', ...rest] = args;
    const sub = ['access', 'backup', 'secrets'].includes(command) ? rest.splice(0, 1) : [];
    const code = await runCli(['fleet', command, ...sub, '--ssh-config', sshConfigFile, ...rest], {
      ...io,
      out,
    });
    await working;
    return { code, out: io.stdout(), err: io.stderr() };
  };
  const plan: Fleet['plan'] = async () => {
    const { code, out, err } = await run(null, ['plan', '--first-time', '--json']);
    assert.notEqual(out, '', err);
    return { code, plan: (JSON.parse(out) as { readonly plan: Plan }).plan };
  };
  return {
    run: (...args) => run(null, args),
    runUntil: (text, work, ...args) => run(text, args, work),
    plan,
    settle: async (...flags) => {
      const made = await plan();
      assert.deepEqual(made.plan.problems, []);
      assert.ok(made.plan.steps.length > 0, 'there was something to do');
      const done = await run(null, ['apply', made.plan.id, ...GATE, ...flags]);
      assert.equal(done.code, 0, done.out + done.err);
      return made.plan;
    },
    write: (network) => writeFileSync(join(folder, 'network.yaml'), network),
  };
}

export function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** A program as a network file names it. */
export const binaryOf = (file: string): string => `{source: ${file}, sha256: ${sha256(file)}}`;

/** The beginning of a network file: real nodes of a chain of development validators. Pools follow. */
export function networkOf(ground: BootedMachines, chain: '1' | '2', binary = nodeBinary()): string {
  const spec = specFile(chain, ground.folder);
  const places = ground.machines.map(({ name, address }) => `  ${name}: {host: ${address}, user: root}`);
  return `format: watchbill/network/1
name: pier
chain:
  spec: {file: ${chain}.json, sha256: ${sha256(spec)}}
machines:
${places.join('\n')}
defaults:
  software:
    binary: ${binaryOf(binary)}
    command: watchbill-devnode
    sdk: stable2606
  customFlags: [--gossip-duration-ms=200]
`;
}

/** As an operator brings the keys of a validator: as files, to its keystore. */
export function bringKeys(ground: BootedMachines, machine: BootedMachine, node: string, suri: string): void {
  const from = join(ground.folder, `keys-${node}`);
  mkdirSync(from);
  putKeys(from, [{ suri }]);
  const to = `/var/lib/watchbill/pier/${node}/keys/keystore`;
  const archive = execFileSync('tar', ['-C', from, '-c', '.']);
  rmSync(from, { recursive: true });
  execFileSync(
    'ssh',
    [
      ...['-F', ground.sshConfigFile, machine.address],
      `tar -x --no-same-owner --no-overwrite-dir -C ${to} && chown -R --reference=${to} ${to}`,
    ],
    { input: archive, timeout: WAIT_MS },
  );
}

/**
 * A node key in the folder of the machines, for a node that others are told of; its peer id stands in the
 * file.
 */
export function makeNodeKey({ folder }: BootedMachines): { readonly file: string; readonly peerId: string } {
  const key = randomBytes(32);
  const file = join(folder, 'node.key');
  writeFileSync(file, key.toString('hex'), { mode: 0o600 });
  return { file, peerId: peerIdOf(key) };
}

/** What the file says of a node that has such a key, which {@link giveNodeKey} puts on its machine. */
export const knownAs = (peerId: string): string =>
  `{keys: {node: {source: secret, secret: "{node}", peerId: ${peerId}}}}`;

/** A validator that has such a key, and an RPC node, on the first machine. */
export async function validatorAndRpc(fleet: Fleet, ground: BootedMachines): Promise<void> {
  const { file, peerId } = makeNodeKey(ground);
  fleet.write(`${networkOf(ground, '2')}pools:
  validators: {role: validator, count: 1, place: one, instances: {one-0: ${knownAs(peerId)}}}
  rpc: {role: rpc, count: 1, place: one, ports: {p2p: 30444, rpc: 9955, metrics: 9666}}
`);
  await giveNodeKey(fleet, 'validators-one-0', file);
  await fleet.settle();
}

export async function giveNodeKey(fleet: Fleet, node: string, file: string): Promise<void> {
  const given = await fleet.run('secrets', 'put', node, 'key', '--from', file);
  assert.equal(given.code, 0, given.out + given.err);
}

/** As whom a node of this network runs. */
export const userOf = (node: string): string => nodeUserOf({ name: 'pier' }, { name: node });

export const unitOf = (node: string): string => `watchbill-pier-${node}.service`;

/** One property of the unit of a node, as systemd of its machine tells it. */
export function property(machine: BootedMachine, node: string, name: string): string {
  return machine.on(`systemctl show --property=${name} --value ${unitOf(node)}`).trim();
}

/** One call over the RPC of a node, on its machine. Null while it does not answer. */
export function call<T>(
  machine: BootedMachine,
  port: number,
  method: string,
  params: unknown[] = [],
): T | null {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const out = machine.on(
    `curl --silent --max-time 60 --header 'content-type: application/json' --data '${body}' http://127.0.0.1:${port} || :`,
  );
  return out === '' ? null : (JSON.parse(out) as { readonly result: T }).result;
}

/** Height of the last finalised block; -1 while the node does not answer. */
export function finalised(machine: BootedMachine, port: number): number {
  const hash = call<string>(machine, port, 'chain_getFinalizedHead');
  const header =
    hash === null ? null : call<{ readonly number: string }>(machine, port, 'chain_getHeader', [hash]);
  return header === null ? -1 : Number(header.number);
}

export const until = (what: string, isSo: () => boolean): Promise<boolean> =>
  waitFor(what, isSo, { timeoutMs: WAIT_MS, everyMs: 250 });
