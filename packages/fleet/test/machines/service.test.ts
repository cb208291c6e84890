// The permission service of a network file: one unit on each of three machines that systemd booted, with the
// packed command, over a real etcd with TLS. Claims go on while the services are changed one by one,
// and while one machine loses its power.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { realIo } from '@watchbill/kit/command/testing/fake-io';
import { fields } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';
import { type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { runCli } from 'watchbill';
import { type Fleet, fleetOn, type Ran } from './ground.ts';
import { makeCertificate, packCommand, readyStatus, startEtcd } from './service-ground.ts';

const CHAIN = `0x${'7a'.repeat(32)}`;
const KEY = `0x${'42'.repeat(32)}`;
const OPERATOR = 'wbo_operator-token-of-this-test-alone-0001';
const SLOT_MS = 1_000;
const WAIT_MS = 240_000;

function networkText(ground: BootedMachines, command: string, endpoints: readonly string[]): string {
  return JSON.stringify({
    format: 'watchbill/network/1',
    name: 'pier',
    chain: { name: 'westend' },
    machines: Object.fromEntries(ground.machines.map(({ name, address }) => [name, { host: address }])),
    service: {
      name: 'watch',
      places: ground.machines.map(({ name }) => name),
      command,
      tls: 'watch-tls',
      operator: 'watch-operator',
      store: { endpoints, tls: 'watch-etcd' },
    },
  });
}

/** The command in the folder of the machines. */
async function run(folder: string, ...args: readonly string[]): Promise<Ran> {
  const io = realIo(folder);
  return { code: await runCli([...args], io), out: io.stdout(), err: io.stderr() };
}

async function putSecrets(ground: BootedMachines, fleet: Fleet): Promise<void> {
  writeFileSync(join(ground.folder, 'operator.token'), OPERATOR, { mode: 0o600 });
  const values = [
    ['watch-tls', 'cert', 'watch.pem'],
    ['watch-tls', 'key', 'watch.key'],
    ['watch-tls', 'ca', 'watch-ca.pem'],
    ['watch-etcd', 'cert', 'etcd.pem'],
    ['watch-etcd', 'key', 'etcd.key'],
    ['watch-etcd', 'ca', 'etcd-ca.pem'],
    ['watch-operator', 'token', 'operator.token'],
  ] as const;
  for (const { name } of ground.machines)
    for (const [secret, entry, file] of values) {
      const put = await fleet.run('secrets', 'put', secret, entry, '--from', file, '--place', name);
      assert.equal(put.code, 0, put.out + put.err);
    }
}

/** As an operator: the flags of one service. */
const to = (address: string, token: string) => [
  ...['--url', `https://${address}:8450`, '--ca-file', 'watch-ca.pem', '--token-file', token],
];

/** Policy, adoption and the token of one node, through the first service. */
async function admit(ground: BootedMachines): Promise<void> {
  const policy = {
    chain: CHAIN,
    key: KEY,
    roster: [{ name: 'alpha', rank: 0 }],
    duties: { babe: {} },
    ceilings: { slotMs: SLOT_MS },
    readiness: { required: false },
  };
  writeFileSync(join(ground.folder, 'policy.yaml'), JSON.stringify(policy));
  const operator = to(ground.machines[0]?.address ?? '', 'operator.token');
  const confirmation = ['--never-signed', '--confirmation', 'a key of this test'];
  for (const args of [
    ['policy', 'apply', 'policy.yaml', ...operator],
    ['adopt', '--chain', CHAIN, '--key', KEY, ...confirmation, ...operator],
    ['token', 'create', '--role', 'node', '--name', 'alpha', '--out', 'alpha.token', ...operator],
  ]) {
    const done = await run(ground.folder, ...args);
    assert.equal(done.code, 0, `${args.join(' ')}: ${done.out}${done.err}`);
  }
}

interface Claims {
  /** Slots that were granted. */
  readonly granted: number[];
  /** Settles when so many more are granted. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** As a node asks: each slot once, at the first service that answers. */
function keepClaiming(ground: BootedMachines): Claims {
  const granted: number[] = [];
  let open = true;
  let last = 0;
  let reply = '';
  const one = async (slot: number): Promise<void> => {
    for (const { address } of ground.machines) {
      const digest = `0x${slot.toString(16).padStart(64, '0')}`;
      const args = ['claim', '--chain', CHAIN, '--key', KEY, '--duty', 'babe', '--unit', `${slot}`];
      const asked = await run(
        ground.folder,
        ...args,
        ...['--digest', digest, '--timeout-ms', '1500', '--wait-ms', '500', ...to(address, 'alpha.token')],
      );
      reply = `${asked.out}${asked.err}`;
      if (asked.code !== 0) continue;
      assert.ok(!granted.includes(slot));
      granted.push(slot);
      return;
    }
  };
  const loop = (async () => {
    while (open) {
      const slot = Math.floor(Date.now() / SLOT_MS);
      if (slot > last) await one(slot);
      last = Math.max(last, slot);
      await sleep(100);
    }
  })();
  return {
    granted,
    more: async (count) => {
      const due = granted.length + count;
      const detail = () => reply;
      await waitFor('more grants', () => granted.length >= due, { timeoutMs: WAIT_MS, detail });
    },
    stop: async () => {
      open = false;
      await loop;
    },
  };
}

/** The largest number of services that were not ready at one moment, until `work` is done. */
async function mostUnready(
  ground: BootedMachines,
  ca: string,
  work: () => Promise<unknown>,
): Promise<number> {
  let most = 0;
  let over = false;
  const watching = (async () => {
    while (!over) {
      const all = await Promise.all(ground.machines.map((machine) => readyStatus(machine, ca)));
      most = Math.max(most, all.filter((status) => status !== 200).length);
      await sleep(50);
    }
  })();
  await work().finally(() => {
    over = true;
  });
  await watching;
  return most;
}

async function untilServing(ground: BootedMachines): Promise<void> {
  const list = ['service', 'list', '--json', ...to(ground.machines[1]?.address ?? '', 'operator.token')];
  const services = await waitFor(
    'three services serve',
    async () => {
      const listed = await run(ground.folder, ...list);
      assert.equal(listed.code, 0, listed.out + listed.err);
      const { services } = JSON.parse(listed.out) as Listed;
      return services.filter(({ state, live }) => state === 'serving' && live).length === 3 && services;
    },
    { timeoutMs: WAIT_MS, everyMs: 500 },
  );
  assert.equal(services.length, 3, 'no machine began a second memory');
}

interface Listed {
  readonly services: readonly { readonly state: string; readonly live: boolean }[];
}

test('three services on machines grant through a change one by one, a power cut, and all of them starting at once', async (context) => {
  const packed = packCommand();
  context.after(() => packed.remove());
  const ground = await bootMachines(['iron', 'steel', 'tin'], packed.shown);
  context.after(() => ground.close());
  const endpoints = startEtcd(ground);
  makeCertificate(ground, 'watch');
  const ca = readFileSync(join(ground.folder, 'watch-ca.pem'), 'utf8');
  const fleet = fleetOn(ground);
  fleet.write(networkText(ground, packed.command, endpoints));

  const bare = await fleet.plan();
  assert.equal(
    bare.plan.problems.filter(({ code }) => code === 'missing').length,
    21,
    'seven for each machine',
  );
  await putSecrets(ground, fleet);
  await fleet.settle('--gate-timeout', '120').catch((error: unknown) => {
    throw new Error(journals(ground), { cause: error });
  });
  await untilServing(ground);
  await admit(ground);

  const claims = keepClaiming(ground);
  try {
    await claims.more(3);
    await changeOneByOne(ground, fleet, { next: packed.next, endpoints, ca });
    await claims.more(3);

    // The machine that is asked first loses its power; the others grant, and it comes back with its memory.
    const [iron] = ground.machines;
    await iron.cutPower();
    await claims.more(3);
    await iron.boot();
    await untilServing(ground);
    await claims.more(3);

    for (const machine of ground.machines) await machine.cutPower();
    await Promise.all(ground.machines.map((machine) => machine.boot()));
    await untilServing(ground);
    await claims.more(3);
  } finally {
    await claims.stop();
  }
  const again = await fleet.plan();
  assert.deepEqual([again.code, again.plan.steps], [0, []]);
  hardened(ground);
});

/** The last words of etcd and of the services. */
function journals(ground: BootedMachines): string {
  return ground.machines
    .map(({ name, on }) =>
      on(`journalctl --no-pager --output=cat -n 12 -u etcd-test -u watchbill-pier-watch-${name}`),
    )
    .join('\n');
}

async function changeOneByOne(
  ground: BootedMachines,
  fleet: Fleet,
  {
    next,
    endpoints,
    ca,
  }: { readonly next: string; readonly endpoints: readonly string[]; readonly ca: string },
): Promise<void> {
  fleet.write(networkText(ground, next, endpoints));
  const most = await mostUnready(ground, ca, async () => {
    const plan = await fleet.settle();
    assert.deepEqual(
      plan.steps.map(fields('action', 'risk')),
      [0, 1, 2].map(() => ['update', 'restart']),
    );
  });
  assert.equal(most, 1, 'each was away, and never two at a time');
  await untilServing(ground);
  for (const machine of ground.machines)
    assert.match(
      machine.on(`tr '\\0' ' ' < /proc/$(${PID}watch-${machine.name}.service)/cmdline`),
      /watchbill\.mjs serve/,
    );
}

const PID = 'systemctl show --property=MainPID --value watchbill-pier-';

/** Its own user, its folder closed, and neither the token nor a key outside the credentials. */
function hardened(ground: BootedMachines): void {
  for (const machine of ground.machines) {
    const unit = `watchbill-pier-watch-${machine.name}.service`;
    const folder = `/var/lib/watchbill/pier/watch-${machine.name}`;
    const [user = '', rights = ''] = machine
      .on(`systemctl show --property=User --value ${unit}; stat -c '%a %U' ${folder}/data`)
      .trim()
      .split('\n');
    assert.equal(rights, `700 ${user}`);
    assert.equal(machine.on(`grep -rlaF ${OPERATOR} /etc /var /opt/permit/package || :`), '');
    const pid = machine.on(`${PID}watch-${machine.name}.service`).trim();
    assert.ok(
      !machine.on(`cat /proc/${pid}/environ /proc/${pid}/cmdline | tr '\\0' '\\n'`).includes(OPERATOR),
    );
  }
}
