// npm run museum: runs the test of each public accident and prints the table (docs/reference/museum.md).
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { join } from 'node:path';
import { ROOT, underPinnedNode } from './pinned.mjs';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
await underPinnedNode(import.meta.url);
const { run } = await import('node:test');
const { museum } = await import('./reference/museum.mjs');

const { signing, machines, missing } = museum();
const rows = [...signing, ...machines];
const passed = new Set();
const failed = new Set();
const id = ([file, name]) => `${file}: ${name}`;
const names = [...new Set(rows.map(({ test }) => test[1]))];
const tests = run({
  cwd: ROOT,
  files: [...new Set(rows.map(({ test }) => join(ROOT, test[0])))],
  testNamePatterns: names.map((name) => new RegExp(name.replaceAll(/[^\w ]/g, '\\$&'))),
  timeout: 120_000,
});
tests.on('test:pass', ({ file, name }) => passed.add(id([file.slice(ROOT.length + 1), name])));
tests.on('test:fail', ({ file, name }) => failed.add(id([file.slice(ROOT.length + 1), name])));
for await (const _ of tests);

const holds = ({ test }) => passed.has(id(test)) && !failed.has(id(test));
const line = (mark, { when, where, what }) => `${mark}  ${String(when).padEnd(11)} ${where}: ${what}`;
for (const row of rows) {
  console.log(line(holds(row) ? 'ok  ' : 'FAIL', row));
  console.log(`                  ${row.ours.replaceAll('`', '')}`);
}
for (const row of missing) {
  console.log(line('-   ', row));
  console.log(`                  not covered: ${row.why.replaceAll('`', '')}`);
}
const wrong = rows.filter((row) => !holds(row));
console.log(`\n${rows.length - wrong.length} of ${rows.length} answered, ${missing.length} not covered`);
for (const { test } of wrong) console.log(`see: node --test ${test[0]}   "${test[1]}"`);
process.exitCode = wrong.length === 0 ? 0 : 1;
