// Two machines that systemd booted hold one set of session keys. Their tokens, seeds and node keys were put
// there as credentials; both ask a permission service before they sign. One loses its power and the other
// goes on; an observer that knows of no service counts.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { peerIdOf } from '@watchbill/fleet/file';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { makeCertificates, type NodeNetwork, startNodeNetwork } from '@watchbill/testkit';
import { type BootedMachine, type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import {
  makeToken,
  nodeBinary,
  type ScenarioServices,
  specFile,
  startServices,
} from '@watchbill/testkit/scenario';
import { runCli } from 'watchbill';
import { admit, observe, report } from '../one-identity.ts';
import { binaryOf, fleetOn, property, sha256, unitOf } from './ground.ts';

const TWINS = ['twins-iron-0', 'twins-tin-0'] as const;
const FIRST_SIGNATURE_MS = 180_000;
const GOSSIP = '--gossip-duration-ms=500';
const NODE_KEYS = TWINS.map(() => randomBytes(32));
const PEER_IDS = NODE_KEYS.map((key) => peerIdOf(key));

/**
 * TLS in front of the service, as an operator's proxy has it: the machines reach it by this address alone.
 */
async function secureFront(
  context: TestContext,
  { folder, hostAddress }: BootedMachines,
  services: ScenarioServices,
): Promise<string> {
  const { server } = makeCertificates(folder, `IP:${hostAddress}`);
  const open = new Set<Socket>();
  const front = createServer({ key: server.key, cert: server.cert }, (socket) => {
    const far = connect(Number(new URL(services.alive().url).port), '127.0.0.1');
    for (const one of [socket, far]) one.on('error', () => one.destroy());
    socket.once('close', () => far.destroy());
    far.once('close', () => socket.destroy());
    socket.pipe(far).pipe(socket);
  });
  front.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  front.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => front.listen(0, hostAddress, resolve));
  context.after(() => {
    front.close();
    // A machine without power ends no connection, and the kernel waits a quarter of an hour for it.
    for (const socket of open) socket.destroy();
  });
  const at = front.address();
  return `https://${hostAddress}:${typeof at === 'object' && at !== null ? at.port : 0}`;
}

function networkText(ground: BootedMachines, service: string): string {
  const places = ground.machines.map(({ name, address }) => `  ${name}: {host: ${address}}`);
  const keys =
    '{session: {source: secret, secret: "{node}-keys", set: eve, types: {babe: sr25519, gran: ed25519}}';
  const instances = TWINS.map(
    (name, at) => `      ${name.slice('twins-'.length)}: {keys: {node: {peerId: ${PEER_IDS[at]}}}}`,
  );
  return `format: watchbill/network/1
name: pier
chain:
  spec: {file: 5.json, sha256: ${sha256(specFile('5', ground.folder))}}
machines:
${places.join('\n')}
defaults:
  software:
    binary: ${binaryOf(nodeBinary())}
    command: watchbill-devnode
    sdk: stable2606
  customFlags: ["${GOSSIP}"]
  resources: {memoryGiB: 2}
pools:
  twins:
    role: validator
    places: {iron: 1, tin: 1}
    flags: {allow-private-ip: true}
    keys: ${keys}, node: {source: secret, secret: "{node}-node"}}
    duty: {services: ["${service}"], secret: "{node}-duty", ca: true}
    instances:
${instances.join('\n')}
`;
}

/**
 * Four validators that ask nobody, and one node that listens; they go to the machines, which cannot come to
 * them.
 */
function othersOn(ground: BootedMachines): Promise<NodeNetwork> {
  const reserved = ground.machines.map(({ address }, at) => `/ip4/${address}/tcp/30333/p2p/${PEER_IDS[at]}`);
  return startNodeNetwork({
    binary: nodeBinary(),
    spec: join(ground.folder, '5.json'),
    args: [GOSSIP, '--allow-private-ip', '--reserved-nodes', ...reserved],
    nodes: [
      ...['Alice', 'Bob', 'Charlie', 'Dave'].map((name) => ({
        name: name.toLowerCase(),
        keys: [{ suri: `//${name}` }],
      })),
      {
        name: 'listener',
        role: 'full',
        keys: [{ suri: '//Eve' }],
        args: ({ folder }) => [
          ...['--record-votes', `${folder}/votes`],
          ...['--record-blocks', `${folder}/blocks`],
        ],
      },
    ],
  });
}

