import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { metricOf } from './measure.ts';
import { runSteps, type StepResult } from './run-steps.ts';
import { type Simulation, simulationSchema } from './schema.ts';
import { fakeSimulated } from './testing/fake-network.ts';

function simulation(run: readonly object[], timeoutSeconds = 100): Simulation {
  return simulationSchema.parse({
    format: 'watchbill/simulation/1',
    name: 'quayside',
    settings: { timeoutSeconds },
    relay: {
      command: './node',
      chain: 'dev',
      nodes: [{ name: 'alice' }, { name: 'bob' }, { name: 'carol' }],
    },
    run,
  });
}

interface Ran {
  readonly results: readonly StepResult[];
  readonly deeds: readonly string[];
}

async function ran(
  run: readonly object[],
  {
    refuses,
    timeoutSeconds,
    signal = new AbortController().signal,
  }: { refuses?: string; timeoutSeconds?: number; signal?: AbortSignal } = {},
): Promise<Ran> {
  const names = ['alice', 'bob', 'carol'];
  const fake = fakeSimulated({ names, ...(refuses === undefined ? {} : { refuses }) });
  const told: StepResult[] = [];
  const results = await runSteps(simulation(run, timeoutSeconds), {
    ...fake,
    signal,
    tell: (result) => void told.push(result),
  });
  assert.deepEqual(told, results);
  return { results, deeds: fake.deeds };
}

const outcomes = ({ results }: Ran): readonly string[] => results.map(({ outcome }) => outcome);

test('steps and expectations run in their order and at their height', async () => {
  const one = await ran([
    { expect: 'height', atLeast: 3 },
    { do: 'pause', node: 'carol', at: { height: 5 } },
    { expect: 'height', atLeast: 8 },
    { expect: 'finality-lag', atLeast: 4 },
    { do: 'resume', node: 'carol', at: { seconds: 2 } },
    { expect: 'finality-lag', atMost: 2 },
    { expect: 'peers', atLeast: 2, atMost: 2 },
    { do: 'restart', node: 'bob' },
    { do: 'kill', node: 'bob' },
    { expect: 'log', pattern: '[Pp]anic', atMost: 1 },
    { expect: 'metric', metric: 'blocks{kind="best"}', atLeast: 12 },
  ]);
  assert.deepEqual(new Set(outcomes(one)), new Set(['held']), JSON.stringify(one.results));
  assert.deepEqual(one.deeds, ['pause carol', 'resume carol', 'stop bob', 'start bob', 'kill bob']);
});

test('an expectation that is not met in time fails, reports the values, and ends the run', async () => {
  const one = await ran([
    { expect: 'height', atLeast: 500, withinSeconds: 5 },
    { do: 'kill', node: 'bob' },
  ]);
  assert.deepEqual(outcomes(one), ['failed', 'skipped']);
  assert.match(one.results[0]?.why ?? '', /after 5 s: alice has 5/);
  assert.deepEqual(one.deeds, [], 'a network other than the intended one is left alone');
});

test('a node that does not answer meets no expectation', async () => {
  const one = await ran([
    { do: 'pause', node: 'bob' },
    { expect: 'height', node: 'bob', atLeast: 0, withinSeconds: 3 },
  ]);
  assert.deepEqual(outcomes(one), ['held', 'failed']);
  assert.match(one.results[1]?.why ?? '', /bob gave no answer/);
});

test('an expectation covers every node except those that are stopped or paused on purpose', async () => {
  const one = await ran([
    { do: 'stop', node: 'bob' },
    { expect: 'height', atLeast: 2 },
    { do: 'start', node: 'bob' },
    { expect: 'height', atLeast: 2 },
  ]);
  assert.deepEqual(Object.keys(one.results[1]?.seen ?? {}), ['alice', 'carol']);
  assert.deepEqual(Object.keys(one.results[3]?.seen ?? {}), ['alice', 'bob', 'carol']);
});

test('the time limit of the run ends every wait', async () => {
  const height = await ran([{ expect: 'height', atLeast: 500, withinSeconds: 80_000 }], {
    timeoutSeconds: 7,
  });
  assert.deepEqual(outcomes(height), ['failed']);
  const due = await ran([{ do: 'kill', node: 'bob', at: { height: 500 } }], { timeoutSeconds: 7 });
  assert.match(due.results[0]?.why ?? '', /time limit of the run was reached; the highest block was 7/);
  assert.deepEqual(due.deeds, []);
});

test('an interrupted run fails, and takes no further step', async () => {
  const one = await ran([{ do: 'kill', node: 'bob' }], { signal: AbortSignal.abort() });
  assert.deepEqual(outcomes(one), ['failed']);
  assert.deepEqual(one.deeds, []);
});

test('an impossible step is a failure, and paused nodes are resumed at the end', async () => {
  const one = await ran(
    [
      { do: 'pause', node: 'bob' },
      { do: 'stop', node: 'carol' },
    ],
    { refuses: 'stop carol' },
  );
  assert.deepEqual(outcomes(one), ['held', 'failed']);
  assert.equal(one.results[1]?.why, 'carol does not stop');
  assert.deepEqual(one.deeds, ['pause bob', 'resume bob']);
});

test('a paused node is woken before it is ended, and a node that is not paused is not resumed', async () => {
  const one = await ran([
    { do: 'resume', node: 'alice' },
    { do: 'pause', node: 'bob' },
    { do: 'stop', node: 'bob' },
    { do: 'start', node: 'bob' },
    { expect: 'peers', atLeast: 2 },
  ]);
  assert.deepEqual(new Set(outcomes(one)), new Set(['held']));
  assert.deepEqual(one.deeds, ['pause bob', 'resume bob', 'stop bob', 'start bob']);
});

test('a wait is for a time or a block, takes no node, and names its condition', async () => {
  const one = await ran([
    { do: 'wait', at: { seconds: 5 } },
    { do: 'wait', at: { height: 9 } },
    { expect: 'height', atLeast: 9, atMost: 9, withinSeconds: 1 },
  ]);
  assert.deepEqual(outcomes(one), ['held', 'held', 'held'], JSON.stringify(one.results));
  assert.deepEqual(one.deeds, []);
  assert.deepEqual(one.results.slice(0, 2).map(field('text')), ['wait after 5 s', 'wait at height 9']);
  assert.throws(() => simulation([{ do: 'wait' }]), /how long to wait/);
  assert.throws(() => simulation([{ do: 'wait', node: 'bob', at: { seconds: 1 } }]), /`wait` takes no node/);
});

test('a metric is found by name and labels, and is unknown if it is missing', () => {
  const text = '# HELP a b\na{x="1",y="2"} 3\na{x="2"} 4\na_b 9\nbroken\nnan NaN\n';
  assert.equal(metricOf(text, 'a'), 7);
  assert.equal(metricOf(text, 'a{x="1"}'), 3);
  assert.equal(metricOf(text, 'a{x="3"}'), null);
  assert.equal(metricOf(text, 'nan'), null);
  assert.equal(metricOf(text, 'c'), null);
});
