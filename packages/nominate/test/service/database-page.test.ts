// A page to look into the database of a programme: Adminer of Debian with a role that may only read, as the
// how-to page sets it up.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { openProgrammeStore, type ProgrammeStore } from '@watchbill/nominate/storage';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { postgresFolder, startPostgres } from '@watchbill/testkit/postgres-server';
import { adminerMissing, startDatabasePage, tokenOf } from './database-page.ts';

const skip = adminerMissing() ?? false;
const RELEASE = { client: 'Parity Polkadot', version: '1.20.7', publishedAtMs: 1_790_000_000_000 };
const PASSWORD = 'only-to-look';
const NAME = 'docs/nominate/how-to/nominate-publish.md#the-database';
const HOW_TO = pageText(NAME);

/** A block of the how-to page, by its language. */
function printed(language: string): string {
  const [, block] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(HOW_TO) ?? [];
  assert.ok(block !== undefined, `the page has a block of ${language}`);
  return block;
}

async function filled(store: ProgrammeStore): Promise<ProgrammeStore> {
  await store.releases.put([RELEASE]);
  return store;
}

test('PostgreSQL through a role that may only read', { skip }, async (context) => {
  const postgres = await startPostgres();
  context.after(() => postgres.stop());
  const address = postgres.newDatabase();
  await (await filled(await openProgrammeStore({ url: address }, () => 1))).close();
  const { port, pathname } = new URL(address);
  const psql = (as: string, ...args: readonly string[]) =>
    spawnSync(join(postgresFolder() ?? '', 'psql'), [as, '-v', 'ON_ERROR_STOP=1', ...args], {
      encoding: 'utf8',
    });
  // The role is made as the how-to page prints it.
  const made = psql(address, '-c', printed('sql').replace('A-PASSWORD', PASSWORD));
  assert.equal(made.status, 0, made.stderr);

  const page = await startDatabasePage();
  context.after(() => page.stop());
  const server = `127.0.0.1:${port}`;
  const database = pathname.slice(1);
  const login = { 'auth[driver]': 'pgsql', 'auth[server]': server, 'auth[db]': database };
  const refused = await page.post('', {
    ...login,
    'auth[username]': 'programme_reader',
    'auth[password]': 'wrong',
  });
  assert.match(refused.html, /password authentication failed/);
  const tables = await page.post('', {
    ...login,
    'auth[username]': 'programme_reader',
    'auth[password]': PASSWORD,
  });
  assert.match(tables.html, /era_points/);
  const at = `?pgsql=${encodeURIComponent(server)}&username=programme_reader&db=${database}&ns=public`;
  const rows = await page.get(`${at}&select=releases`);
  assert.equal(rows.status, 200);
  assert.match(rows.html, /1\.20\.7/);
  const form = await page.get(`${at}&sql=`);
  const tried = await page.post(`${at}&sql=`, { query: 'delete from releases', token: tokenOf(form) });
  assert.match(tried.html, /permission denied/);
  assert.match((await page.get(`${at}&select=releases`)).html, /1\.20\.7/);
  // Tables of a later release can be read too, without granting the right again.
  psql(address, '-c', 'create table later (a int); insert into later values (4711)');
  assert.match((await page.get(`${at}&select=later`)).html, /4711/);
});

test('a copy of the file of SQLite', { skip }, async (context) => {
  const folder = temporaryFolder(context);
  const running = await filled(await openProgrammeStore({ file: join(folder, 'programme.db') }, () => 1));
  const [copy = ''] = /^sqlite3 .*$/m.exec(HOW_TO) ?? [];
  const copied = spawnSync('sh', ['-c', copy], { cwd: folder });
  await running.close();
  assert.equal(copied.status, 0, String(copied.stderr));
  const script = join(folder, 'page.php');
  writeFileSync(script, printed('php').replace('A-PASSWORD', PASSWORD));

  const page = await startDatabasePage(script);
  context.after(() => page.stop());
  const file = join(folder, 'copy.db');
  const login = { 'auth[driver]': 'sqlite', 'auth[server]': '', 'auth[username]': '', 'auth[db]': file };
  assert.doesNotMatch((await page.post('', { ...login, 'auth[password]': 'wrong' })).html, /era_points/);
  assert.match((await page.post('', { ...login, 'auth[password]': PASSWORD })).html, /era_points/);
  const rows = await page.get(`?sqlite=&username=&db=${encodeURIComponent(file)}&select=releases`);
  assert.match(rows.html, /1\.20\.7/);
  assert.equal(HOW_TO.match(/^php -d session\.save_path=.* -S 127\.0\.0\.1:8472 /gm)?.length, 2);
  stamp(NAME, 'Adminer of Debian');
});
