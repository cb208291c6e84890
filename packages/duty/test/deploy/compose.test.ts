// deploy/compose.yaml: read by docker-compose, and its commands as real processes, from the folder that the
// page makes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FakeNode, fakeChain, startFakeNode } from '@watchbill/chain/testing';
import { COMMAND } from '@watchbill/testkit/command';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { runSteps, stepsOf } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import {
  type ComposeFile,
  type ComposeNetwork,
  type ComposeProcess,
  composeConfig,
  composeNetwork,
  missingSources,
} from './compose.ts';
import { forward } from './forward.ts';
import { run } from './image.ts';
import { CHAIN, claimant, dueSlot, OF_KEY, POLICY, SLOT_MS } from './service.ts';

const PAGE = 'docs/duty/how-to/deploy-the-service.md#compose';
const STEP_MS = 240_000;
const ALERT = 'WatchbillNoMarginLeft';
/** No user of this machine. */
const OWNER = '31337:31337';

const folder = leaveNothing('compose');
const watch = join(folder, 'watch');
const started = new Map<string, ComposeProcess>();
let file: ComposeFile;
let network: ComposeNetwork;
let node: FakeNode;
let forwarding: { close(): void };

const at = (name: string): ComposeProcess => {
  const found = started.get(name);
  assert.ok(found !== undefined, name);
  return found;
};
const start = (...names: readonly string[]): void => {
  for (const name of names) started.set(name, network.start(name));
};

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const signal = AbortSignal.timeout(STEP_MS);
  while (!(await holds())) {
    const dead = [...started].filter(([name, one]) => name !== 'etcd-3' && one.exited());
    assert.deepEqual(
      dead.map(([name, one]) => `${name}: ${one.log().slice(-2_000)}`),
      [],
    );
    assert.ok(!signal.aborted, `not in time: ${what}`);
    await sleep(250);
  }
}

async function json<Answer>(url: string): Promise<Answer | undefined> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  return answer?.ok ? ((await answer.json()) as Answer) : undefined;
}

/** As an operator, in the network of a service: there its port is 8450. */
function operate(...args: readonly string[]): string {
  const to = ['--url', 'https://localhost:8450', '--ca-file', join(watch, 'service/tls/ca.pem')];
  const token = ['--token-file', join(watch, 'service/secrets/operator.token')];
  const command = [process.execPath, COMMAND, ...args, ...to, ...token];
  return run('ip', ['netns', 'exec', at('service-1').namespace, ...command]);
}

before(async () => {
  const { outputs, exitCode } = await runSteps(stepsOf(PAGE), { env: { HOME: folder }, timeoutMs: STEP_MS });
  assert.equal(exitCode, 0, outputs.join(''));
  node = await startFakeNode(
    fakeChain({ genesis: CHAIN, finalized: 90, setId: 4, round: 30, finalizedBy: 4 }).answers,
  );
});
after(async () => {
  await network?.close();
  forwarding?.close();
  await node?.close();
});

/** Variables that this test sets in `.env`. */
function writeVariables(variables: Readonly<Record<string, string>>): void {
  const text = readFileSync(join(watch, '.env'), 'utf8');
  const rest = text.split('\n').filter((line) => !((line.split('=')[0] as string) in variables));
  const own = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  writeFileSync(join(watch, '.env'), [...own, ...rest].join('\n'));
}

test('docker-compose takes the file of the page, and refuses an unknown key and a missing image', () => {
  file = composeConfig(watch);
  assert.equal(Object.keys(file.services).length, 11);
  for (const [name, service] of Object.entries(file.services)) {
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.match(service.image, /@sha256:[0-9a-f]{64}$/, name);
  }
  assert.deepEqual(missingSources(file), []);
  const path = join(watch, 'compose.yaml');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('stop_grace_period', 'stop_grace_perid'));
  assert.throws(() => composeConfig(watch), /stop_grace_perid/);
  writeFileSync(path, text);
  const env = readFileSync(join(watch, '.env'), 'utf8');
  writeFileSync(join(watch, '.env'), env.replace('ETCD_IMAGE', 'OTHER_IMAGE'));
  assert.throws(() => composeConfig(watch), /ETCD_IMAGE|image of etcd by digest/);
  writeFileSync(join(watch, '.env'), env);
});

