#!/usr/bin/env node
/**
 * Build a Kubernetes control plane (API server, controller manager, scheduler), kwok, the controller of
 * volume snapshots, kubeconform and helm from unmodified Go modules, for the tests that run against a real
 * one. The programs are kept outside the clone, in folders named by the hash of their sources, so that a
 * second clone or a second run finds them. etcd is that of `scripts/etcd/build.mjs`.
 *
 *   node packages/fleet/scripts/kubernetes/build.mjs [part ...]    build missing parts; print `part folder`
 *   node packages/fleet/scripts/kubernetes/build.mjs --where       print them if all exist, else end with 1
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { moduleBuild, PINNED, runGoBuilds } from '../../../../scripts/go-build.mjs';
import { goEnvironment } from '../../../../scripts/go-toolchain.mjs';
import { runStep } from '../../../../scripts/run-step.mjs';
import { PARTS } from './parts.mjs';

/** @returns {import('../../../../scripts/go-build.mjs').GoBuild} */
function buildOf(part) {
  const copies = part.copies ?? {};
  return moduleBuild({
    name: part.name,
    cache: `fleet-${part.name}`,
    module: join(import.meta.dirname, 'module', part.name),
    programs: part.programs,
    flags: [...PINNED, `-ldflags=${part.linkerFlags}`],
    recipe: () => [part, PINNED],
    files: [...(part.stages === undefined ? [] : ['stages.yaml']), ...Object.keys(copies)],
    addFiles: async (go, source, output) => {
      if (part.stages !== undefined) joinStages(part, await moduleFolder(go, part.stagesOf, source), output);
      for (const [name, path] of Object.entries(copies))
        copyFileSync(join(await moduleFolder(go, part.copiesOf, source), path), join(output, name));
    },
  });
}

/** The folder of a module in Go's own cache. */
async function moduleFolder(go, module, cwd) {
  const args = ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', module];
  return (await runStep(go, args, { cwd, env: goEnvironment({}), answer: true })).trim();
}

function joinStages(part, folder, output) {
  const texts = part.stages.map((path) => readFileSync(join(folder, path), 'utf8'));
  writeFileSync(join(output, 'stages.yaml'), texts.map((text) => `---\n${text}`).join(''));
}

function chosenParts(names) {
  const unknown = names.filter((name) => PARTS.every((part) => part.name !== name));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}`);
  return names.length === 0 ? PARTS : PARTS.filter(({ name }) => names.includes(name));
}

await runGoBuilds({
  script: 'packages/fleet/scripts/kubernetes/build.mjs',
  what: 'the Kubernetes parts',
  minutes: '8 to 17 minutes',
  builds: () => chosenParts(process.argv.slice(2).filter((argument) => argument !== '--where')).map(buildOf),
  line: ({ name, folder }) => `${name} ${folder}`,
});
