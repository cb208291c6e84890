import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { writeAddress } from '@watchbill/chain/address';
import { KEY_KINDS, keyNameOf, markFile, type OpenKey, openFolder } from '@watchbill/guard';
import { makeFoldersSync } from '@watchbill/kit/files';
import { devKey, type NodeNetwork, startNodeNetwork } from '@watchbill/testkit';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import { residentMb } from '@watchbill/testkit/bench/cost';
import type { Options } from '@watchbill/testkit/bench/options';
import { packCommand } from '@watchbill/testkit/bench/packed';
import { used } from '@watchbill/testkit/bench/processor';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { median } from '@watchbill/testkit/bench/statistics';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { type GuardedMachine, guardedMachine, untilPlaced } from '../test/node/guarded.ts';

/** Of all kinds of keys that a validator of the relay chain has, without Aura. */
const KEYS = KEY_KINDS.filter((kind) => kind !== 'aura').slice(0, 6);
const PLACEMENTS = 1_000;
const IDLE_MS = 120_000;
const DOCTOR_TIMEOUT_MS = 60_000;
/** What the collector of garbage and the compiler do after a start is over by then. */
const SETTLE_MS = 20_000;

interface Measured {
  readonly guardMb: number;
  readonly guardProcessorPercent: number;
  /** The slot mark, on the disk, which precedes the decision to place a key that authors. */
  readonly markMs: number;
  readonly placeMs: number;
  readonly withdrawMs: number;
  readonly doctorMs: number;
}

/** The guard of a real node whose keys are placed: its cost and its speed; and the doctor beside it. */
export async function measureGuard(stage: Stage, options: Options): Promise<Report> {
  const cli = await packCommand(join(stage.folder, 'packed'));
  const memory = mkdtempSync('/dev/shm/watchbill-bench-guard-');
  await stage.start(Promise.resolve(), async () => rmSync(memory, { recursive: true, force: true }));
  const network = await startChain(stage);
  const eve = await guardedMachine({ network, memory }, 'eve', { cli });
  await eve.node.start();
  await untilPlaced(eve);
  const cost = await idleCost(eve);
  const times = await placingTimes(stage.folder, memory);
  const doctorMs = await doctorTime(cli, eve, options.rounds);
  return report({ ...cost, ...times, doctorMs });
}

function startChain(stage: Stage): Promise<NodeNetwork> {
  const nodes = ['Alice', 'Bob', 'Charlie', 'Dave'].map((name) => ({
    name: name.toLowerCase(),
    keys: [{ suri: `//${name}` }],
  }));
  const folder = join(stage.folder, 'nodes');
  const network = startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('5', stage.folder),
    folder,
    nodes,
    args: ['--gossip-duration-ms', '500'],
  });
  return stage.start(network, (all) => all.close());
}

async function idleCost({
  guardPid,
}: GuardedMachine): Promise<Pick<Measured, 'guardMb' | 'guardProcessorPercent'>> {
  await sleep(SETTLE_MS);
  const pid = guardPid();
  const [before, fromMs] = [used(pid).ranUs, performance.now()];
  await sleep(IDLE_MS);
  const ranMs = (used(pid).ranUs - before) / 1_000;
  return {
    guardMb: residentMb(pid),
    guardProcessorPercent: (100 * ranMs) / (performance.now() - fromMs),
  };
}

/** From the decision on: the keys are in the folder, or are gone from it. */
async function placingTimes(
  disk: string,
  memory: string,
): Promise<Pick<Measured, 'markMs' | 'placeMs' | 'withdrawMs'>> {
  const [keystore, state] = [join(memory, 'keystore'), join(disk, 'state')];
  mkdirSync(keystore, { mode: 0o700 });
  makeFoldersSync(state, 0o700);
  const [folder, marks] = [await openFolder(keystore), markFile(state)];
  const keys = KEYS.map(keyOfKind);
  const [written, places, withdrawals]: [number[], number[], number[]] = [[], [], []];
  for (let time = 0; time < PLACEMENTS; time++) {
    written.push(await msOf(async () => marks.write({ slot: BigInt(time), round: null })));
    places.push(
      await msOf(async () => {
        for (const key of keys) await folder.place(key);
      }),
    );
    withdrawals.push(
      await msOf(async () => {
        for (const { name } of keys) await folder.withdraw(name);
      }),
    );
  }
  return { markMs: p99(written), placeMs: p99(places), withdrawMs: p99(withdrawals) };
}

function keyOfKind(kind: string, index: number): OpenKey {
  const name = keyNameOf(`${Buffer.from(kind).toString('hex')}${`a${index}`.repeat(32)}`);
  if (name === null) throw new Error(`qed: ${kind} is a kind of key that the guard knows`);
  return { name, content: '"//Bench"' };
}

async function msOf(work: () => Promise<void>): Promise<number> {
  const fromMs = performance.now();
  await work();
  return performance.now() - fromMs;
}

const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;

const EVE = writeAddress({ prefix: 42, publicKey: `0x${devKey('Eve').stash}` });

async function doctorTime(cli: string, { node, runtime }: GuardedMachine, rounds: number): Promise<number> {
  const args = [
    ...['doctor', '--node', node.wsUrl, '--validator', EVE],
    ...['--keystore', join(runtime, 'keystore'), '--database', node.basePath, '--listen', '1', '--json'],
  ];
  const times: number[] = [];
  for (let round = 0; round < rounds; round++)
    times.push(
      await msOf(async () => {
        // Findings have other statuses than 0, and are not failures of the bench.
        const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], {
          timeout: DOCTOR_TIMEOUT_MS,
        }).catch((error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '' }));
        JSON.parse(stdout);
      }),
    );
  return median(times);
}

function report(measured: Measured): Report {
  const { guardMb, guardProcessorPercent, placeMs, withdrawMs, doctorMs } = measured;
  const budgets: readonly Budget[] = [
    atMost('guardMb', guardMb, 80, 'MB'),
    atMost('guardProcessorPercent', guardProcessorPercent, 1, '%'),
    atMost('placeMs', placeMs, 50, 'ms'),
    atMost('withdrawMs', withdrawMs, 50, 'ms'),
    atMost('doctorMs', doctorMs, 3_000, 'ms'),
  ];
  const rows = [
    ...budgets.map(({ name, value, unit }) => [name, figure(value, unit)]),
    ['markMs', figure(measured.markMs, 'ms')],
  ];
  return {
    figures: { ...measured },
    budgets,
    lines: [...table([['guard of a real node', 'figure'], ...rows])],
  };
}
