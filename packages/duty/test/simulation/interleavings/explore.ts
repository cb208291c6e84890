import type { VirtualClock } from '@watchbill/kit/testing';
import type { Gate } from './gate.ts';

/** Most orders of one scenario; more is a sign that a claim repeats steps without end. */
const MOST_ORDERS = 5_000;
const MOST_STEPS = 400;
const IDLE_MS = 5;

/** One order: starts what is to be interleaved, and judges it when all of it has ended. */
export interface Scenario {
  /** Called before each order, with the gate open. */
  prepare(): Promise<void>;
  /** Each begins only when the explorer chooses it. */
  readonly starts: readonly { readonly name: string; readonly run: () => Promise<void> }[];
  /** Throws if the order broke a promise. `order` names the steps as they happened. */
  judge(order: readonly string[]): void;
}

/** Runs a scenario in every order of its steps, depth first. Returns how many orders there are. */
export async function explore(clock: VirtualClock, gate: Gate, scenario: Scenario): Promise<number> {
  let path: number[] | null = [];
  let orders = 0;
  while (path !== null) {
    if (++orders > MOST_ORDERS) throw new Error(`more than ${MOST_ORDERS} orders`);
    path = nextPath(await runOrder(clock, gate, scenario, path));
  }
  return orders;
}

interface Choice {
  readonly taken: number;
  readonly options: number;
}

async function runOrder(
  clock: VirtualClock,
  gate: Gate,
  scenario: Scenario,
  path: readonly number[],
): Promise<readonly Choice[]> {
  await scenario.prepare();
  gate.isClosed = true;
  let open = scenario.starts.length;
  const failures: unknown[] = [];
  for (const { name, run } of scenario.starts)
    void gate
      .pass(name)
      .then(run)
      .catch((error: unknown) => failures.push(error))
      .finally(() => {
        open -= 1;
      });
  const choices: Choice[] = [];
  const order: string[] = [];
  for (let step = 0; open > 0; step++) {
    if (step > MOST_STEPS) throw new Error(`the claims do not end: ${order.join('; ')}`);
    await clock.run(clock.nowMs());
    const waiting = gate.waiting();
    if (open === 0) break;
    if (waiting.length === 0) {
      await clock.advance(IDLE_MS);
      continue;
    }
    const taken = path[choices.length] ?? 0;
    const chosen = waiting[taken];
    if (chosen === undefined) throw new Error(`the order ${order.join('; ')} is not repeated by its choices`);
    choices.push({ taken, options: waiting.length });
    order.push(chosen.name);
    chosen.goOn();
  }
  gate.isClosed = false;
  await letGo(clock, gate);
  if (failures[0] !== undefined) throw failures[0];
  scenario.judge(order);
  return choices;
}

/** Ends what goes on after the answers, so that every order begins alike: shadow claims of a standby. */
async function letGo(clock: VirtualClock, gate: Gate): Promise<void> {
  while (gate.waiting().length > 0) {
    for (const { goOn } of gate.waiting()) goOn();
    await clock.run(clock.nowMs());
  }
}

/** The next path in the order of a depth-first search; null after the last one. */
function nextPath(choices: readonly Choice[]): number[] | null {
  for (let depth = choices.length - 1; depth >= 0; depth--) {
    const choice = choices[depth];
    if (choice === undefined || choice.taken + 1 >= choice.options) continue;
    return [...choices.slice(0, depth).map(({ taken }) => taken), choice.taken + 1];
  }
  return null;
}
