import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog, textLine } from './log.ts';
import { fakeIo } from './testing/fake-io.ts';

test('a line for people has time, level, message and fields, and no control characters', () => {
  const line = JSON.stringify({ level: 40, time: 0, event: 'x', detail: 'two words\u001b', msg: 'look' });
  assert.equal(textLine(line), '1970-01-01T00:00:00.000Z warn  look  event=x  detail="two words\\u001b"\n');
});

test('both forms hide secrets', () => {
  for (const format of ['json', 'text'] as const) {
    const io = fakeIo({ cwd: '/' });
    const log = openLog(io, { level: 'info', format });
    log.info(
      { authorization: 'Bearer hunter2', url: '/original/hunter2/authorize/slot/1' },
      'Bearer hunter2',
    );
    assert.notEqual(io.stderr(), '');
    assert.ok(!io.stderr().includes('hunter2'), io.stderr());
    assert.equal(io.stdout(), '');
  }
});
