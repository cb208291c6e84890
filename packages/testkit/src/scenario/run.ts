import { setTimeout as sleep } from 'node:timers/promises';
import type { IdentityReport, ObserverReport } from '../nodes/observer/report.ts';
import type { RunningNode } from '../nodes/running-node.ts';
import { waitFor } from '../nodes/wait.ts';
import { type BeefyCount, beefyNow } from './beefy.ts';
import { refusedRounds } from './refusals.ts';
import type { ScenarioSetup } from './scenario-setup.ts';
import type { Scenario } from './scenarios.ts';
import { standstills } from './table.ts';

/**
 * The signatures of the identity from the beginning of a scenario to its end, and while everything settled
 * after it.
 */
export interface ScenarioRow {
  readonly scenario: string;
  readonly what: string;
  readonly seconds: number;
  readonly due: number;
  /** Due slots without a header of the identity; `lost`: without any header. */
  readonly missed: number;
  readonly lost: number;
  /** Over all identities, by independent observers and on the chain. */
  readonly equivocations: ObserverReport['equivocations'];
  readonly blocks: number;
  readonly votes: number;
  /**
   * From the beginning of the scenario to the first signature of the other machine, if it is to take over.
   */
  readonly takeover: Takeover | null;
  /** Null on a chain without BEEFY. */
  readonly beefy: BeefyCount | null;
  readonly longestFinalityGapMs: number;
  /** Nodes of the identity that ended by themselves and were started again. */
  readonly ownEnds: readonly string[];
  readonly faults: readonly string[];
}

/** The part of a row that the observer counts. */
export type SeenRow = Omit<ScenarioRow, 'what' | 'takeover' | 'beefy' | 'ownEnds'>;

export interface Takeover {
  readonly blockMs: number | null;
  readonly voteMs: number | null;
  /** If it did not vote: the reasons why it was refused rounds. */
  readonly refusals: readonly string[];
}

export interface RunTimes {
  /** How long a scenario lasts, or longer until the standby has taken over. */
  readonly holdMs: number;
  /** Counted for so long after its end. */
  readonly settleMs: number;
}

/** Limit for the takeover of a standby; its time is in the row. */
const TAKEOVER_TIMEOUT_MS = 90_000;
/**
 * Extra time for a stretch in which an overloaded machine got no result. Without a result in that time too,
 * the run has failed.
 */
const MORE_MS = 60_000;
/** The same in slots: a restarted service grants no vote until the chain has passed some rounds. */
const MORE_SLOTS = 15;
/**
 * The sync of a stock node that was frozen, or whose clock was off, may stand for a minute before it goes on.
 */
const PATIENCE_MS = 90_000;
/** Blocks between the head of the watcher and the one of a machine that keeps step. */
const IN_STEP_BLOCKS = 3;
/** A node whose sync stands is level with the others at one look, and behind a few slots later. */
const STEADY_MS = 6_000;
/** Causes for which the last scenario disturbed a machine. */
const shaken = new WeakSet<ScenarioSetup>();

export async function runScenario(
  setup: ScenarioSetup,
  scenario: Scenario,
  times: RunTimes,
): Promise<ScenarioRow> {
  await untilSteady(setup, shaken.has(setup) ? STEADY_MS : 0);
  if (scenario.shakes === true) shaken.add(setup);
  else shaken.delete(setup);
  const { standby } = await setup.roles();
  const beefyBefore = await beefyNow(setup);
  const fromMs = Date.now();
  const end = await scenario.begin(setup);
  if (scenario.takeover) {
    // Absent at the deadline: the row shows it.
    await setup.observer
      .untilFirstSignature(setup.kind.identity, fromMs, TAKEOVER_TIMEOUT_MS)
      .catch(() => undefined);
  }
  await sleep(Math.max(0, fromMs + times.holdMs - Date.now()));
  await end();
  await sleep(times.settleMs);
  return {
    ...(await seenSince(setup, scenario.name, fromMs)),
    what: scenario.what,
    takeover: scenario.takeover ? await takeoverOf(setup, standby.name, fromMs) : null,
    beefy: difference(beefyBefore, await beefyNow(setup)),
    ownEnds: setup.supervisor
      .endsSince(fromMs)
      .map(({ machine, lastError }) => `${machine}: ${lastError.trim()}`),
  };
}

function difference(before: BeefyCount | null, after: BeefyCount | null): BeefyCount | null {
  if (before === null || after === null) return null;
  return { votes: after.votes - before.votes, blocks: after.blocks - before.blocks };
}

