// Handovers between two real machines of one identity, on a chain with slots of a second.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill, StandbyView, WatchState } from '@watchbill/duty/service';
import { temporaryFolder } from '@watchbill/kit/testing';
import { untilReady } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import {
  identityIn,
  MACHINES,
  type ScenarioSetup,
  startScenarioSetup,
  untilSteady,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { startClaimLoad } from './claim-load.ts';
import { answered, moveOnce } from './move-once.ts';

const LONG = process.env.WATCHBILL_LONG === '1';
/** Turns of both keys while nothing else fails and another validator claims: 30 handovers on SQLite. */
const CALM = LONG ? { sqlite: 30, etcd: 30 } : { sqlite: 15, etcd: 4 };
const DRILL_TIMEOUT_MS = 120_000;
/** The mark of a handover whose service died goes away by itself after 45 s. */
const VOTES_AGAIN_MS = 90_000;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Ground {
  readonly setup: ScenarioSetup;
  readonly keys: readonly { readonly chain: string; readonly key: string }[];
  /** Runs the command against a service that is alive. */
  run(args: readonly string[]): Promise<Ran>;
}

/** One network of real nodes for the handovers of one store. */
export function handoverTests(store: 'sqlite' | 'etcd'): void {
  test(`handovers between two machines of one identity: ${store}`, async (context) => {
    const spec = specFile(context, '5');
    const setup = await startScenarioSetup({ binary: nodeBinary(), spec, store, wire: 'claims' });
    context.after(() => setup.close());
    const ground = await groundOf(context, setup);
    await untilSteady(setup);
    await context.test('a drill passes once both machines were asked for units', () => drills(ground));
    await context.test(
      `${2 * CALM[store]} handovers under load: at most one due slot missed in each turn`,
      () => calm(ground, CALM[store]),
    );
    // It meets the machines alone, whatever the store.
    if (store === 'sqlite' || LONG)
      await context.test('the target is killed in the middle', () => targetKilled(ground));
    await context.test('the service is killed in the middle', () => serviceKilled(ground));
    const { equivocations, faults } = await setup.observer.report();
    assert.deepEqual(equivocations, { blocks: 0, votes: 0, offences: 0 });
    assert.deepEqual(faults, []);
  });
}

async function groundOf(context: TestContext, setup: ScenarioSetup): Promise<Ground> {
  const folder = temporaryFolder(context);
  const { secret } = (await setup.services
    .alive()
    .admin('POST', '/v1/tokens', { role: 'operator', name: 'ada' })) as { secret: string };
  const tokenFile = join(folder, 'ada.token');
  writeFileSync(tokenFile, secret, { mode: 0o600 });
  const run: Ground['run'] = (args) => {
    const url = setup.services.alive().url;
    const whole = [COMMAND, 'handover', ...args, '--url', url, '--token-file', tokenFile, '--json'];
    return new Promise((resolve) =>
      execFile(process.execPath, whole, { cwd: folder }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
      ),
    );
  };
  const watches = await watchesOf(setup);
  return { setup, run, keys: watches.map(({ chain, key }) => ({ chain, key })) };
}

export async function watchesOf({ services }: ScenarioSetup): Promise<readonly WatchState[]> {
  return ((await services.alive().admin('GET', '/v1/watch')) as { watch: readonly WatchState[] }).watch;
}

async function holderOf(setup: ScenarioSetup, key: string): Promise<string> {
  const holder = (await watchesOf(setup)).find((watch) => watch.key === key)?.holder;
  assert.ok(holder != null, 'a node is active');
  return holder;
}

function otherOf(name: string): string {
  return MACHINES.find((machine) => machine !== name) ?? name;
}

async function drill({ run }: Ground, key: string, to: string): Promise<{ code: number; drill: Drill }> {
  const { code, out, err } = await run(['--to', to, '--key', key]);
  assert.notEqual(out, '', err);
  const [found] = (JSON.parse(out) as { keys: readonly { drill: Drill }[] }).keys;
  assert.ok(found);
  return { code, drill: found.drill };
}

/** The drill of each key passes; before that it is `unknown`, never `ok`, for lack of a due unit. */
async function drills(ground: Ground): Promise<void> {
  for (const { key } of ground.keys) {
    const to = otherOf(await holderOf(ground.setup, key));
    const untilMs = Date.now() + DRILL_TIMEOUT_MS;
    let found = await drill(ground, key, to);
    while (found.code !== 0) {
      assert.equal(found.code, found.drill.state === 'unknown' ? 4 : 3, JSON.stringify(found.drill));
      assert.ok(Date.now() < untilMs, `no drill passed: ${JSON.stringify(found.drill)}`);
      await sleep(1_000);
      found = await drill(ground, key, to);
    }
    const { due, recentDenied } = found.drill.shadow;
    assert.ok(due > 0 && recentDenied === 0, JSON.stringify(found.drill.shadow));
    for (const name of ['peers', 'finality', 'clock', 'version', 'keys'])
      assert.equal(found.drill.checks.find((check) => check.name === name)?.state, 'ok', name);
  }
}

async function calm({ setup, keys }: Ground, turns: number): Promise<void> {
  const load = await startClaimLoad(() => setup.services.alive());
  const fromMs = Date.now();
  for (let turn = 0; turn < turns; turn++) {
    for (const { chain, key } of keys) {
      const to = otherOf(await holderOf(setup, key));
      const moved = await answered(() => moveOnce(setup, { chain, key, to }));
      assert.equal(moved.holder, to);
      await untilGranted(setup, key, to);
    }
  }
  const { due } = identityIn(await setup.observer.report({ fromMs, untilMs: Date.now() }), 'Eve');
  const { answers, grants } = await load.stop();
  const took = Math.round((Date.now() - fromMs) / 1_000);
  console.log(
    `${2 * turns} handovers in ${took} s: ${due.slots} due slots, ${due.missed.length} missed; ` +
      `beside them ${answers} claims of another validator, ${grants} granted`,
  );
  assert.ok(grants > 0, 'the other validator was granted slots at the same time');
  assert.ok(due.missed.length <= turns, `${due.missed.length} due slots missed in ${turns} turns`);
}

/** The node has been granted a round since it is active; a slot comes when the chain gives it one. */
async function untilGranted({ services }: ScenarioSetup, key: string, node: string): Promise<void> {
  const untilMs = Date.now() + VOTES_AGAIN_MS;
  const { policies } = (await services.alive().admin('GET', '/v1/policies')) as {
    policies: readonly { readonly key: string; readonly duties: object }[];
  };
  if (!Object.hasOwn(policies.find((policy) => policy.key === key)?.duties ?? {}, 'grandpa')) return;
  for (;;) {
    const path = `/v1/marks?key=${key}`;
    const { marks } = (await answered(() => services.alive().admin('GET', path))) as {
      marks: readonly { readonly recent: readonly { readonly node: string }[] }[];
    };
    if (marks[0]?.recent.at(-1)?.node === node) return;
    assert.ok(Date.now() < untilMs, `${node} was granted no round`);
    await sleep(100);
  }
}

function roundKey(keys: Ground['keys'], setup: ScenarioSetup): Promise<{ chain: string; key: string }> {
  return setup.services
    .alive()
    .admin('GET', '/v1/policies')
    .then((answer) => {
      const { policies } = answer as { policies: readonly { key: string; duties: object }[] };
      const key = policies.find(({ duties }) => Object.hasOwn(duties, 'grandpa'))?.key;
      const found = keys.find((one) => one.key === key);
      assert.ok(found);
      return found;
    });
}

/** The record names the new holder, or that one is active: a handover may take a few milliseconds. */
async function underWay(setup: ScenarioSetup, key: string, to: string): Promise<void> {
  const untilMs = Date.now() + VOTES_AGAIN_MS;
  for (;;) {
    const now = (await watchesOf(setup)).find((watch) => watch.key === key);
    if (now?.movingTo === to || now?.holder === to) return;
    assert.ok(Date.now() < untilMs, 'the handover begins');
    await sleep(5);
  }
}

async function targetKilled({ setup, keys }: Ground): Promise<void> {
  const { chain, key } = await roundKey(keys, setup);
  const to = otherOf(await holderOf(setup, key));
  const target = setup.network.node(to);
  const release = setup.supervisor.leave(target);
  const moving = setup.services
    .alive()
    .admin('POST', '/v1/watch/handover', { chain, key, to })
    .catch(() => null);
  await underWay(setup, key, to);
  await target.kill();
  await moving;
  const untilMs = Date.now() + VOTES_AGAIN_MS;
  while ((await holderOf(setup, key)) === to) {
    assert.ok(Date.now() < untilMs, 'the machine that lives is active again');
    await sleep(250);
  }
  await untilGranted(setup, key, otherOf(to));
  await target.start();
  release();
  await untilSteady(setup);
}

async function serviceKilled({ setup, keys }: Ground): Promise<void> {
  const { chain, key } = await roundKey(keys, setup);
  const to = otherOf(await holderOf(setup, key));
  const service = setup.services.alive();
  const moving = service.admin('POST', '/v1/watch/handover', { chain, key, to }).catch(() => null);
  await underWay(setup, key, to);
  await service.kill();
  await moving;
  await service.restart();
  await untilReady(service);
  const now = (await watchesOf(setup)).find((watch) => watch.key === key);
  assert.ok(now?.holder != null);
  if (now.movingTo != null)
    await setup.services
      .alive()
      .admin('POST', '/v1/watch/handover', { chain, key, to: now.holder })
      .catch(() => null);
  await untilSteady(setup);
  await untilGranted(setup, key, await holderOf(setup, key));
  const { standbys } = (await setup.services.alive().admin('GET', '/v1/standbys')) as {
    standbys: readonly StandbyView[];
  };
  assert.ok(
    standbys.some(({ lastDrill }) => lastDrill?.by === 'ada'),
    'the drills outlive the service',
  );
}
