import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runFake } from './testing/run-all.ts';

const GROFF = spawnSync('groff', ['--version']).error === undefined;

/** All pages, written once. */
async function written(context: TestContext) {
  const cwd = mkdtempSync(join(tmpdir(), 'watchbill-man-'));
  context.after(() => rmSync(cwd, { recursive: true }));
  const { code, all } = await runFake(['man', '--out', 'pages'], { cwd });
  assert.equal(code, 0, all);
  const folder = join(cwd, 'pages');
  return readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

test('each command of `--help` has a page, and the page has each of its flags', async (context) => {
  const pages = await written(context);
  const { stdout: help } = await runFake(['--help'], { cwd: '/' });
  const commands = [...help.matchAll(/^ {2}([a-z-]+)(?: .*)? {2}/gm)].map(([, name = '']) => name);
  assert.ok(commands.length > 20, help);
  const freeze = pages.find(({ name }) => name === 'watchbill-freeze.1')?.text ?? '';
  for (const part of [
    '.SH SYNOPSIS',
    '\\-\\-key <key>',
    '.SH FREEZE LIFT',
    '.SH EXAMPLES',
    '.SH EXIT STATUS',
  ])
    assert.ok(freeze.includes(part), part);
  const overview = pages.find(({ name }) => name === 'watchbill.1')?.text ?? '';
  for (const name of commands.filter((each) => each !== 'help')) {
    assert.ok(overview.includes(`\n.B ${name.replaceAll('-', '\\-')}\n`), name);
    assert.ok(
      pages.some((page) => page.name === `watchbill-${name}.1`),
      name,
    );
  }
});

test('no page has a line that man takes for a macro by mistake', {
  skip: GROFF ? false : 'groff is not installed',
}, async (context) => {
  for (const { name, text } of await written(context)) {
    const { stderr, stdout } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], {
      input: text,
      encoding: 'utf8',
    });
    assert.equal(stderr, '', name);
    assert.ok(stdout.length > 500, name);
  }
});

test('one page goes to standard output, and an unknown command is refused with the nearest one', async () => {
  const { code, stdout } = await runFake(['man', 'status'], { cwd: '/' });
  assert.equal(code, 0);
  assert.match(stdout, /^\.TH WATCHBILL-STATUS 1 /);
  const unknown = await runFake(['man', 'statsu'], { cwd: '/' });
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no command statsu[\s\S]*did you mean status\?/);
});
