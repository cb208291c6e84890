// The page about handovers, followed: a real service, the printed commands, and two nodes that claim.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
  untilReady,
} from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { ROOT, runSteps, stepsOf } from '@watchbill/testkit/pages/page-run';
import { sqliteVersion, stamp, UPDATE } from '@watchbill/testkit/pages/stamp';

leaveNothing('upgrade-validator');

const PAGE = 'docs/duty/how-to/upgrade.md#a-validator-without-missed-slots';
const CHAIN = `0x${'11'.repeat(32)}`;
const KEY = `0x${'22'.repeat(32)}`;
const SLOT_MS = 500;
const TIMEOUT_MS = 120_000;

test('the page about handovers prints what it shows, with two nodes at work', async (context) => {
  const folder = await temporaryFolder('docs');
  const service = await startServiceProcess({
    dir: folder.dir,
    port: await freePort(),
    store: { kind: 'sqlite' },
    sessionTtlMs: 30_000,
  });
  context.after(() => service.kill());
  context.after(folder.remove);
  await untilReady(service);
  await adopt(service);
  await work(context, service);
  const home = join(folder.dir, 'home');
  await operatorFolder(service, join(home, 'watchbill'));

  const steps = stepsOf(PAGE);
  const path = `${join(ROOT, 'packages/testkit/command')}:${process.env.PATH}`;
  await untilShadows(service, 'bravo');
  const outputs: string[] = [];
  for (const [at, step] of steps.entries()) {
    // A reader upgrades `alpha` meanwhile.
    if (at >= 2) await untilShadows(service, 'alpha');
    const cd = at === 0 ? '' : 'cd ~/watchbill\n';
    const asked = [{ ...step, commands: `${cd}${step.commands}` }];
    const ran = await runSteps(asked, { env: { HOME: home, PATH: path }, timeoutMs: TIMEOUT_MS });
    assert.equal(ran.exitCode, 0, ran.outputs.join(''));
    outputs.push(...ran.outputs);
  }
  for (const [at, { shown, line }] of steps.entries()) {
    assert.ok(shown !== null, `${PAGE}:${line} shows its output`);
    if (UPDATE) replace(shown, outputs[at] ?? '');
    else assert.equal(comparable(outputs[at] ?? ''), comparable(shown), `${PAGE}:${line}`);
  }
  assert.equal(steps.length, 4);
  stamp(PAGE, sqliteVersion());
});

function replace(shown: string, printed: string): void {
  const file = join(ROOT, PAGE.replace(/#.*/, ''));
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(`\`\`\`text\n${shown}\`\`\``, () => `\`\`\`text\n${printed}\`\`\``),
  );
}

/** Figures and the widths of columns differ from run to run, and so does whether a round is open just now. */
function comparable(text: string): string {
  return (
    text
      .replaceAll(/has open units, which a handover waits for: grandpa \S+/g, 'has no open unit')
      .replaceAll(/grandpa \S+ \w+/g, 'grandpa N')
      // A busy machine may be late with one slot.
      .replaceAll(/, not granted: not-asked/g, '')
      .replaceAll(/\d+/g, 'N')
      .replaceAll(/ +/g, ' ')
  );
}

async function adopt(service: ServiceProcess): Promise<void> {
  await service.admin('PUT', '/v1/policies', {
    chain: CHAIN,
    key: KEY,
    roster: ['alpha', 'bravo'].map((name, rank) => ({ name, rank })),
    duties: { babe: {}, grandpa: {} },
    standbyDelayMs: 100,
    watchTtlMs: 3_000,
    return: 'trust',
    ceilings: { genesisMs: 0, slotMs: SLOT_MS, allowedSkewMs: 1_000, observers: ['watcher'] },
  });
  const floors = { babe: null, grandpa: null };
  await service.admin('POST', '/v1/adoptions', { chain: CHAIN, key: KEY, floors, confirmation: 'new' });
}

async function operatorFolder(service: ServiceProcess, dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'operator.token'), `${await tokenOf(service, 'operator', 'ada')}\n`, {
    mode: 0o600,
  });
  writeFileSync(
    join(dir, 'watchbill.yaml'),
    `operator: { tokenFile: operator.token, url: '${service.url}' }\n`,
  );
}

