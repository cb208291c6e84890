// `tofu init` as a user types it, but for where the provider comes from: a mirror in a folder of the test,
// with a provider of ours that serves what is written down of the cloud's own. It shows that a module is
// initialised, locked and planned from an empty folder, and that a provider other than the locked one is
// refused. Nothing is asked of a registry, and no provider of today was installed.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { REGISTRY, SOURCES, type TofuGround, tofuGround, VERSIONS } from './tofu/ground.ts';
import { CLOUDS, type Cloud, valuesOf } from './tofu/values.ts';

const LOCK = '.terraform.lock.hcl';
const READ_ONLY = ['init', '-input=false', '-no-color', '-lockfile=readonly'] as const;

const refused = async ({ ends }: TofuGround, ...args: readonly string[]): Promise<string> =>
  unwrapped(await ends(1, ...args));

/** Diagnostics are broken into lines, with a bar before each. */
function unwrapped(text: string): string {
  return text.replaceAll(/[\s\u2500-\u257f]+/g, ' ');
}

const lockOf = ({ work }: TofuGround): string => readFileSync(join(work, LOCK), 'utf8');

/** As a second person has it: the module and its lock file, and nothing that was installed. */
function asCloned({ work }: TofuGround): void {
  rmSync(join(work, '.terraform'), { recursive: true });
}

/** The one provider of the mirror. */
function mirrored({ plugins }: TofuGround): string {
  const [program = ''] = readdirSync(plugins, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /_v[\d.]+$/.test(name),
  );
  return join(plugins, program);
}

async function initialised(context: Parameters<typeof tofuGround>[0], cloud: Cloud): Promise<TofuGround> {
  const ground = tofuGround(context, cloud, { install: 'mirror' });
  ground.write(valuesOf(cloud, true));
  assert.match(await refused(ground, 'plan', '-input=false', '-no-color'), /tofu init/);
  const said = await ground.ends(0, 'init', '-input=false', '-no-color');
  assert.match(said, /successfully initialized/);
  assert.ok(said.includes(`Installed ${SOURCES[cloud]} v${VERSIONS[SOURCES[cloud]]}`), said);
  return ground;
}

describe('from a mirror', { concurrency: 2 }, () => {
  for (const cloud of CLOUDS)
    test(`${cloud}: initialised, locked, valid, planned; initialised again as the lock file says`, async (context) => {
      const ground = await initialised(context, cloud);
      const lock = lockOf(ground);
      assert.match(lock, new RegExp(`provider "${REGISTRY}/${SOURCES[cloud]}"`));
      assert.match(lock, new RegExp(`version *= "${VERSIONS[SOURCES[cloud]]?.replaceAll('.', '[.]')}"`));
      assert.match(lock, /"h1:[\w+/]{43}="/);
      await ground.ends(0, 'validate');
      const flags = ['-detailed-exitcode', '-input=false', '-no-color'];
      const said = await ground.ends(2, 'plan', ...flags);
      assert.match(said, /Plan: \d+ to add, 0 to change, 0 to destroy/);
      asCloned(ground);
      await ground.ends(0, ...READ_ONLY);
      assert.equal(lockOf(ground), lock);
    });

  test('a provider that is not the locked one is refused, by what is locked and by what is there', async (context) => {
    const ground = await initialised(context, 'hetzner');
    const lock = lockOf(ground);
    asCloned(ground);
    const other = lock.replace(/"h1:[^"]+"/, `"h1:${'A'.repeat(43)}="`);
    writeFileSync(join(ground.work, LOCK), other);
    assert.match(await refused(ground, ...READ_ONLY), /checksum/);
    assert.equal(lockOf(ground), other);
    writeFileSync(join(ground.work, LOCK), lock);
    await ground.ends(0, ...READ_ONLY);
    asCloned(ground);
    appendFileSync(mirrored(ground), 'something else');
    assert.match(await refused(ground, ...READ_ONLY), /checksum/);
    assert.match(await refused(ground, 'init', '-input=false', '-no-color'), /checksum/);
    assert.match(await refused(ground, 'plan', '-input=false', '-no-color'), /plugins are not installed/);
    assert.equal(lockOf(ground), lock);
  });

  test('without a lock file nothing may be locked anew, and a mirror without the provider asks no registry', async (context) => {
    const ground = await initialised(context, 'hetzner');
    asCloned(ground);
    rmSync(join(ground.work, LOCK));
    assert.match(await refused(ground, ...READ_ONLY), /lock file/);
    assert.ok(!existsSync(join(ground.work, LOCK)));
    rmSync(join(ground.plugins, REGISTRY), { recursive: true });
    assert.match(
      await refused(ground, 'init', '-input=false', '-no-color'),
      /hetznercloud\/hcloud was not found in any of the search locations/,
    );
  });
});