/** Everything seen until now; if the chain stood still, a while later. Every double signature stays in it. */
async function seenSince(
  { observer, kind }: ScenarioSetup,
  scenario: string,
  fromMs: number,
): Promise<SeenRow> {
  const deadlineMs = Date.now() + MORE_MS + MORE_SLOTS * kind.slotMs;
  for (;;) {
    const untilMs = Date.now();
    const report = await observer.report({ fromMs, untilMs });
    const seconds = Math.round((untilMs - fromMs) / 1_000);
    const seen = { ...countsOf(report, kind.identity), scenario, seconds };
    if (untilMs > deadlineMs || standstills(seen).length === 0) return seen;
    await sleep(1_000);
  }
}

async function takeoverOf(setup: ScenarioSetup, machine: string, fromMs: number): Promise<Takeover> {
  const { block, vote } = await setup.observer.firstSignature(setup.kind.identity, fromMs);
  return {
    blockMs: block?.afterMs ?? null,
    voteMs: vote?.afterMs ?? null,
    refusals: vote === null ? await refusedRounds(setup, machine, fromMs) : [],
  };
}

/** Counted alike in a scenario and in a control. */
export function countsOf(report: ObserverReport, identity: string): Omit<SeenRow, 'scenario' | 'seconds'> {
  const { due, blocks, votes } = identityIn(report, identity);
  return {
    due: due.slots,
    missed: due.missed.length,
    lost: due.missed.filter(({ othersAuthored }) => othersAuthored === 0).length,
    equivocations: report.equivocations,
    blocks,
    votes,
    longestFinalityGapMs: report.longestFinalityGapMs,
    faults: report.faults.map(({ text }) => text),
  };
}

/** The row of an identity in a report; throws if the observer never heard of it. */
export function identityIn(report: ObserverReport, name: string): IdentityReport {
  const found = report.identities.find((identity) => identity.name === name);
  if (found === undefined) throw new Error(`the observer has no record of ${name}`);
  return found;
}

/**
 * Both machines keep step with the chain, for `forMs` on end, and the service counts both as ready. A stock
 * node may stay on its own fork after a partition has healed; such a node is restarted, as an operator would
 * do.
 */
export async function untilSteady(setup: ScenarioSetup, forMs = 0): Promise<void> {
  try {
    await waitUntilSteady(setup, PATIENCE_MS, forMs);
  } catch {
    for (const name of setup.kind.machines) {
      const machine = setup.machine(name);
      if (await isInStep(setup, machine)) continue;
      setup.options.say?.(`${name} did not find back to the chain by itself and is restarted`);
      const release = setup.supervisor.leave(machine);
      await machine.kill();
      await machine.start();
      release();
    }
    await waitUntilSteady(setup, PATIENCE_MS, forMs);
  }
}

async function waitUntilSteady(setup: ScenarioSetup, timeoutMs: number, forMs: number): Promise<void> {
  const now = async (): Promise<boolean> => {
    for (const name of setup.kind.machines) if (!(await isInStep(setup, setup.machine(name)))) return false;
    return bothReady(setup);
  };
  let sinceMs: number | null = null;
  const steady = async (): Promise<boolean> => {
    if (!(await now())) sinceMs = null;
    else sinceMs ??= performance.now();
    return sinceMs !== null && performance.now() - sinceMs >= forMs;
  };
  const detail = (): string =>
    setup.kind.machines.map((name) => setup.machine(name).log().slice(-1_500)).join('\n---\n');
  await waitFor('both machines of the identity are synced', steady, { timeoutMs, everyMs: 250, detail });
}

async function isInStep(setup: ScenarioSetup, machine: RunningNode): Promise<boolean> {
  const best = await setup.network.node('watcher').bestNumber();
  return best >= 2 && machine.running() && (await machine.bestNumber()) + IN_STEP_BLOCKS >= best;
}

async function bothReady({ options, services, kind, genesis }: ScenarioSetup): Promise<boolean> {
  if (options.wire === 'original') return true;
  const answer = (await services.alive().admin('GET', '/v1/watch')) as {
    watch: readonly { chain: string; ready: readonly string[] }[];
  };
  const every = (ready: readonly string[]): boolean => kind.machines.every((name) => ready.includes(name));
  // A test may add keys of another chain.
  const mine = answer.watch.filter(({ chain }) => chain === genesis);
  return mine.length > 0 && mine.every(({ ready }) => every(ready));
}
