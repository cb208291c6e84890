import { ROUND_MS } from '../names.ts';
import { runSteps } from '../nemeses/run-steps.ts';
import { startNode } from '../nodes/node.ts';
import { HIGH, startObserver } from '../nodes/observer.ts';
import { startProber } from '../nodes/probes.ts';
import { startStrays } from '../nodes/strays.ts';
import { prepare } from '../operator/prepare.ts';
import { recover } from '../operator/recovery.ts';
import { judge } from '../oracles/judge.ts';
import { missedUnit } from '../oracles/liveness.ts';
import type { Violation } from '../oracles/oracle.ts';
import { unsavedReport } from '../oracles/records.ts';
import { watchMarks } from '../oracles/watch-marks.ts';
import type { Plan } from '../plan/plan.ts';
import { startService } from '../services/service.ts';
import { beCalm, beRough } from '../world/moods.ts';
import { createWorld, type World } from '../world/world.ts';
import { runUntilDone } from './time.ts';

/** What came of one run. */
export interface Outcome {
  readonly world: World;
  readonly violation: Violation | null;
  /** Signatures that left the gates while there were faults, and after them. */
  readonly releasesRough: number;
  readonly releasesCalm: number;
  /** Answers by outcome and reason. */
  readonly answers: ReadonlyMap<string, number>;
}

/**
 * After the recovery a new session abstains for as many rounds as its base lies above the chain: 16, a second
 * each, and for ten seconds the first reports still rise.
 */
const SETTLE_MS = 29_000;
/** No base falls with the observer that lied, so the chain has to pass its rounds. */
const LIE_MS = Number(HIGH) * ROUND_MS;
const CALM_MS = 6_000;

/**
 * A whole run in virtual time: services that adopt the keys, a safety phase with the steps of the plan, then
 * a liveness phase without faults. The plan decides everything.
 */
export async function simulate(plan: Plan): Promise<Outcome> {
  const world = createWorld(plan);
  for (const service of world.services) startService(world, service);
  await prepare(world);
  for (const node of world.nodes) startNode(world, node);
  for (const observer of world.observers) startObserver(world, observer);
  startProber(world);
  startStrays(world);
  void watchMarks(world);
  beRough(world);
  runSteps(world);
  await world.clock.run(world.clock.nowMs() + plan.roughMs);
  const calmFromMs = world.clock.nowMs();
  beCalm(world);
  const broken = judge(world);
  const violation = plan.safetyOnly ? broken : (broken ?? (await live(world)) ?? judge(world));
  return outcomeOf(world, calmFromMs, violation);
}

/** The liveness phase; what is wrong in it, or null. */
async function live(world: World): Promise<Violation | null> {
  let wrong: string | null = null;
  let unsaved: Violation | null = null;
  await runUntilDone(world, async () => {
    unsaved = await unsavedReport(world);
    wrong = await recover(world);
  });
  if (unsaved !== null) return unsaved;
  if (wrong !== null)
    return { promise: 'L', what: `the ledger does not recover: ${wrong as string}`, events: [] };
  const lied = world.plan.steps.some(({ act }) => act.kind === 'observer' && act.how === 'high');
  await world.clock.run(world.clock.nowMs() + SETTLE_MS + (lied ? LIE_MS : 0));
  const fromMs = world.clock.nowMs();
  await world.clock.run(fromMs + CALM_MS);
  return missedUnit(world, fromMs, world.clock.nowMs());
}

function outcomeOf(world: World, calmFromMs: number, violation: Violation | null): Outcome {
  const events = world.history.events();
  const releases = events.filter((event) => event.kind === 'release');
  const answers = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'reply') continue;
    const name = `${event.reply.outcome}:${event.reply.reason}`;
    answers.set(name, (answers.get(name) ?? 0) + 1);
  }
  return {
    world,
    violation,
    releasesRough: releases.filter(({ atMs }) => atMs < calmFromMs).length,
    releasesCalm: releases.filter(({ atMs }) => atMs >= calmFromMs).length,
    answers,
  };
}
