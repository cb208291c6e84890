// Two gated machines of one identity: the series of their gates.

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { gateSeries } from '@watchbill/duty/alerts/testing/gate-series';
import { type RunningNode, waitFor } from '@watchbill/testkit';
import { MACHINES, type ScenarioSetup, startScenarioSetup, untilSteady } from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { watchesOf } from './handover-tests.ts';

const WAIT = { timeoutMs: 180_000, everyMs: 500 };
/** A vote waits longest for its answer. */
const LONGEST_CLAIM_S = 30;

/** Samples of the gate: `name{label="value"}` without the label of the chain, and the value. */
async function samplesOf(node: RunningNode): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(node.metricsUrl)).text();
  const lines = [...text.matchAll(/^(watchbill_gate_\w+)\{(.*)\} (\S+)$/gm)];
  return new Map(
    lines.map(([, name, labels = '', value]) => [
      `${name}{${labels.replace(/,?chain="[^"]*"/, '')}}`,
      Number(value),
    ]),
  );
}

async function until(node: RunningNode, sample: string, isGood: (value: number) => boolean): Promise<number> {
  let found = Number.NaN;
  await waitFor(
    `${node.name}: ${sample}`,
    async () => {
      found = (await samplesOf(node)).get(sample) ?? Number.NaN;
      return isGood(found);
    },
    WAIT,
  );
  return found;
}

async function startSetup(context: TestContext): Promise<ScenarioSetup> {
  const spec = specFile(context, '5');
  const setup = await startScenarioSetup({ binary: nodeBinary(), spec, store: 'sqlite', wire: 'claims' });
  context.after(() => setup.close());
  await untilSteady(setup);
  return setup;
}

test('the gate of a real node serves its series', async (context) => {
  const setup = await startSetup(context);
  const [watch] = await watchesOf(setup);
  const [first, second] = MACHINES;
  const active = setup.machine(watch?.holder === second ? second : first);
  const standby = setup.machine(watch?.holder === second ? first : second);

  await context.test(
    'the active node: grants, times, a service that answers, and a key that votes',
    async () => {
      await until(active, 'watchbill_gate_claims_total{kind="babe",outcome="granted"}', (count) => count > 2);
      await until(
        active,
        'watchbill_gate_claims_total{kind="grandpa",outcome="granted"}',
        (count) => count > 2,
      );
      const samples = await samplesOf(active);
      const seconds = samples.get('watchbill_gate_claim_seconds_sum{kind="babe"}') ?? 0;
      const answered = samples.get('watchbill_gate_claim_seconds_count{kind="babe"}') ?? 0;
      assert.ok(seconds > 0 && seconds / answered <= LONGEST_CLAIM_S, `${seconds} s for ${answered} claims`);
      const services = [...samples.keys()].filter((name) => name.startsWith('watchbill_gate_service_up'));
      assert.ok(services.length > 0);
      // A service whose last answer came too late shows 0 until its next one.
      for (const service of services) await until(active, service, (up) => up === 1);
      // A round that the key sits out, for example after a slow answer, shows 0 until the next one.
      const voting = [...samples.keys()].filter((name) => name.startsWith('watchbill_gate_voting'));
      assert.equal(voting.length, 1);
      await until(active, voting[0] ?? '', (votes) => votes === 1);
      const known = gateSeries().map(({ name }) => name);
      for (const name of samples.keys())
        assert.ok(
          known.some((one) => name.startsWith(one)),
          name,
        );
    },
  );

  await context.test('the standby: rounds sat out off watch, blocks that are not sealed', async () => {
    await until(standby, 'watchbill_gate_abstentions_total{reason="off-watch"}', (count) => count > 2);
    await until(standby, 'watchbill_gate_claims_total{kind="babe",outcome="denied"}', (count) => count > 0);
    const voting = [...(await samplesOf(standby))].filter(([name]) =>
      name.startsWith('watchbill_gate_voting'),
    );
    assert.deepEqual(
      voting.map(([, votes]) => votes),
      [0],
    );
    const before = await samplesOf(standby);
    const denied = before.get('watchbill_gate_claims_total{kind="babe",outcome="denied"}') ?? 0;
    const refused = [...before].filter(([name]) => name.startsWith('watchbill_gate_refused_seals_total'));
    assert.ok(denied > 0, 'it asks for its slots too');
    assert.ok(refused.reduce((sum, [, count]) => sum + count, 0) >= denied);
  });

  await context.test('a service that is gone is seen in the series', async () => {
    await setup.services.close();
    await waitFor(
      'no service is up',
      async () =>
        [...(await samplesOf(active))]
          .filter(([name]) => name.startsWith('watchbill_gate_service_up'))
          .every(([, up]) => up === 0),
      WAIT,
    );
  });
});
