#!/usr/bin/env node
/**
 * Build what the tests on TiKV need, from unmodified Go modules pinned by `deploy/tikv/<name>/go.mod` and
 * `go.sum`: PD, a Raft-replicated store that speaks TiKV's protocol, and the reference client. Each is kept
 * outside the clone, in a folder named by the hash of its sources.
 *
 *   node packages/duty/scripts/tikv/build.mjs            build the missing ones, print three paths
 *   node packages/duty/scripts/tikv/build.mjs --where    print them if all exist, else end with 1
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../../scripts/build-cache.mjs';
import { runGoBuilds } from '../../../../scripts/go-build.mjs';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '../../../../deploy/tikv');
/** `-checklinkname` of the linker is as young as this. */
const OLDEST_GO = /** @type {const} */ ([1, 23]);
/**
 * The version that PD reports; without it, PD takes itself for a release that is too old for its own data.
 */
const PD_VERSION = 'github.com/tikv/pd/pkg/versioninfo.PDReleaseVersion=v8.1.0';

/** The version control of this clone is not part of the build. */
const SHARED_FLAGS = ['-mod=readonly', '-buildvcs=false'];

/** In the order in which they are printed. */
const PROGRAMS = [
  {
    name: 'pd-server',
    module: 'pd',
    flags: ['-tags', 'without_dashboard', '-ldflags', `-s -w -X ${PD_VERSION}`],
    target: 'github.com/tikv/pd/cmd/pd-server',
  },
  // One of its modules reaches into the runtime by a way that later versions of Go close by default.
  { name: 'tikv-store', module: 'store', flags: ['-ldflags', '-s -w -checklinkname=0'], target: '.' },
  { name: 'tikv-reference', module: 'reference', flags: ['-ldflags', '-s -w'], target: '.' },
];

function folderOf(program) {
  const source = join(SOURCES, program.module);
  const files = readdirSync(source).sort();
  const about = JSON.stringify([program, SHARED_FLAGS, files, process.platform, process.arch]);
  return cacheFolder(program.name, [about, ...files.map((file) => readFileSync(join(source, file)))]);
}

/** @returns {import('../../../../scripts/go-build.mjs').GoBuild} */
function buildOf(program) {
  return {
    name: program.name,
    module: join(SOURCES, program.module),
    folder: folderOf(program),
    programs: { [program.name]: program.target },
    flags: [...SHARED_FLAGS, ...program.flags],
    oldestGo: OLDEST_GO,
  };
}

await runGoBuilds({
  script: 'packages/duty/scripts/tikv/build.mjs',
  what: 'PD, store and reference client',
  minutes: 'up to 10 minutes',
  builds: () => PROGRAMS.map(buildOf),
  line: ({ name, folder }) => join(folder, name),
});
