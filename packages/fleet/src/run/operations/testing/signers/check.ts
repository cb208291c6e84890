import type { Command } from './commands.ts';
import { POOLS } from './file.ts';
import { removeFolder } from './gitops.ts';
import { apply, carryOut, createSimulation, plan, type Simulation } from './simulation.ts';
import { endTheirs } from './theirs.ts';
import { removeVolumes } from './volumes.ts';

export type Counts = Simulation['counts'];

export interface Ended {
  readonly counts: Readonly<Counts>;
}

export function noCounts(): Counts {
  return { planned: 0, applied: 0, refused: 0, rendered: 0 };
}

export function addCounts(total: Counts, more: Readonly<Counts>): void {
  total.planned += more.planned;
  total.applied += more.applied;
  total.refused += more.refused;
  total.rendered += more.rendered;
}

/** Rounds of planning and applying until a file must be in force. */
const MOST_ROUNDS = 4;
/** Longer than any pod takes to end. */
const LONG_MS = 10_000_000;

/**
 * Carries out a sequence. Throws, with all commands and outcomes, at the first moment in which two processes
 * have one key. Then faults end, and a valid file must be applied.
 */
export async function runSequence(commands: readonly Command[]): Promise<Ended> {
  const sim = createSimulation();
  try {
    for (const command of commands) {
      await carryOut(sim, command);
      failIf(sim, sim.broken);
    }
    if (commands.every((one) => one.do !== 'deliver')) await comeToRest(sim);
    return { counts: { ...sim.counts } };
  } finally {
    removeFolder(sim.folder);
  }
}

/** No more faults: the network is emptied, then two signers get new seeds and start. */
async function comeToRest(sim: Simulation): Promise<void> {
  for (const machine of sim.world.machines) machine.isCut = false;
  await carryOut(sim, { do: 'scrap' });
  await carryOut(sim, { do: 'down' });
  endTheirs(sim.world);
  await carryOut(sim, { do: 'late', ms: 0 });
  sim.world.wait(LONG_MS);
  sim.file = { ...sim.file, isWhole: true };
  const operator = sim.operators.findIndex(({ memory }) => memory.lines.length > 0);
  for (const pool of POOLS) await carryOut(sim, { do: 'edit', pool, signer: null });
  await untilApplied(sim, Math.max(0, operator), 0);
  for (const cluster of sim.world.clusters.values()) removeVolumes(cluster);
  const places = { a: 'iron', b: 'fra' } as const;
  for (const [at, pool] of POOLS.entries()) {
    const signer = { place: places[pool], secret: `last-${pool}`, set: null };
    await carryOut(sim, { do: 'edit', pool, signer });
    await carryOut(sim, { do: 'seed', pool, seed: 100 + at, replace: false, isCutShort: false });
  }
  await untilApplied(sim, Math.max(0, operator), POOLS.length);
}

async function untilApplied(sim: Simulation, operator: number, running: number): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const made = await plan(sim, operator, true, true);
    const problems = made.plan.problems.map(({ code, what }) => `${code} ${what}`);
    sim.log.push(`at the end: ${problems.join('; ') || `${made.plan.steps.length} steps`}`);
    if (problems.length === 0 && made.plan.steps.length === 0) break;
    if (made.file !== null) sim.log.push(await apply(sim, operator, 0, null));
    sim.world.wait(LONG_MS);
    failIf(sim, sim.broken);
  }
  const found = sim.world.processes().filter(({ keys }) => keys.length > 0).length;
  failIf(
    sim,
    found === running ? null : `${found} signers run, not ${running}: a file that is right was not applied`,
  );
}

function failIf({ log }: Simulation, what: string | null): void {
  if (what !== null) throw new Error(`${what}\n${log.join('\n')}`);
}
