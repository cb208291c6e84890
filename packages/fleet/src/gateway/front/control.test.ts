import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsIn, keyCommands, keysText } from './control.ts';

const hash = (at: number) => at.toString(16).padStart(64, '0');

test('a front is told what of its keys is new, and first what is gone', () => {
  const before = new Map([
    [hash(1), 'all'],
    [hash(2), 'all'],
    [hash(3), 'all'],
  ]);
  const next = new Map([
    [hash(1), 'all'],
    [hash(2), 'few'],
    [hash(4), 'few'],
  ]);
  assert.deepEqual(keyCommands('/tmp/keys', before, next), [
    [
      `del map /tmp/keys ${hash(2)}`,
      `del map /tmp/keys ${hash(3)}`,
      `add map /tmp/keys ${hash(2)} few`,
      `add map /tmp/keys ${hash(4)} few`,
    ].join(';'),
  ]);
  assert.deepEqual(keyCommands('/tmp/keys', before, before), []);
  assert.equal(keysText(next), `${hash(1)} all\n${hash(2)} few\n${hash(4)} few\n`);
});

test('no line is longer than HAProxy reads, however long the names are, and no key is left out', () => {
  const file = `/${'f'.repeat(59)}/watchbill-front-XXXXXX/keys.map`;
  const many = new Map(Array.from({ length: 1_001 }, (_, at) => [hash(at), 't'.repeat(64)]));
  const lines = keyCommands(file, new Map(), many);
  for (const line of lines) assert.ok(line.length < 15_000, `${line.length}`);
  assert.equal(lines.join(';').split(';').length, 1_001);
});

test('what a front has answered is found by the names of its columns', () => {
  const text = [
    '# pxname,svname,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,',
    'simple-0,BACKEND,0,12,0,3,1,',
    'limited-0,BACKEND,0,0,0,7,0,',
    '',
  ].join('\n');
  assert.deepEqual(countsIn(text).get('simple-0'), { answered: 12, refused: 3, failed: 1 });
  assert.deepEqual(countsIn(text).get('limited-0'), { answered: 0, refused: 7, failed: 0 });
  assert.equal(countsIn(text).size, 2);
  assert.equal(countsIn('Unknown command\n').size, 0);
});
