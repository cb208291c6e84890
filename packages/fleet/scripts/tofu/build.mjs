#!/usr/bin/env node
/**
 * Build OpenTofu and providers from Go modules, for the tests that validate, plan and apply the modules of
 * deploy/terraform. The programs are kept outside the clone, in folders named by the hash of their sources.
 *
 *   node packages/fleet/scripts/tofu/build.mjs             build the missing parts; print `part program`
 *   node packages/fleet/scripts/tofu/build.mjs --where     print them if all exist, else end with 1
 */
import { join } from 'node:path';
import { moduleBuild, PINNED, runGoBuilds } from '../../../../scripts/go-build.mjs';
import { PARTS } from './parts.mjs';

/** @returns {import('../../../../scripts/go-build.mjs').GoBuild} */
function buildOf(part) {
  return moduleBuild({
    name: part.name,
    cache: `fleet-tofu-${part.name}`,
    module: join(import.meta.dirname, 'module', part.name),
    programs: { [part.program]: part.path },
    flags: [...PINNED, `-ldflags=${part.linkerFlags}`],
    recipe: (files) => [part, files, PINNED],
  });
}

await runGoBuilds({
  script: 'packages/fleet/scripts/tofu/build.mjs',
  what: 'OpenTofu and its providers',
  minutes: '4 to 6 minutes',
  builds: () => PARTS.map(buildOf),
  line: ({ name, folder, programs }) => `${name} ${join(folder, ...Object.keys(programs))}`,
});
