import { setTimeout as sleep } from 'node:timers/promises';
import { startScenarioChain } from './chain.ts';
import { type ChainKind, DEVNET } from './kinds.ts';
import { plainMachine } from './machines.ts';
import { countsOf, type ScenarioRow } from './run.ts';

export interface ControlOptions {
  readonly binary: string;
  readonly spec: string;
  /** Default: the development chain. */
  readonly kind?: ChainKind;
  readonly scenario: string;
  readonly what: string;
  /** One: shows how many slots a stock validator misses. Two: shows the danger. */
  readonly machines: readonly string[];
  readonly seconds: number;
}

/** The same chain with plain machines, without a permission service. */
export async function runControl(options: ControlOptions): Promise<ScenarioRow> {
  const { binary, spec, kind = DEVNET, scenario, what, seconds } = options;
  const machines = options.machines.map((name) => plainMachine(name, kind));
  const chain = await startScenarioChain({ binary, spec, kind, machines });
  const { observer, watcher } = chain;
  try {
    const startedMs = Date.now();
    await watcher.untilFinalised(2);
    // Two machines sign twice at once, and the chain disables their key soon: the count starts at the
    // beginning.
    const fromMs = machines.length > 1 ? startedMs : Date.now();
    await sleep(seconds * 1_000);
    const untilMs = Date.now();
    const report = await observer.report({ fromMs, untilMs });
    return {
      ...countsOf(report, kind.identity),
      scenario,
      what,
      seconds,
      takeover: null,
      beefy: null,
      ownEnds: [],
    };
  } finally {
    await chain.close();
  }
}
