import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warningText } from './plan.ts';

test('a warning names the place or plan that a person gave up, and the signers that may still run', () => {
  assert.match(
    warningText({ kind: 'place-forgotten', place: 'fra', where: 'context fra, namespace net' }),
    /^fra \(context fra, namespace net\) is forgotten.*If a signer still runs there/,
  );
  assert.match(
    warningText({ kind: 'plan-abandoned', plan: 'abcdef0123456789', steps: ['delete main/a'] }),
    /^plan abcdef012345 is abandoned at delete main\/a\. Check that no process runs there/,
  );
});