async function tokenOf(service: ServiceProcess, role: string, name: string): Promise<string> {
  return ((await service.admin('POST', '/v1/tokens', { role, name })) as { secret: string }).secret;
}

async function untilShadows(service: ServiceProcess, node: string): Promise<void> {
  const endMs = Date.now() + TIMEOUT_MS;
  for (;;) {
    const { standbys } = (await service.admin('GET', '/v1/standbys')) as {
      standbys: readonly { node: string; shadow: { due: number; recentDenied: number } }[];
    };
    const shadow = standbys.find((one) => one.node === node)?.shadow;
    if (shadow !== undefined && shadow.due >= 12 && shadow.recentDenied === 0) return;
    assert.ok(Date.now() < endMs, `no shadow claims of ${node}: ${JSON.stringify(shadow)}`);
    await sleep(100);
  }
}

/** Both nodes report, claim their slots and, active, vote in one round after another. */
async function work(context: TestContext, service: ServiceProcess): Promise<void> {
  const network = { round: 1 };
  const stop = new AbortController();
  const watcher = await tokenOf(service, 'observer', 'watcher');
  const loops = await Promise.all(
    ['alpha', 'bravo'].map(async (name, index) => ({
      name,
      incarnation: String(index + 1).repeat(32),
      token: await tokenOf(service, 'node', name),
    })),
  );
  const running = loops.flatMap((node) => [
    repeat(stop.signal, 200, () => report(service, node.token, watcher, network.round)),
    repeat(stop.signal, SLOT_MS, () => seal(service, node)),
    repeat(stop.signal, 100, () => vote(service, node, network)),
  ]);
  context.after(async () => {
    stop.abort();
    await Promise.all(running);
  });
}

interface Node {
  readonly name: string;
  readonly incarnation: string;
  readonly token: string;
}

async function repeat(signal: AbortSignal, everyMs: number, act: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await act().catch(() => undefined);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function post(service: ServiceProcess, token: string, path: string, body: unknown): Promise<unknown> {
  const response = await service.fetch(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
}

async function report(service: ServiceProcess, node: string, watcher: string, round: number): Promise<void> {
  const fit = { syncing: false, peers: 21, finalityLagBlocks: 2, clockOffsetMs: 3.5 };
  await post(service, node, '/v1/readiness', { chain: CHAIN, keys: [KEY], ...fit });
  await post(service, watcher, '/v1/observations', { chain: CHAIN, setId: '0', round: String(round) });
}

let claims = 0;

async function claim(service: ServiceProcess, { token, incarnation }: Node, what: object): Promise<boolean> {
  claims += 1;
  const body = { claimId: `c-${claims}`, chain: CHAIN, key: KEY, incarnation, timeoutMs: 2_000, ...what };
  return ((await post(service, token, '/v1/claims', body)) as { outcome?: string }).outcome === 'granted';
}

async function seal(service: ServiceProcess, node: Node): Promise<void> {
  const unit = String(Math.floor(Date.now() / SLOT_MS));
  const digest = `0x${node.incarnation.slice(0, 2).repeat(32)}`;
  await claim(service, node, { duty: 'babe', unit, part: 'seal', digest });
}

async function vote(service: ServiceProcess, node: Node, network: { round: number }): Promise<void> {
  const { watch } = (await service.admin('GET', '/v1/watch')) as {
    watch: readonly { holder: string | null; term: string }[];
  };
  const [now] = watch;
  if (now?.holder !== node.name) return;
  const { round } = network;
  const of = { duty: 'grandpa', unit: `0/${round}` };
  if (!(await claim(service, node, { ...of, part: 'enter', term: now.term }))) return;
  const digest = `0x${'ab'.repeat(40)}`;
  for (const part of ['prevote', 'precommit'])
    if (!(await claim(service, node, { ...of, part, digest }))) return;
  network.round = Math.max(network.round, round + 1);
}
