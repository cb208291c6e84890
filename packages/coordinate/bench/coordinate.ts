import { createHash } from 'node:crypto';
import {
  MAINNET_ERAS,
  type Planner,
  plannerFor,
  RFC12_WINDOWS,
  type Window,
  windowOf,
} from '@watchbill/coordinate';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { median } from '@watchbill/testkit/bench/statistics';

const WINDOWS = 10_000;
const OPERATORS = 100;
const LIMIT_MS = 1_000;

interface Replay {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Windows with a heartbeat on their checklist: a result that must be the same in each round. */
  readonly heartbeats: number;
}

/** Windows of RFC 12, one after another: seed, leader and checklist for a group of 100 operators. */
export async function measureCoordinate(_stage: Stage, options: Options): Promise<Report> {
  const windows = Array.from({ length: WINDOWS }, (_, i) => windowOf(RFC12_WINDOWS, BigInt(i + 1)));
  const hashes = windows.map(({ block }) => createHash('sha256').update(`block ${block}`).digest());
  const plan = plannerFor(sampleGroup(), MAINNET_ERAS);
  // The first replay of a process computes the table of the random generator and is compiled on the way.
  const first = replay(plan, windows, hashes);
  const rounds = Array.from({ length: options.rounds }, () => replay(plan, windows, hashes));
  if (rounds.some(({ heartbeats }) => heartbeats !== first.heartbeats)) {
    throw new Error('two replays of the same windows differ');
  }
  return report(first, rounds);
}

function sampleGroup() {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 40);
  const operators = Array.from({ length: OPERATORS }, (_, i) => `0x${digest(`operator ${i}`)}`);
  return { keyHash: Buffer.from(digest('wallet'), 'hex'), operators };
}

function replay(plan: Planner, windows: readonly Window[], hashes: readonly Uint8Array[]): Replay {
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  let heartbeats = 0;
  for (const [i, window] of windows.entries()) {
    const hash = hashes[i];
    if (hash !== undefined && plan(window, hash).checklist.includes('heartbeat')) heartbeats += 1;
  }
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000, heartbeats };
}

function report(first: Replay, rounds: readonly Replay[]): Report {
  const warm = {
    wallMs: median(rounds.map(({ wallMs }) => wallMs)),
    cpuMs: median(rounds.map(({ cpuMs }) => cpuMs)),
    heartbeats: first.heartbeats,
  };
  const budgets: readonly Budget[] = [
    atMost('replayMs', warm.wallMs, LIMIT_MS, 'ms'),
    atMost('firstReplayMs', first.wallMs, LIMIT_MS, 'ms'),
  ];
  const figures = {
    replayMs: warm.wallMs,
    firstReplayMs: first.wallMs,
    windows: WINDOWS,
    operators: OPERATORS,
    first,
    rounds,
  };
  const measured = table([
    [`${WINDOWS.toLocaleString('en')} windows, ${OPERATORS} operators`, 'time', 'processor', 'windows'],
    row('the first replay of the process', first),
    row('median of rounds', warm),
  ]);
  return { figures, budgets, lines: measured };
}

function row(name: string, { wallMs, cpuMs }: Replay): readonly string[] {
  return [name, figure(wallMs, 'ms'), figure(cpuMs, 'ms'), figure((1_000 * WINDOWS) / wallMs, '/s')];
}