test('three etcd and three services start as the file says, and serve', async () => {
  const gateway = `10.78.${process.pid % 250}.1`;
  const port = Number(new URL(node.webSocketUrl).port);
  writeVariables({ OWNER, NODE_1: `ws://${gateway}:${port}`, NODE_2: `ws://${gateway}:${port}` });
  run('chown', ['-R', OWNER, watch]);
  run('chmod', ['755', folder]);
  file = composeConfig(watch);
  network = composeNetwork(file, folder);
  assert.equal(network.gateway, gateway);
  forwarding = await forward(gateway, port);
  start('etcd-1', 'etcd-2', 'etcd-3', 'service-1', 'service-2', 'service-3');
  const serves = (name: string) => /"event":"session","state":"serving"/.test(at(name).log());
  await until('three services serve', () => ['service-1', 'service-2', 'service-3'].every(serves));
});

/** Claims slots until so many are granted, each at another service. */
async function granted(count: number): Promise<void> {
  const claims = ['service-1', 'service-2', 'service-3'].map((name) =>
    claimant(`https://${at(name).address}:8450`, join(watch, 'service'), 'alpha', 'aa'),
  );
  let [done, turn] = [0, 0];
  let last = 0;
  await until(`${count} grants`, async () => {
    const slot = dueSlot();
    if (slot === last) await sleep(SLOT_MS / 4);
    last = slot;
    const claim = claims[turn++ % claims.length];
    if ((await claim?.(slot))?.outcome === 'granted') done += 1;
    return done >= count;
  });
}

test('nodes are granted their slots at every service', async () => {
  const policy = { ...POLICY, ceilings: { ...POLICY.ceilings, observers: ['watcher-1', 'watcher-2'] } };
  writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(policy));
  operate('policy', 'apply', join(folder, 'policy.yaml'));
  operate('adopt', ...OF_KEY, '--never-signed', '--confirmation', 'a key of this test');
  operate('token', 'create', '--role', 'node', '--name', 'alpha', '--out', join(watch, 'alpha.token'));
  await granted(6);
});

test('both observers report what their node finalised', async () => {
  for (const at of [1, 2]) {
    const out = join(watch, `observer-${at}/token`);
    operate('token', 'create', '--role', 'observer', '--name', `watcher-${at}`, '--out', out);
  }
  run('chown', ['-R', OWNER, watch]);
  start('observer-1', 'observer-2');
  const accepted = (name: string) => at(name).log().includes('"event":"observing"');
  await until('the services accept two observers', () => ['observer-1', 'observer-2'].every(accepted));
});

interface Targets {
  readonly data: {
    readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[];
  };
}
type Alerts = readonly { readonly labels: { readonly alertname: string } }[];

test('Prometheus reads all services and members; a lost member raises its alert, and claims go on', async () => {
  start('alertmanager', 'prometheus');
  const prometheus = `http://${at('prometheus').address}:9090`;
  const alertmanager = `http://${at('alertmanager').address}:9093`;
  await until('six targets are up', async () => {
    const { data } = (await json<Targets>(`${prometheus}/api/v1/targets`)) ?? { data: { activeTargets: [] } };
    return data.activeTargets.filter(({ health }) => health === 'up').length === 6;
  });
  const isRaised = async () =>
    (await json<Alerts>(`${alertmanager}/api/v2/alerts`))?.some(({ labels }) => labels.alertname === ALERT) ??
    false;
  assert.equal(await isRaised(), false);
  await at('etcd-3').kill();
  await granted(3);
  await until(`${ALERT} is in Alertmanager`, isRaised);
  stamp(PAGE, `docker-compose ${run('docker-compose', ['version', '--short']).trim()}`);
});
