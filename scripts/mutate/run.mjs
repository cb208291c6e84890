#!/usr/bin/env node
// Mutation testing: changes the code in small ways and looks whether a test fails. Not part of `npm test`.

import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { underPinnedNode } from '../pinned.mjs';
import { runBuild } from '../run-build.mjs';
import { useTemporaryFolder } from '../tests/temporary.mjs';
import { copyPackage } from './copy.mjs';
import { installStryker } from './install.mjs';
import { writePage } from './page.mjs';
import { readReport, summaryLine } from './report.mjs';
import { mutateRust, RUST_TARGET, readRustFile } from './rust.mjs';
import { mutateFile } from './stryker.mjs';
import { mutatedFiles, nearTests, TARGETS, testsFor } from './targets.mjs';

const HELP = `npm run mutate                              every target; an hour and more
npm run mutate -- rule store                some targets: rule, store, engines, service, gate (in Rust)
npm run mutate -- rule --file decide,window only files whose path contains one of these
npm run mutate -- --page                    write docs/duty/explanation/mutations.md with the last reports of
                                            this machine; with names of targets: with theirs only

  --concurrency N  processes at once; without it, one for each core. Rust: one
  --force          do not use results of earlier runs
  --near           a first look: only the tests named after each file, or of its folder, judge it. Much faster.
                   Other tests may kill the survivors; the page names the files without a full run. Not for Rust

A run that was stopped goes on when it is started again: results are kept in the cache.`;

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      file: { type: 'string', multiple: true, default: [] },
      concurrency: { type: 'string', default: String(availableParallelism()) },
      force: { type: 'boolean', default: false },
      near: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new Error(`--concurrency must be a whole number from 1; got ${values.concurrency}`);
  const names = [...TARGETS.map(({ name }) => name), RUST_TARGET];
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`the targets are ${names.join(', ')}; got ${unknown}`);
  const patterns = values.file.flatMap((text) => text.split(','));
  return { ...values, concurrency, patterns, chosen: positionals.length === 0 ? names : positionals };
}

async function mutateTypeScript(target, { stryker, patterns, near, ...options }) {
  const files = mutatedFiles(target, patterns);
  if (files.length === 0) return;
  const copy = await copyPackage('duty');
  try {
    for (const [at, file] of files.entries()) {
      process.stderr.write(`${target.name} ${at + 1}/${files.length}: ${file}\n`);
      const all = testsFor(target, file, copy);
      const kind = near ? 'near' : 'report';
      const tests = near ? nearTests(file, all) : all;
      await mutateFile({ ...options, stryker, copy, file, tests, kind });
      process.stdout.write(`${summaryLine(file, readReport(file, kind))}\n`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function mutate({ chosen, ...options }) {
  const targets = TARGETS.filter(({ name }) => chosen.includes(name));
  if (targets.length > 0) {
    const stryker = await installStryker();
    for (const target of targets) await mutateTypeScript(target, { ...options, stryker });
  }
  if (!chosen.includes(RUST_TARGET)) return;
  const onFile = (file) => process.stdout.write(`${summaryLine(file, readRustFile(file))}\n`);
  await mutateRust({ ...options, onFile });
}

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  if (options.page) return writePage(options.chosen);
  const removeTemporary = useTemporaryFolder();
  try {
    await mutate(options);
  } finally {
    removeTemporary();
  }
  return 0;
}

await underPinnedNode(import.meta.url);
await runBuild({ what: 'mutation report', again: 'npm run mutate' }, main);
