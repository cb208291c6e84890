import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFake } from '../testing/run-all.ts';

test('a code of several kinds has a paragraph for each, in any case of its letters', async () => {
  const { code, stdout } = await runFake(['explain', 'Store-Behind'], { cwd: '/' });
  assert.equal(code, 0);
  assert.match(stdout, /^store-behind: reason of a claim\n.+\nTo do: .+\nPage: `watchbill docs reasons`\n/);
  assert.match(stdout, /^store-behind: problem of a request$/m);
});

for (const name of ['WatchbillNobodyGrants', 'not-asked', 'too-many-in-flight', 'CoordinateOwnKeyElsewhere'])
  test(`${name} has a meaning, steps and a page`, async () => {
    const { stdout } = await runFake(['explain', name, '--json'], { cwd: '/' });
    const [found] = JSON.parse(stdout) as readonly Record<string, string>[];
    assert.equal(found?.code, name);
    assert.match(found?.means ?? '', /^[A-Z`].*[.]$/s);
    const page = await runFake(['docs', found?.page ?? '', '--json'], { cwd: '/' });
    assert.equal(JSON.parse(page.stdout).name, found?.page);
  });

test('an unknown code is refused with the nearest one', async () => {
  const { code, stderr } = await runFake(['explain', 'store-behnd'], { cwd: '/' });
  assert.equal(code, 2);
  assert.match(stderr, /store-behnd[\s\S]*did you mean store-behind\?/);
});
