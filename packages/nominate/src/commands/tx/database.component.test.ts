import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openProgrammeStore } from '../../storage/index.ts';
import { world } from '../testing/fake-world.ts';

test('a database that is not there is made by none of the commands that only look at one or change it', async () => {
  const { copy, cwd, nominate, read, refused } = await world();
  const [, name = ''] = /file: (\S+\.db)/.exec(read('nominate.yaml')) ?? [];
  copy('nominate.yaml', 'mistyped.yaml', name, 'programe.db');
  const before = readdirSync(cwd);
  for (const line of [
    ['tx', 'list'],
    ['tx', 'resume', '4f2a90c1'],
    ['tx', 'cancel', '4f2a90c1'],
    ['round', 'execute', 'newest'],
    ['round', 'execute', 'newest', '--send'],
  ]) {
    const ran = await refused(2, /there is no database .*programe\.db/, ...line, '--config', 'mistyped.yaml');
    assert.match(ran.stderr, /where: .*mistyped\.yaml: database\.file/);
    assert.match(ran.stderr, /nominate run/);
  }
  assert.deepEqual(readdirSync(cwd), before);
  await (await openProgrammeStore({ file: join(cwd, name) }, () => 1)).close();
  const there = await nominate('tx', 'list');
  assert.equal(there.code, 0, there.all);
  assert.match(there.stdout, /there are no open nominations/);
  rmSync(join(cwd, name));
});
