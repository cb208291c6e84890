import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fakePlan } from './testing/fake-plan.ts';
import { fourSteps, Killed, killAt, letLive, rollout } from './testing/ground.ts';
import { withFile } from './testing/journal-file.ts';

test('ended before or after any change, a run is taken up again and does each thing once', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(6), fc.boolean()), { maxLength: 4 }), (kills) =>
      withFile(async ({ target, run }) => {
        const { steps, after } = fourSteps(target);
        for (const [nth, isAfter] of kills) {
          killAt(target, nth, isAfter);
          await run(fakePlan(steps)).catch((error: unknown) => assert.ok(error instanceof Killed));
          letLive(target);
        }
        const result = await run(fakePlan(steps));
        assert.deepEqual(result.left, []);
        assert.deepEqual([...target.objects.keys()].sort(), after);
        assert.equal(new Set(target.calls).size, target.calls.length, target.calls.join('; '));
      }),
    ),
    { numRuns: 60 },
  ));

test('ended between two stages, a roll-out goes on from where it is', () =>
  fc.assert(
    fc.asyncProperty(fc.nat(2), fc.boolean(), (nth, isAfter) =>
      withFile(async ({ target, run }) => {
        const plan = rollout(target);
        killAt(target, nth, isAfter);
        await assert.rejects(run(plan), Killed);
        letLive(target);
        const fingerprints = target.calls.length;
        assert.deepEqual((await run(plan)).left, []);
        assert.ok(target.calls.length >= fingerprints);
        assert.deepEqual(
          target.objects.get(plan.steps[0]?.resourceId ?? '')?.body,
          plan.steps[0]?.resource?.body,
        );
      }),
    ),
    { numRuns: 12 },
  ));
