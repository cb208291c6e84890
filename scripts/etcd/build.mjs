#!/usr/bin/env node
/**
 * Build etcd and etcdctl 3.6 from unmodified Go modules, pinned by `module/go.mod` and `module/go.sum`, for
 * the tests that run against a real cluster. The result is kept outside the clone, in a folder named by the
 * hash of its sources, so that a second clone or a second run finds it.
 *
 *   node scripts/etcd/build.mjs            build if needed, print the folder
 *   node scripts/etcd/build.mjs --where    print the folder if it exists, else end with 1
 */
import { join } from 'node:path';
import { moduleBuild, PINNED, runGoBuilds } from '../go-build.mjs';

const PROGRAMS = {
  etcd: 'go.etcd.io/etcd/server/v3',
  etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
  etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
};
const FLAGS = [...PINNED, '-ldflags=-s -w'];

await runGoBuilds({
  script: 'scripts/etcd/build.mjs',
  what: 'etcd 3.6',
  minutes: '2 to 6 minutes',
  builds: () => [
    moduleBuild({
      name: 'etcd 3.6',
      cache: 'etcd',
      module: join(import.meta.dirname, 'module'),
      programs: PROGRAMS,
      flags: FLAGS,
      recipe: () => [PROGRAMS, FLAGS],
    }),
  ],
  line: ({ folder }) => folder,
});
