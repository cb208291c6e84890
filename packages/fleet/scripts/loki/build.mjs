#!/usr/bin/env node
/**
 * Build Grafana Loki from its unmodified Go module, pinned by `module/go.mod` and `module/go.sum`, for the
 * test that pushes lines into it by the settings that `fleet services watch logs` writes. The program
 * is kept outside the clone, in a folder named by the hash of its sources. Loki is under the AGPL-3.0: the
 * test runs it, and it is not part of watchbill.
 *
 *   node packages/fleet/scripts/loki/build.mjs            build it where it is missing; print its path
 *   node packages/fleet/scripts/loki/build.mjs --where    print the path if it exists, else end with 1
 */
import { join } from 'node:path';
import { moduleBuild, PINNED, runGoBuilds } from '../../../../scripts/go-build.mjs';

const PROGRAM = 'github.com/grafana/loki/v3/cmd/loki';
const VERSION = 'v3.7.8';
const FLAGS = [...PINNED, `-ldflags=-s -w -X github.com/grafana/loki/v3/pkg/util/build.Version=${VERSION}`];

await runGoBuilds({
  script: 'packages/fleet/scripts/loki/build.mjs',
  what: 'loki',
  minutes: '4 to 8 minutes',
  builds: () => [
    moduleBuild({
      name: 'loki',
      cache: 'fleet-loki',
      module: join(import.meta.dirname, 'module'),
      programs: { loki: PROGRAM },
      flags: FLAGS,
      recipe: () => [PROGRAM, FLAGS],
    }),
  ],
  line: ({ folder }) => join(folder, 'loki'),
});
