// `watchbill recover --node` on real nodes: the store goes back, and two nodes of the chain show the floors.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { compareUnits, formatUnit, type Unit } from '@watchbill/duty/rule';
import {
  copySqlite,
  putBackSqlite,
  type RunningNode,
  type ServiceProcess,
  startNodeNetwork,
  untilReady,
  waitFor,
} from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import { makeToken } from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { postClaim } from '@watchbill/testkit/service/race';
import { blocksOf, startDave, untilVoted } from './dave-ground.ts';

const WAIT = { timeoutMs: 150_000, everyMs: 200 };
const CONFIRMATION = 'every machine of Dave was stopped by this test';
/** A node in the first set, 0, does not agree with one in this set: more than one change is between them. */
const APART_SET = 2n;

/** What a plan of `--json` holds, as far as this test reads it. */
interface Report {
  readonly id: string | null;
  readonly findings: readonly { readonly kind: string; readonly what: string }[];
  readonly problems: readonly { readonly what: string; readonly remedy: string }[];
  readonly plan: {
    readonly keys: readonly {
      readonly key: string;
      readonly floors: readonly {
        readonly duty: string;
        readonly floor: string | null;
        readonly reasons: readonly { readonly from: string; readonly unit: string }[];
      }[];
    }[];
  };
}

/** A granted decision of an export. */
interface Granted {
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly parts: readonly string[];
  readonly digest: string | null;
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function watchbill(cwd: string, ...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { cwd, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

/** The command in the folder of the stopped service, with the given nodes. */
async function plan(service: ServiceProcess, nodes: readonly string[]): Promise<{ code: number } & Report> {
  const flags = nodes.flatMap((url) => ['--node', url]);
  const { code, stdout, stderr } = await watchbill(service.dir, 'recover', ...flags, '--json');
  assert.ok(stdout.startsWith('{'), stderr);
  return { code, ...(JSON.parse(stdout) as Report) };
}

/** Every unit that the ledger file of the stopped service remembers as granted. */
async function grantedOf(service: ServiceProcess): Promise<readonly Granted[]> {
  const out = join(service.dir, 'before.ledger');
  const ran = await watchbill(service.dir, 'ledger', 'export', '--data-dir', 'data', '--out', out);
  assert.equal(ran.code, 0, ran.stderr);
  const lines = readFileSync(out, 'utf8').trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { kind: string } & Granted)
    .filter(({ kind }) => kind === 'decision');
}

const unitOf = (text: string): Unit => text.split('/').map(BigInt);
const highest = (units: readonly string[]): Unit => units.map(unitOf).toSorted(compareUnits).at(-1) ?? [];
const isAbove = (one: Unit, other: Unit): boolean => compareUnits(one, other) > 0;

/** The floor of each duty, and a check that it is at or above each unit that was granted. */
function floorsAbove({ plan: { keys } }: Report, granted: readonly Granted[]): ReadonlyMap<string, Unit> {
  const floors = new Map<string, Unit>();
  for (const { key, floors: planned } of keys)
    for (const { duty, floor } of planned) {
      const units = granted.filter((one) => one.key === key && one.duty === duty).map(({ unit }) => unit);
      const top = highest(units);
      if (floor === null) {
        assert.deepEqual(top, [], `${duty} was granted`);
        continue;
      }
      assert.ok(!isAbove(top, unitOf(floor)), `floor ${floor} of ${duty} is below ${formatUnit(top)}`);
      floors.set(duty, unitOf(floor));
    }
  return floors;
}

/** No unit of before is granted to another machine, with another payload, while the service serves. */
async function neverAgain(service: ServiceProcess, name: string, granted: readonly Granted[]): Promise<void> {
  const secret = await makeToken(service, { role: 'node', name });
  const reasons = new Set<string>();
  for (const { chain, key, duty, unit, parts, digest } of granted)
    for (const part of parts) {
      const { status, body } = await postClaim(service.url, secret, {
        ...{ claimId: 'again', chain, key, duty, unit, part, incarnation: 'dd'.repeat(16) },
        ...(part === 'enter' ? { term: '1' } : {}),
        ...(digest === null || part === 'enter'
          ? {}
          : { digest: `0x${'dd'.repeat((digest.length - 2) / 2)}` }),
      });
      assert.equal(body.outcome, 'denied', `${duty} ${unit} ${part}: ${status} ${JSON.stringify(body)}`);
      reasons.add(body.reason ?? '');
    }
  assert.deepEqual(
    [...reasons].filter((reason) => !/^(below-floor|unit-past)$/.test(reason)),
    [],
  );
}

/** Dave voted and made blocks; then his service was restored to an older store. Its machines are stopped. */
async function disaster(context: TestContext) {
  const ground = await startDave(context, ['dave-1', 'dave-2'], 'apart');
  const { folder, service, network, votes } = ground;
  const dave = network.node('dave-1');
  const roundsOf = () => [...votes().keys()].map((part) => part.split(' ')[0] ?? '');
  await dave.start();
  await untilVoted(dave, votes, 2);
  await service.kill('SIGTERM');
  const backup = copySqlite(join(service.dir, 'store.sqlite'), join(folder, 'backup'));
  await service.restart();
  await untilReady(service);
  const blocks = await blocksOf(service);
  await untilVoted(dave, votes, 6);
  await waitFor('Dave to make a block', async () => (await blocksOf(service)) > blocks + 1, WAIT);
  await waitFor('a later set', async () => (highest(roundsOf())[0] ?? 0n) >= APART_SET, WAIT);
  await dave.stop();
  await service.kill('SIGTERM');
  putBackSqlite(backup, 'all');
  return { ...ground, dave, roundsOf };
}

/** A service that just began may say first that its store does not answer yet. */
async function untilItSays(service: ServiceProcess, why: RegExp): Promise<void> {
  let said = '';
  const ask = async () => {
    said = await (await service.fetch('/readyz')).text();
    return why.test(said);
  };
  await waitFor(`the service to say ${why}`, ask, { ...WAIT, detail: () => said });
}

/** A node of the same chain that never met the others, so it reports the first round. */
async function startStranger(context: TestContext): Promise<RunningNode> {
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile(context, '4'),
    nodes: [{ name: 'stranger', role: 'full' }],
  });
  context.after(() => network.close());
  return network.node('stranger');
}

