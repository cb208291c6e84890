import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertWords } from './alert-words.ts';

test('every condition that the console names has the words of its alert', () => {
  const words = alertWords();
  for (const [name, labels] of [
    ['WatchbillStoreBehind', ['instance']],
    ['WatchbillServiceNotReady', ['instance']],
    ['WatchbillNoMarginLeft', ['instance']],
    ['WatchbillKeyFrozen', ['key', 'chain']],
    ['WatchbillNobodyOnWatch', ['key', 'chain']],
    ['StandbyWouldNotSign', ['node', 'key', 'value']],
    ['StandbyDrillOld', ['node', 'key']],
  ] as const) {
    const { sentence = '', run = null } = words.get(name) ?? {};
    const found = [...sentence.matchAll(/<(\w+)>/g)].map(([, label]) => label);
    assert.notEqual(sentence, '');
    assert.deepEqual(
      found.filter((label) => !labels.some((one) => one === label)),
      [],
      `${name}: ${sentence}`,
    );
    assert.match(run ?? '', /^watchbill /);
  }
});
