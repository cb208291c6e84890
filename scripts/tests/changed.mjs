// Finds the tests of a change: those that import a changed file, directly or not, and the real tiers of its
// capability.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ROOT } from '../pinned.mjs';
import { readImporters } from './import-graph.mjs';

const MANIFEST = 'package.json';
const CODE = /[.](ts|mjs|js)$/;
/** A change here may change what any test means. The patterns below except some scripts. */
const ALL =
  /^(package(-lock)?[.]json|packages\/[^/]+\/package[.]json|tsconfig.*|biome[.]json|[.]dependency-cruiser[.]mjs|[.]ci\/run|scripts\/|packages\/(kit|testkit)\/)/;
/** Sources of which `npm test` knows each importer. */
const BY_IMPORT = /^packages\/[^/]+\/(?!package[.]json$)|^scripts\/(?!tests\/).*\//;
/** Only `npm test` runs these. */
const QUICK_ONLY =
  /^scripts\/(check|mutate)\/|^(packages\/[^/]+\/)?scripts\/(reference\/|.*[.]test[.]mjs$)|^packages\/[^/]+\/src\/.*[.]test[.]ts$/;
/** Scripts that build one part: only tiers with a build or command from that folder use it. */
const BUILD_SCRIPTS =
  /^(?:packages\/[^/]+\/)?scripts\/(node|etcd|tikv|kubernetes|tofu|loki|chopsticks|models)\//;
/** The tests of real tiers. */
const REAL_TESTS = /^(test|packages\/[^/]+\/test)\//;

