import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { type FollowOptions, followPage } from './follow.ts';
import { pageText, ROOT, stepsOf } from './page-run.ts';
import { machine } from './world.ts';

/** Follows a page of one block of commands and the output that it shows. */
async function follow(
  commands: string,
  shown: string,
  options: Partial<FollowOptions> = {},
): Promise<string> {
  const world = await machine('follow', {});
  const file = join(world.folder, 'page.md');
  writeFileSync(file, `# Page\n\n\`\`\`sh\n${commands}\n\`\`\`\n\n\`\`\`text\n${shown}\n\`\`\`\n`);
  const [output = ''] = await followPage(world, relative(ROOT, file), { table: [], ...options });
  return output;
}

test('an output is as shown but for ids, times, slots, and where the page has `…`', async () => {
  await follow('printf "a b c\\nd\\ne\\nlast\\n"', 'a … c\n…\nlast');
  await follow('date -u', 'Sun Nov 22 16:41:38 UTC 2026');
  await follow(
    'echo "$(date +%s) 00112233445566778899aabbccddeeff"',
    '1795366594 ffeeddccbbaa99887766554433221100',
  );
});

test('another output, a status that is not 0 and an unused substitution fail', async () => {
  await assert.rejects(follow('echo granted', 'denied'), /shows\ndenied\n/);
  await assert.rejects(follow('printf "a\\nb\\n"', 'a'), /shows/);
  await assert.rejects(follow('printf "b\\na\\n"', 'a'), /shows/);
  await assert.rejects(follow('printf "a\\n"', 'a\nb'), /shows/);
  await assert.rejects(follow('echo a; false', 'a'), /ended with 1/);
  await assert.rejects(follow('echo a', 'a', { table: [['b', 'c', 'for a test']] }), /has no b/);
  await assert.rejects(follow('echo a', 'a', { leftOut: ['Other'] }), /has no "Other"/);
});

test('a substitution is put in before a command runs, and taken back in its output', async () => {
  const output = await follow('echo 10.0.0.1:2379', '10.0.0.1:2379', {
    table: [['10.0.0.1:2379', '127.0.0.1:7777', 'a free port']],
  });
  assert.match(output, /^10\.0\.0\.1:2379\n/);
});

test('a part of a page has the commands under its heading, on their lines', () => {
  const page = 'docs/duty/tutorial/two-nodes.md';
  const [{ line, commands } = { line: 0, commands: '' }] = stepsOf(`${page}#6-kill-the-active-node`);
  assert.match(commands, /^systemctl kill/);
  assert.ok(pageText(page).split('\n')[line - 1]?.startsWith('systemctl kill'));
  assert.throws(() => stepsOf(`${page}#7`), /has no part 7/);
});
