import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import test from 'node:test';
import { onQuit } from './quit.ts';

function fakeKeys(isTTY: boolean) {
  const modes: boolean[] = [];
  const keys = Object.assign(new EventEmitter(), {
    isTTY,
    modes,
    setRawMode: (isRaw: boolean) => void modes.push(isRaw),
    resume: () => undefined,
    pause: () => undefined,
  });
  return { keys, press: (text: string) => keys.emit('data', Buffer.from(text)) };
}

test('q and Ctrl-C quit, other keys do not, and the terminal gets its mode back', () => {
  for (const key of ['q', 'Q', '\u0003']) {
    const { keys, press } = fakeKeys(true);
    let count = 0;
    const forget = onQuit(() => {
      count += 1;
    }, keys);
    press('x');
    assert.equal(count, 0);
    press(key);
    assert.equal(count, 1);
    forget();
    press(key);
    assert.equal(count, 1);
    assert.deepEqual(keys.modes, [true, false]);
  }
});
