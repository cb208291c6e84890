import { setTimeout as sleep } from 'node:timers/promises';
import { startScenarioChain } from './chain.ts';
import { type ChainKind, DEVNET } from './kinds.ts';
import { plainMachine } from './machines.ts';
import { countsOf, type ScenarioRow } from './run.ts';
import { textTable } from './table.ts';

interface ControlOptions {
  readonly binary: string;
  readonly spec: string;
  /** Default: the development chain. */
  readonly kind?: ChainKind;
  readonly seconds: number;
}

/** One machine, which shows how many slots a stock validator misses, then both, which show the danger. */
export async function runControls(options: ControlOptions): Promise<readonly ScenarioRow[]> {
  const { machines } = options.kind ?? DEVNET;
  const alone = await runControl(options, machines.slice(0, 1), {
    scenario: 'one plain node',
    what: 'a stock validator with one machine, for comparison',
  });
  const danger = await runControl(options, machines, {
    scenario: 'two plain nodes with one key',
    what: 'the danger: no permission service',
  });
  console.log(textTable([alone, danger]));
  return [alone, danger];
}

/** The same chain with plain machines, without a permission service. */
async function runControl(
  { binary, spec, kind = DEVNET, seconds }: ControlOptions,
  names: readonly string[],
  about: Pick<ScenarioRow, 'scenario' | 'what'>,
): Promise<ScenarioRow> {
  const machines = names.map((name) => plainMachine(name, kind));
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
    const counts = { ...countsOf(report, kind.identity), ...about, seconds };
    return { ...counts, takeover: null, beefy: null, ownEnds: [] };
  } finally {
    await chain.close();
  }
}