test('floors come from two real nodes; then Dave signs on, and each unit of before is refused', async (context) => {
  const { service, network, watcher, dave, votes, roundsOf } = await disaster(context);
  const [alice, bob, charlie] = ['alice', 'bob', 'charlie'].map((name) => network.node(name));
  assert.ok(alice && bob && charlie);
  const granted = await grantedOf(service);
  assert.deepEqual(
    ['babe', 'grandpa'].filter((duty) => !granted.some((one) => one.duty === duty)),
    [],
  );
  await service.restart();
  await untilItSays(service, /our own memory is ahead of the store/);
  await service.kill('SIGTERM');

  await context.test('one node, at one or two addresses, is not enough', async () => {
    const asked = [alice.wsUrl, alice.wsUrl.replace(/^ws/, 'http')];
    for (const urls of [asked.slice(0, 1), asked]) {
      const { code, id, problems } = await plan(service, urls);
      assert.deepEqual([code, id], [4, null]);
      assert.match(JSON.stringify(problems), /grandpa of key 0x\w+: 1 of the two independent nodes/);
    }
  });

  await context.test('a node that does not answer is named, and does not count', async () => {
    await charlie.stop();
    const { code, id, findings, problems } = await plan(service, [alice.wsUrl, charlie.wsUrl]);
    assert.deepEqual([code, id], [4, null]);
    assert.deepEqual(findings.map(({ kind }) => kind).filter((kind) => kind === 'node-silent').length, 1);
    assert.match(JSON.stringify(problems), /1 of the two independent nodes.*--floor 0x/);
    await charlie.start();
  });

  await context.test('two nodes that are far apart do not agree, and both are quoted', async (inner) => {
    const stranger = await startStranger(inner);
    const { code, id, problems } = await plan(service, [alice.wsUrl, stranger.wsUrl]);
    assert.deepEqual([code, id], [4, null]);
    assert.match(
      JSON.stringify(problems),
      /the nodes do not agree: ws\S+ says \d+\/\d+, ws\S+ says \d+\/\d+/,
    );
  });

  const made = await plan(service, [alice.wsUrl, bob.wsUrl]);
  assert.deepEqual([made.code, made.problems], [0, []]);
  assert.ok(made.findings.some(({ kind }) => kind === 'store-behind'));
  const floors = floorsAbove(made, granted);
  const rounds = floors.get('grandpa') ?? assert.fail('no floor of grandpa');
  assert.ok(!isAbove(highest(roundsOf()), rounds), 'the floor is at or above each round that Dave voted in');
  const reasons = made.plan.keys.flatMap((key) => key.floors).find(({ duty }) => duty === 'grandpa')?.reasons;
  assert.equal(reasons?.filter(({ from }) => /seen by ws.*and the step/.test(from)).length, 2);

  const execute = ['recover', '--execute', made.id ?? '', '--confirmation', CONFIRMATION];
  const ran = await watchbill(service.dir, ...execute);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /this run adopted 2 keys/);
  await service.restart();
  await untilReady(service);

  const blocks = await blocksOf(service);
  await dave.start();
  await waitFor('Dave to vote above the floor', async () => isAbove(highest(roundsOf()), rounds), {
    ...WAIT,
    detail: () => dave.log().slice(-3_000),
  });
  await untilVoted(dave, votes, 4);
  await waitFor('Dave to make a block', async () => (await blocksOf(service)) > blocks, WAIT);
  await neverAgain(service, 'dave-2', granted);
  for (const [part, targets] of votes())
    assert.equal(targets.size, 1, `two votes in ${part}: ${[...targets].join(' and ')}`);
  await watcher.untilFinalised((await watcher.finalisedNumber()) + 2);
  assert.deepEqual(alice.grep(/equivocat/i), []);
});
