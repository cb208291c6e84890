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
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../../scripts/build-cache.mjs';
import { oldestGoOf, runGoBuilds } from '../../../../scripts/go-build.mjs';

const MODULE = join(dirname(fileURLToPath(import.meta.url)), 'module');
const PROGRAM = 'github.com/grafana/loki/v3/cmd/loki';
const VERSION = 'v3.7.8';
/** -mod=readonly: a pin that does not fit is an error, never a silent update. */
const FLAGS = [
  '-mod=readonly',
  '-trimpath',
  `-ldflags=-s -w -X github.com/grafana/loki/v3/pkg/util/build.Version=${VERSION}`,
];

function lokiFolder() {
  const pins = ['go.mod', 'go.sum'].map((name) => readFileSync(join(MODULE, name)));
  return cacheFolder('fleet-loki', [
    ...pins,
    JSON.stringify([PROGRAM, FLAGS, process.platform, process.arch]),
  ]);
}

await runGoBuilds({
  script: 'packages/fleet/scripts/loki/build.mjs',
  what: 'loki',
  minutes: '4 to 8 minutes',
  builds: () => [
    {
      name: 'loki',
      module: MODULE,
      folder: lokiFolder(),
      programs: { loki: PROGRAM },
      flags: FLAGS,
      oldestGo: oldestGoOf(MODULE),
      env: { CGO_ENABLED: '0' },
    },
  ],
  line: ({ folder }) => join(folder, 'loki'),
});
