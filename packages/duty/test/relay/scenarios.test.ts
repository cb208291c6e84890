import assert from 'node:assert/strict';
import test from 'node:test';
import {
  breaches,
  doubles,
  RELAY_SCENARIOS,
  runScenario,
  type ScenarioRow,
  startScenarioSetup,
  textTable,
} from '@watchbill/testkit/scenario';
import { relayGround } from './ground.ts';

const LONG = process.env.WATCHBILL_LONG === '1';
const TIMES = LONG ? { holdMs: 60_000, settleMs: 15_000 } : { holdMs: 24_000, settleMs: 8_000 };
const SHORT = ['calm', 'killed', 'beefy-needed'];

test('a validator of a relay chain on two machines', async (context) => {
  const rows: ScenarioRow[] = [];
  const ground = relayGround(context);
  const setup = await startScenarioSetup({ ...ground, store: 'sqlite', wire: 'claims' });
  context.after(async () => {
    console.log(textTable(rows));
    await setup.close();
  });
  // While working on one: WATCHBILL_SCENARIOS=paused,killed
  const asked = process.env.WATCHBILL_SCENARIOS?.split(',') ?? (LONG ? undefined : SHORT);
  for (const scenario of RELAY_SCENARIOS) {
    if (asked !== undefined && !asked.includes(scenario.name)) continue;
    await context.test(scenario.name, async () => {
      const row = await runScenario(setup, scenario, TIMES);
      rows.push(row);
      // A verdict by itself: only a double signature is never run a second time.
      assert.equal(doubles(row.equivocations), 0, 'an identity signed twice');
      assert.deepEqual(breaches(row), [], 'it signed, finality went on, and the observer saw everything');
      if (!scenario.takeover) return;
      assert.ok(typeof row.takeover?.blockMs === 'number', 'the standby makes blocks');
      assert.ok(typeof row.takeover.voteMs === 'number', 'the standby votes');
    });
  }
});
