import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakePlan } from './testing/fake-plan.ts';
import { fourSteps } from './testing/ground.ts';
import { withFile } from './testing/journal-file.ts';
import { testKilledRuns } from './testing/killed.ts';

test('with a journal on disk, a second run does nothing', () =>
  withFile(async ({ target, run }) => {
    const { steps, after } = fourSteps(target);
    const plan = fakePlan(steps);
    const first = await run(plan);
    assert.deepEqual(first, { done: steps.map(({ id }) => id), left: [], stops: [] });
    assert.deepEqual([...target.objects.keys()].sort(), after);
    const calls = [...target.calls];
    assert.deepEqual(await run(plan), first);
    assert.deepEqual(target.calls, calls);
  }));

testKilledRuns(withFile);