/** Parts that only these tiers run, first match first. A tier with `reads` says itself what it runs. */
const TIERS_OF = [
  [/^packages\/guard\//, ['guard', 'service', 'install', 'release', 'deploy', 'fleet-machines']],
  [/^packages\/duty\/src\/store\/tikv\/|^deploy\/tikv\//, ['tikv', 'tikv-node']],
  [/^packages\/duty\/src\/store\/etcd\//, ['etcd', 'node', 'deploy', 'fleet', 'fleet-machines']],
  [/^packages\/duty\/src\/console\//, ['service', 'install', 'release', 'browser']],
  [/^deploy\/(Containerfile|compose|debian|release|test-node)/, ['release', 'deploy']],
  [/^deploy\/monitoring\//, ['fleet', 'fleet-machines', 'fleet-node', 'release', 'deploy']],
];

/** Tests of every capability start a service, so these files belong to each. */
const OF_EACH = /^packages\/duty\/src\/(config|client|commands\/(config|init|serve|service|token))\//;

/** Of duty's service: nodes of the tier `node` speak to it too, and its files are in every package. */
const SHOWN_BY_OTHERS = ['relay', 'tikv-node', 'release'];

/**
 * Tiers that such a change rarely breaks without breaking another one that it selects. They wait for the next
 * run of everything, and until then no pass of them is recorded. First match first.
 */
const LATER = [
  [OF_EACH, []],
  [/^packages\/guard\/src\//, ['release', 'deploy']],
  [/^packages\/duty\/src\/store\/tikv\//, ['guard']],
  [/^packages\/duty\/src\/store\/etcd\//, ['guard', 'deploy', 'fleet', 'fleet-machines']],
  [/^packages\/duty\/src\/store\//, [...SHOWN_BY_OTHERS, 'deploy', 'browser', 'guard', 'demo', 'install']],
  [/^packages\/duty\/src\/(console|service\/http)\//, [...SHOWN_BY_OTHERS, 'deploy']],
  [/^packages\/duty\/src\/alerts\//, [...SHOWN_BY_OTHERS, 'browser']],
  [/^packages\/duty\/src\//, [...SHOWN_BY_OTHERS, 'deploy', 'browser', 'guard']],
];

/** Which capability a path belongs to, first match first; a path that matches none belongs to each. */
const CAPABILITY_OF = [
  // `npm test` checks the documents; a tier that runs one names it, see readersOf. The models are tiers that
  // say what they read.
  [/^(docs\/|packages\/[^/]+\/bench\/|spec\/|[.]git|[.]ci\/(passed|flaky)$|[A-Z_]+([.]md)?$)/, []],
  [/^packages\/coordinate\/|^examples\/tbtc/, ['coordinate']],
  [/^packages\/nominate\//, ['nominate']],
  [/^packages\/fleet\/|^deploy\/|^examples\/fleet/, ['fleet']],
  [new RegExp(`^(?!${OF_EACH.source.slice(1)})packages/(guard|duty)/`), ['duty']],
];

/**
 * The paths that differ from a commit, in the working tree, with files that git does not track yet.
 * @param {string} revision
 * @returns {readonly string[]} @throws if git does not know the commit
 */
export function changedPaths(revision) {
  const since = git(['diff', '--name-only', '--no-renames', revision, '--']);
  const untracked = git(['ls-files', '--others', '--exclude-standard']);
  return [...new Set([...since, ...untracked])].sort();
}

/** The lines that git prints. @param {readonly string[]} args @throws with code WATCHBILL_GIT if it fails */
export function git(args) {
  const run = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  if (run.status !== 0) {
    const why = (run.stderr ?? '').trim() || run.error?.message;
    throw Object.assign(new Error(`git ${args.join(' ')} failed: ${why}`), { code: 'WATCHBILL_GIT' });
  }
  return run.stdout.split('\n').filter((line) => line !== '');
}

/**
 * The paths without the root package.json, if the change since a commit only adds or changes its scripts.
 * `npm test` checks that the documents name scripts that exist.
 * @param {readonly string[]} paths
 * @param {string} revision
 */
export function withoutScriptEntries(paths, revision) {
  if (!paths.includes(MANIFEST)) return paths;
  const before = git(['show', `${revision}:${MANIFEST}`]).join('\n');
  const now = readFileSync(join(ROOT, MANIFEST), 'utf8');
  return onlyScriptEntries(before, now) ? paths.filter((path) => path !== MANIFEST) : paths;
}

/** Whether a package.json only got or changed `scripts`. @param {string} before @param {string} now */
export function onlyScriptEntries(before, now) {
  const [{ scripts: old = {}, ...oldRest }, { scripts = {}, ...rest }] = [
    JSON.parse(before),
    JSON.parse(now),
  ];
  return isDeepStrictEqual(oldRest, rest) && Object.keys(old).every((name) => name in scripts);
}

/** A path for which every test is to run, if there is one. @param {readonly string[]} paths */
export function touchesAll(paths, suite = 'real') {
  return paths.find(
    (path) =>
      ALL.test(path) && !QUICK_ONLY.test(path) && !(suite === 'quick' ? BY_IMPORT : BUILD_SCRIPTS).test(path),
  );
}

/**
 * The files that a change touches, with the number of imports between: 0 for a changed file itself.
 * @param {readonly string[]} paths
 * @returns {Map<string, number>}
 */
export function stepsFrom(paths) {
  importers ??= readImporters(ROOT, CACHE);
  const steps = new Map(paths.map((path) => [path, 0]));
  // A map gives the entries that are added during the loop too, nearest first.
  for (const [path, step] of steps)
    for (const importer of importers.get(path) ?? []) if (!steps.has(importer)) steps.set(importer, step + 1);
  return steps;
}

/**
 * The files of tests, of those given, that a change touches.
 * @param {readonly string[]} files relative to the root
 * @param {readonly string[]} paths
 * @param {ReadonlyMap<string, number>} [steps]
 */
export function touchedFiles(files, paths, steps = stepsFrom(paths)) {
  // Vectors, fixtures and other data are read by name: the tests of their package, or of their folder, may
  // depend on them.
  const dataFolders = paths.filter((path) => !CODE.test(path)).map(folderOf);
  return files.filter((file) => steps.has(file) || dataFolders.some((folder) => file.startsWith(folder)));
}

function folderOf(path) {
  const [first, second] = path.split('/');
  return `${first}/${second ?? ''}/`;
}

/** By path: the files that import it. Read once in a process. */
let importers;
const CACHE = join(ROOT, 'node_modules', '.cache', 'imports.json');

/**
 * The real tiers of a change: by capability, for a file of real tests by its importers, and for a document by
 * the tests that name it.
 * @template {import('./real-tiers.mjs').RealTier} T
 * @param {readonly T[]} tiers with their files relative to the root
 * @param {readonly string[]} paths
 * @param {{ mayWait?: boolean }} [options] `mayWait`: without those that wait for the next run of everything
 * @returns {readonly T[]}
 */
export function touchedTiers(tiers, paths, { mayWait = false } = {}) {
  const ofTests = [
    ...paths.filter((path) => REAL_TESTS.test(path)),
    ...readersOf(paths.filter((path) => /^docs\/.*[.]md$/.test(path))),
  ];
  const all = tiers.flatMap((tier) => tier.files);
  const files = new Set(ofTests.length === 0 ? [] : touchedFiles(all, ofTests));
  const rest = paths.filter((path) => !REAL_TESTS.test(path));
  return tiers.filter(
    (tier) =>
      tier.files.some((file) => files.has(file)) ||
      rest.some((path) => touches(tier, path) && !(mayWait && waits(tier, path))),
  );
}

const firstOf = (table, path) => table.find(([pattern]) => pattern.test(path))?.[1];

const waits = (tier, path) => firstOf(LATER, path)?.includes(tier.name) ?? false;

/** The code of real tests that names one of the documents. @param {readonly string[]} documents */
function readersOf(documents) {
  if (documents.length === 0) return [];
  return git(['ls-files', '--', 'test/*.ts', 'packages/*/test/*.ts']).filter((file) => {
    const code = readFileSync(join(ROOT, file), 'utf8');
    return documents.some((path) => code.includes(path) || namesInParts(code, path));
  });
}

/** As with 'tls' and `docs/duty/how-to/${name}.md`. */
function namesInParts(code, path) {
  const { dir, name } = parse(path);
  return code.includes(`${dir}/\${`) && code.includes(`'${name}'`);
}

function touches(tier, path) {
  if (QUICK_ONLY.test(path)) return false;
  if (tier.reads !== undefined) return tier.reads.test(path);
  const build = buildOf(path);
  if (build !== undefined)
    return [...tier.setUp, ...tier.commands].some(({ args }) => build.test(`/${args.join(' ')}`));
  const [names, capabilities] = [firstOf(TIERS_OF, path), firstOf(CAPABILITY_OF, path)];
  return names?.includes(tier.name) ?? capabilities?.includes(tier.capability) ?? true;
}

/** The commands whose result a path changes: that of a build, or of the tests that are one command. */
function buildOf(path) {
  // The collator has the patches of the relay node.
  if (/^substrate[/](relay|collator)[/]/.test(path))
    return /[/]node[/](build[.]mjs (relay|collator)|check[.]mjs)/;
  const folder = path.startsWith('substrate/') ? 'node' : BUILD_SCRIPTS.exec(path)?.[1];
  return folder === undefined ? undefined : new RegExp(`/scripts/${folder}(/|[.]mjs)`);
}
