import assert from 'node:assert/strict';
import test from 'node:test';
import { builtTikv, findTikv, type RunScript } from './find.ts';

const LINES = '/cache/pd\n/cache/store\n/cache/reference\n';
const PROGRAMS = { pd: '/cache/pd', store: '/cache/store', reference: '/cache/reference' };

test('a build has the time of its tier: no shorter limit ends it', () => {
  const asked: Parameters<RunScript>[] = [];
  const programs = builtTikv((...call) => {
    asked.push(call);
    return LINES;
  });
  assert.deepEqual(programs, PROGRAMS);
  assert.deepEqual(asked, [[[], { stderr: 'inherit' }]]);
});

test('to look for the programs builds nothing and takes a minute at most', () => {
  const asked: Parameters<RunScript>[] = [];
  const found = findTikv((...call) => {
    asked.push(call);
    return LINES;
  });
  assert.deepEqual(found, PROGRAMS);
  assert.deepEqual(asked, [[['--where'], { timeout: 60_000, stderr: 'ignore' }]]);
});

test('programs that are not built, or not all named, are not found', () => {
  const fails: RunScript = () => {
    throw new Error('not built');
  };
  assert.equal(findTikv(fails), null);
  assert.equal(
    findTikv(() => '/cache/pd\n'),
    null,
  );
});
