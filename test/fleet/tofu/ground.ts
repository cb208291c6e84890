import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Cloud } from './module.ts';

const BUILD = fileURLToPath(new URL('../../../scripts/tofu/build.mjs', import.meta.url));
const SCHEMAS = fileURLToPath(new URL('schemas/', import.meta.url));
/** The first run on a machine builds OpenTofu. */
const BUILD_TIMEOUT_MS = 11 * 60_000;
const RUN_TIMEOUT_MS = 90_000;

/** Name under which a provider is known, and its file is looked for. */
const SOURCES: Readonly<Record<Cloud, string>> = {
  gcp: 'hashicorp/google',
  aws: 'hashicorp/aws',
  azure: 'hashicorp/azurerm',
  digitalocean: 'digitalocean/digitalocean',
  hetzner: 'hetznercloud/hcloud',
};

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with one module, a provider for it, and what stands for the cloud. */
export interface TofuGround {
  readonly folder: string;
  /** TYPE/ID.json for each resource, where the provider is ours. */
  readonly cloud: string;
  readonly write: (module: object) => void;
  readonly tofu: (...args: readonly string[]) => Promise<Ran>;
}

let programs: ReadonlyMap<string, string> | null = null;

/** Paths of OpenTofu and of providers, built where they are missing. */
function built(part: string): string {
  programs ??= new Map(
    execFileSync(process.execPath, [BUILD], {
      encoding: 'utf8',
      timeout: BUILD_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const),
  );
  const found = programs.get(part);
  if (found === undefined) throw new Error(`there is no ${part}`);
  return found;
}

/** `provider`: the schema that is written down for the cloud, or the real provider of Google. */
export function tofuGround(
  context: TestContext,
  cloud: Cloud,
  { provider = 'written', env = {} }: { provider?: 'written' | 'google'; env?: NodeJS.ProcessEnv } = {},
): TofuGround {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-tofu-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const [plugins, work, resources] = ['plugins', 'module', 'cloud'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [plugins, work, resources]) mkdirSync(path);
  const source = SOURCES[cloud];
  const file = `terraform-provider-${source.split('/')[1]}`;
  symlinkSync(built(provider === 'written' ? 'provider' : 'google'), join(plugins, file));
  const settings = join(folder, 'settings.tofurc');
  writeFileSync(
    settings,
    `provider_installation {\n  dev_overrides {\n    "${source}" = "${plugins}"\n  }\n}\n`,
  );
  const tofu = built('tofu');
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    TF_CLI_CONFIG_FILE: settings,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    WATCHBILL_SCHEMA: join(SCHEMAS, `${cloud}.json`),
    WATCHBILL_CLOUD: resources,
    ...env,
  };
  return {
    folder,
    cloud: resources,
    write: (module) => writeFileSync(join(work, 'main.tf.json'), JSON.stringify(module, null, 2)),
    tofu: (...args) =>
      new Promise((resolve) => {
        const options = { cwd: work, env: environment, timeout: RUN_TIMEOUT_MS, maxBuffer: 16 << 20 };
        execFile(tofu, [...args], options, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
        );
      }),
  };
}
