// Mutants of the gate, the Rust crate that asks before a node signs: by cargo-mutants, in a copy of
// substrate/.

import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, cacheRoot, holds, inWorkFolder, publish } from '../build-cache.mjs';
import { checkedCargo, quickEnvironment } from '../node/cargo.mjs';
import { patchFlags } from '../node/patched-crates.mjs';
import { ROOT } from '../pinned.mjs';
import { runStep } from '../run-step.mjs';
import { copyFiles } from './copy.mjs';
import { cachePath } from './stryker.mjs';

export const RUST_PACKAGE = 'substrate/gate';
export const RUST_TARGET = 'gate';
const CRATE = 'watchbill-gate';
const FILES = `${RUST_PACKAGE}/src/**/*.rs`;
/** Tests, their fakes, and the file that names the modules. */
const NOT_MUTATED = /_tests[./]|\/(?:testing|lib)[.]rs$/;

const VERSION = '27.1.0';
const PROGRAM = 'bin/cargo-mutants';
/** A test that waits takes seconds; the rest is for a machine that is busy with other work. */
const TEST_SECONDS = 180;
const BUILD_SECONDS = 1_800;

/** Exit codes of cargo-mutants that leave a report: all caught, some missed, some timed out. */
const WITH_REPORT = `"$@"; code=$?; if [ $code -eq 2 ] || [ $code -eq 3 ]; then exit 0; fi; exit $code`;

/** The words of cargo-mutants and those of Stryker, which the page uses. */
const STATUS = {
  CaughtMutant: 'Killed',
  MissedMutant: 'Survived',
  Timeout: 'Timeout',
  Unviable: 'CompileError',
};

/**
 * The files of the gate, by path.
 * @param {readonly string[]} patterns parts of paths, one of which a file must contain
 */
export function rustFiles(patterns = []) {
  const found = globSync(FILES, { cwd: ROOT }).filter((file) => !NOT_MUTATED.test(file));
  return found.filter((file) => patterns.length === 0 || patterns.some((part) => file.includes(part))).sort();
}

/**
 * Mutates the files that changed since their last report, and calls back after each one.
 * @param {{ patterns: readonly string[], force: boolean, onFile: (file: string) => void }} run `force`:
 *   all files
 */
export async function mutateRust({ patterns, force, onFile }) {
  const cargo = checkedCargo();
  const program = await installCargoMutants(cargo);
  const files = rustFiles(patterns);
  const copy = await copyFiles(['substrate']);
  // The lock names the patched crate. Each flag holds one line of cargo's configuration.
  const patches = (await patchFlags(cargo, 'devnode')).filter((flag) => flag !== '--config');
  mkdirSync(join(copy, 'substrate/.cargo'));
  writeFileSync(join(copy, 'substrate/.cargo/config.toml'), patches.join('\n'));
  try {
    for (const [at, file] of files.entries()) {
      process.stderr.write(`${RUST_TARGET} ${at + 1}/${files.length}: ${file}\n`);
      if (force || !isFresh(file)) await mutateFile({ cargo, program, copy, file });
      onFile(file);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function installCargoMutants(cargo) {
  const folder = cacheFolder('cargo-mutants', [VERSION, process.platform, process.arch]);
  if (holds(folder, [PROGRAM])) return join(folder, PROGRAM);
  process.stderr.write('mutate: builds cargo-mutants from crates once: 2 to 5 minutes\n');
  await inWorkFolder(folder, async (work) => {
    const args = ['install', 'cargo-mutants', '--version', VERSION, '--locked', '--root', work];
    await runStep(cargo, args, {
      cwd: work,
      env: { ...process.env, CARGO_TARGET_DIR: join(work, 'target') },
    });
    rmSync(join(work, 'target'), { recursive: true, force: true });
    publish(work, folder, [PROGRAM]);
  });
  return join(folder, PROGRAM);
}

async function mutateFile({ cargo, program, copy, file }) {
  const output = join(copy, 'output');
  const target = join(cacheRoot(), 'mutate/target');
  rmSync(output, { recursive: true, force: true });
  const args = [
    ...['mutants', '--in-place', '--dir', join(copy, 'substrate'), '--package', CRATE],
    ...['--file', file.slice('substrate/'.length), '--output', output, '--no-shuffle', '--colors', 'never'],
    ...['--timeout', String(TEST_SECONDS), '--build-timeout', String(BUILD_SECONDS)],
    ...['--', '--lib', '--locked'],
  ];
  await runStep('sh', ['-c', WITH_REPORT, 'sh', program, ...args], {
    cwd: join(copy, 'substrate'),
    // A mutant changes one file of the crate.
    env: { ...quickEnvironment(cargo, target), CARGO: cargo, CARGO_INCREMENTAL: '1' },
  });
  keepReport(file, join(output, 'mutants.out', 'outcomes.json'));
}

function keepReport(file, outcomes) {
  // No mutant, no report.
  const text = existsSync(outcomes) ? readFileSync(outcomes, 'utf8') : '{"outcomes":[]}';
  const source = readFileSync(join(ROOT, file), 'utf8');
  const path = cachePath(file, 'report');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify({ source, outcomes: JSON.parse(text).outcomes }));
  copyFileSync(`${path}.new`, path);
  rmSync(`${path}.new`);
}

/**
 * Whether the report is of the file as it is. A change of other files or of tests does not count: use
 * `--force`.
 */
function isFresh(file) {
  return readKept(file)?.source === readFileSync(join(ROOT, file), 'utf8');
}

function readKept(file) {
  const path = cachePath(file, 'report');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** @returns {readonly import('./report.mjs').Mutant[] | undefined} undefined without a report */
export function readRustFile(file) {
  return readKept(file)?.outcomes.flatMap(({ scenario, summary }) => {
    if (scenario.Mutant === undefined) return [];
    const { name, span, genre } = scenario.Mutant;
    // `FILE:LINE:COLUMN: what it does`
    const what = name.replace(/^[^ ]+ /, '');
    return [
      {
        line: span.start.line,
        status: STATUS[summary] ?? summary,
        mutator: genre,
        from: what,
        to: null,
        killedBy: '',
      },
    ];
  });
}
