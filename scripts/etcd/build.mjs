#!/usr/bin/env node
/**
 * Build etcd and etcdctl 3.6 from unmodified Go modules, pinned by `module/go.mod` and `module/go.sum`, for
 * the tests that run against a real cluster. The result is kept outside the clone, in a folder named by the
 * hash of its sources, so that a second clone or a second run finds it.
 *
 *   node scripts/etcd/build.mjs            build if needed, print the folder
 *   node scripts/etcd/build.mjs --where    print the folder if it exists, else end with 1
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../build-cache.mjs';
import { oldestGoOf, runGoBuilds } from '../go-build.mjs';

const MODULE = join(dirname(fileURLToPath(import.meta.url)), 'module');
const PROGRAMS = {
  etcd: 'go.etcd.io/etcd/server/v3',
  etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
  etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
};
/** -mod=readonly: a pin that does not fit is an error, never a silent update. */
const FLAGS = ['-mod=readonly', '-trimpath', '-ldflags=-s -w'];

function etcdFolder() {
  const pins = ['go.mod', 'go.sum'].map((name) => readFileSync(join(MODULE, name)));
  return cacheFolder('etcd', [...pins, JSON.stringify([PROGRAMS, FLAGS, process.platform, process.arch])]);
}

await runGoBuilds({
  script: 'scripts/etcd/build.mjs',
  what: 'etcd 3.6',
  minutes: '2 to 6 minutes',
  builds: () => [
    {
      name: 'etcd 3.6',
      module: MODULE,
      folder: etcdFolder(),
      programs: PROGRAMS,
      flags: FLAGS,
      oldestGo: oldestGoOf(MODULE),
      env: { CGO_ENABLED: '0' },
    },
  ],
  line: ({ folder }) => folder,
});
