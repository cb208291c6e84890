import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REASONS } from './index.ts';

test('every reason is listed under its own code, with an outcome, a sentence and what to do', () => {
  for (const [code, reason] of Object.entries(REASONS)) {
    assert.equal(reason.code, code);
    assert.match(code, /^[a-z][a-z-]*$/);
    assert.ok(['granted', 'denied', 'unknown'].includes(reason.outcome));
    for (const sentence of [reason.summary, reason.remedy])
      assert.match(sentence, /^[A-Zg].*\.$/, `${code}: ${sentence}`);
  }
});
