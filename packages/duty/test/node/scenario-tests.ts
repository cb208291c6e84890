import assert from 'node:assert/strict';
import test from 'node:test';
import {
  breaches,
  doubles,
  runScenario,
  SCENARIOS,
  type ScenarioRow,
  type ScenarioSetup,
  type ScenarioSetupOptions,
  startScenarioSetup,
  textTable,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

interface Wanted extends Pick<ScenarioSetupOptions, 'store' | 'wire'> {
  /** Names of scenarios; without it, all that the store has. */
  readonly only?: readonly string[];
  /**
   * Of all of them every second one, from the first or from the second on: two files side by side take half
   * as long.
   */
  readonly every?: 'first' | 'second';
}

const TIMES =
  process.env.WATCHBILL_LONG === '1'
    ? { holdMs: 30_000, settleMs: 15_000 }
    : { holdMs: 8_000, settleMs: 5_000 };

/**
 * Why a machine is granted no round before it is known in which set it votes; its RPC may be late for a
 * moment.
 */
const UNSURE = ['set-unconfirmed', 'round-state-unknown'];

/** One network of real nodes for all scenarios of a store and a wire protocol, one after another. */
export function scenarioTests({ store, wire, only, every }: Wanted): void {
  const which = [store, wire, ...(every === undefined ? [] : [`every ${every}`])];
  test(`six machines, two of them one identity: ${which.join(', ')}`, async (context) => {
    const rows: ScenarioRow[] = [];
    const ground = await startScenarioSetup({
      binary: nodeBinary(),
      spec: specFile(context, '5'),
      store,
      wire,
    });
    context.after(async () => {
      console.log(textTable(rows));
      await ground.close();
    });
    // While working on one: WATCHBILL_SCENARIOS=paused,killed
    const asked = process.env.WATCHBILL_SCENARIOS?.split(',') ?? only;
    const chosen = SCENARIOS.filter(
      ({ name, onlyOn }) => (onlyOn ?? store) === store && (asked === undefined || asked.includes(name)),
    ).filter((_, at) => every === undefined || (at % 2 === 0) === (every === 'first'));
    for (const scenario of chosen) {
      await context.test(scenario.name, async () => {
        const row = await runScenario(ground, scenario, TIMES);
        rows.push(row);
        // A verdict by itself: only a double signature is never run a second time.
        assert.equal(doubles(row.equivocations), 0, 'an identity signed twice');
        if (breaches(row).length > 0) console.log(lastLines(ground));
        assert.deepEqual(breaches(row), [], 'it signed, finality went on, and the observer saw everything');
        if (!scenario.takeover) return;
        assert.ok(typeof row.takeover?.blockMs === 'number', 'the standby makes blocks');
        // In that protocol a machine whose set the service cannot be sure of is granted no round
        // (refused-votes.md).
        const { refusals } = row.takeover;
        const unsure =
          wire === 'original' &&
          refusals.includes('set-unconfirmed') &&
          refusals.every((reason) => UNSURE.includes(reason));
        assert.ok(typeof row.takeover.voteMs === 'number' || unsure, 'the standby votes');
      });
    }
  });
}

/** The last lines of both machines about their votes, for a promise that was not kept. */
function lastLines({ kind, machine }: ScenarioSetup): string {
  const linesOf = (name: string): readonly string[] =>
    machine(name)
      .grep(/grandpa|afg|duty|vote/i)
      .slice(-25);
  return kind.machines.flatMap((name) => [`the last lines of ${name}:`, ...linesOf(name)]).join('\n');
}