/** Puts all that the nodes need; answers what no disk may have in it. */
async function putSecrets(
  ground: BootedMachines,
  services: ScenarioServices,
): Promise<readonly (readonly [string, string])[]> {
  const file = join(ground.folder, 'value');
  const secret: (readonly [string, string])[] = [];
  for (const [at, name] of TWINS.entries()) {
    const token = await makeToken(services.alive(), { role: 'node', name });
    const values = [
      [`${name}-duty`, 'token', token],
      [`${name}-duty`, 'ca', readFileSync(join(ground.folder, 'authority.pem'), 'utf8')],
      [`${name}-keys`, 'babe', '//Eve'],
      [`${name}-keys`, 'gran', '//Eve'],
      [`${name}-node`, 'key', NODE_KEYS[at]?.toString('hex') ?? ''],
    ] as const;
    for (const [of, entry, value] of values) {
      writeFileSync(file, value, { mode: 0o600 });
      const io = realIo(ground.folder);
      const words = ['fleet', 'secrets', 'put', of, entry, '--from', file, '--development'];
      assert.equal(await runCli([...words, '--ssh-config', ground.sshConfigFile], io), 0, io.stderr());
    }
    rmSync(file);
    secret.push([name, token], [name, NODE_KEYS[at]?.toString('hex') ?? '']);
  }
  return secret;
}

const SCAN = `cat > /dev/shm/patterns
find /etc /var /opt /tmp /root /home /srv /usr/local /run -not -path '/run/credentials*' -type f -newer /etc/machine-id -print0 2>/dev/null | xargs -0 grep -laF -f /dev/shm/patterns 2>/dev/null
journalctl --no-pager --all --output=cat | grep -cF -f /dev/shm/patterns | sed 's/^/journal /'
cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -cF -f /dev/shm/patterns | sed 's/^/processes /'
rm /dev/shm/patterns`;

function scan(ground: BootedMachines, { address }: BootedMachine, values: readonly string[]): string {
  const texts = values.flatMap((value) => [value, Buffer.from(value).toString('base64')]);
  return execFileSync('ssh', ['-F', ground.sshConfigFile, address, SCAN], {
    input: `${texts.join('\n')}\n`,
    encoding: 'utf8',
    timeout: 120_000,
  });
}

test('two machines of one identity sign everything once, and the one goes on where the other loses its power', async (context) => {
  const ground = await bootMachines(['iron', 'tin']);
  context.after(() => ground.close());
  const services = await startServices('sqlite', ground.folder);
  context.after(() => services.close());
  const service = await secureFront(context, ground, services);
  const fleet = fleetOn(ground);
  fleet.write(networkText(ground, service));
  const nodes = await othersOn(ground);
  context.after(() => nodes.close());
  const genesis = await nodes.node('listener').rpc.call<string>('chain_getBlockHash', [0]);
  const listener = nodes.node('listener');
  await admit(services, genesis, TWINS);
  await report(context, ground.folder, services, listener.wsUrl);
  const observer = await observe(context, [listener, nodes.node('alice')], listener.folder);

  const secrets = await putSecrets(ground, services);
  await fleet.settle('--allow-signing');
  await observer.untilFirstSignature('Eve', observer.mark(), FIRST_SIGNATURE_MS);

  // Whichever of them is active loses its power; the other one takes over. What it was given, it is given
  // again.
  for (const machine of ground.machines) {
    await machine.cutPower();
    await observer.untilFirstSignature('Eve', observer.mark(), FIRST_SIGNATURE_MS);
    await machine.boot();
    const finalised = await nodes.node('listener').finalisedNumber();
    await nodes.node('listener').untilFinalised(finalised + 3, FIRST_SIGNATURE_MS);
  }
  for (const [at, machine] of ground.machines.entries()) {
    const name = TWINS[at] ?? '';
    assert.equal(property(machine, name, 'ActiveState'), 'active', unitOf(name));
    const own = secrets.filter(([of]) => of === name).map(([, value]) => value);
    assert.equal(own.length, 2);
    assert.equal(scan(ground, machine, own), 'journal 0\nprocesses 0\n');
    const keystore = machine.on(
      `ls -A /run/watchbill-fleet/pier-${name} | wc -l; ls /var/lib/watchbill/pier/${name}/keys | wc -l`,
    );
    assert.deepEqual(keystore.trim().split('\n'), ['2', '0'], 'two keys in memory, none on a disk');
  }
  const { equivocations, identities } = await observer.report();
  assert.deepEqual(equivocations, { blocks: 0, votes: 0, offences: 0 });
  const eve = identities.find(({ name }) => name === 'Eve');
  assert.ok((eve?.blocks ?? 0) > 1 && (eve?.votes ?? 0) > 1, JSON.stringify(identities));
});
