#!/usr/bin/env node
/**
 * Build OpenTofu and providers from Go modules, for the tests that validate, plan and apply the modules of
 * deploy/terraform. The programs are kept outside the clone, in folders named by the hash of their sources.
 *
 *   node packages/fleet/scripts/tofu/build.mjs             build the missing parts; print `part program`
 *   node packages/fleet/scripts/tofu/build.mjs --where     print them if all exist, else end with 1
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../../scripts/build-cache.mjs';
import { runGoBuilds } from '../../../../scripts/go-build.mjs';
import { PARTS } from './parts.mjs';

const MODULES = join(dirname(fileURLToPath(import.meta.url)), 'module');
/** -mod=readonly: a pin that does not fit is an error, never a silent update. */
const BUILD_FLAGS = ['-mod=readonly', '-trimpath'];
const OLDEST_GO = /** @type {const} */ ([1, 26]);

function folderOf(part) {
  const source = join(MODULES, part.name);
  const files = readdirSync(source).sort();
  const recipe = JSON.stringify([part, files, BUILD_FLAGS, process.platform, process.arch]);
  return cacheFolder(`fleet-tofu-${part.name}`, [
    ...files.map((name) => readFileSync(join(source, name))),
    recipe,
  ]);
}

/** @returns {import('../../../../scripts/go-build.mjs').GoBuild} */
function buildOf(part) {
  return {
    name: part.name,
    module: join(MODULES, part.name),
    folder: folderOf(part),
    programs: { [part.program]: part.path },
    flags: [...BUILD_FLAGS, `-ldflags=${part.linkerFlags}`],
    oldestGo: OLDEST_GO,
    env: { CGO_ENABLED: '0' },
  };
}

await runGoBuilds({
  script: 'packages/fleet/scripts/tofu/build.mjs',
  what: 'OpenTofu and its providers',
  minutes: '4 to 6 minutes',
  builds: () => PARTS.map(buildOf),
  line: ({ name, folder, programs }) => `${name} ${join(folder, ...Object.keys(programs))}`,
});
