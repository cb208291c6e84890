import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonRecord } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { Cloud } from './values.ts';

const BUILD = fileURLToPath(new URL('../../../scripts/tofu/build.mjs', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../../../deploy/terraform/', import.meta.url));
const SCHEMAS = fileURLToPath(new URL('schemas/', import.meta.url));
/** The first run on a machine builds OpenTofu. */
const BUILD_TIMEOUT_MS = 11 * 60_000;
const RUN_TIMEOUT_MS = 240_000;

/** Name under which a provider is known, and its file is looked for. */
export const SOURCES: Readonly<Record<Cloud, string>> = {
  gcp: 'hashicorp/google',
  aws: 'hashicorp/aws',
  azure: 'hashicorp/azurerm',
  digitalocean: 'digitalocean/digitalocean',
  hetzner: 'hetznercloud/hcloud',
};

/**
 * Of which the schemas were written down; of Hetzner's the documentation names none, so this is one that the
 * module takes.
 */
export const VERSIONS: Readonly<Record<string, string>> = {
  'hashicorp/google': '6.50.0',
  'hashicorp/aws': '6.25.0',
  'hashicorp/azurerm': '4.55.0',
  'digitalocean/digitalocean': '2.71.0',
  'hetznercloud/hcloud': '1.45.0',
};
export const REGISTRY = 'registry.opentofu.org';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the module of a cloud, a provider for it, and what stands for the cloud. */
export interface TofuGround {
  /** Of the module. */
  readonly work: string;
  /** Where the provider is installed from. */
  readonly plugins: string;
  /** TYPE/ID.json for each resource, where the provider is ours. */
  readonly cloud: string;
  /** Values of the variables. */
  readonly write: (values: JsonRecord) => void;
  /** Replaces a text of the module, which must be there. */
  readonly edit: (text: string | RegExp, by: string) => void;
  readonly tofu: (...args: readonly string[]) => Promise<Ran>;
  /** Both outputs of a command, which must end with this code. */
  readonly ends: (code: number, ...args: readonly string[]) => Promise<string>;
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

export interface GroundSettings {
  /** The schema that is written down for the cloud, or the real provider of Google. */
  readonly provider?: 'written' | 'google';
  /**
   * `override`: the provider as it stands, without `init`; `mirror`: to be installed by `init` from a folder
   * laid out as a mirror.
   */
  readonly install?: 'override' | 'mirror';
  readonly env?: NodeJS.ProcessEnv;
}

/** What ends with a test, or with a file of tests. */
export interface Lasting {
  readonly after: (work: () => void) => void;
}

export function tofuGround(
  context: Lasting,
  cloud: Cloud,
  { provider = 'written', install = 'override', env = {} }: GroundSettings = {},
): TofuGround {
  const folder = temporaryFolder(context);
  const [plugins, modules, resources] = ['plugins', 'modules', 'cloud'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [plugins, resources]) mkdirSync(path);
  for (const name of [cloud, 'jump']) cpSync(join(MODULES, name), join(modules, name), { recursive: true });
  const work = join(modules, cloud);
  const main = join(work, 'main.tf');
  const source = SOURCES[cloud];
  const program = built(provider === 'written' ? 'provider' : 'google');
  const settings = join(folder, 'settings.tofurc');
  writeFileSync(settings, (install === 'override' ? override : mirror)(plugins, source, program));
  const binary = built('tofu');
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
  const tofu: TofuGround['tofu'] = (...args) =>
    new Promise((resolve) => {
      const options = { cwd: work, env: environment, timeout: RUN_TIMEOUT_MS, maxBuffer: 16 << 20 };
      execFile(binary, [...args], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
    });
  return {
    work,
    plugins,
    cloud: resources,
    write: (values) => writeFileSync(join(work, 'terraform.tfvars.json'), JSON.stringify(values)),
    edit: (text, by) => {
      const before = readFileSync(main, 'utf8');
      const after = before.replace(text, by);
      if (after === before) throw new Error(`${main} does not have ${text}`);
      writeFileSync(main, after);
    },
    tofu,
    ends: async (code, ...args) => {
      const ran = await tofu(...args);
      const said = `${ran.stdout}${ran.stderr}`;
      assert.equal(ran.code, code, said);
      return said;
    },
  };
}

/** Puts the provider into the folder; the settings that take it from there. */
type Installer = (plugins: string, source: string, program: string) => string;

const override: Installer = (plugins, source, program) => {
  symlinkSync(program, join(plugins, providerFile(source)));
  return `provider_installation {\n  dev_overrides {\n    "${source}" = "${plugins}"\n  }\n}\n`;
};

/**
 * As https://opentofu.org/docs/cli/config/config-file says of explicit installation; nothing is asked of a
 * registry.
 */
const mirror: Installer = (plugins, source, program) => {
  const target = `${process.platform}_${{ x64: 'amd64' }[process.arch as string] ?? process.arch}`;
  const version = VERSIONS[source] ?? '0.0.0';
  const place = join(plugins, REGISTRY, source, version, target);
  mkdirSync(place, { recursive: true });
  copyFileSync(program, join(place, `${providerFile(source)}_v${version}`));
  const every = `["${REGISTRY}/*/*"]`;
  return [
    'provider_installation {',
    `  filesystem_mirror {\n    path    = "${plugins}"\n    include = ${every}\n  }`,
    `  direct {\n    exclude = ${every}\n  }`,
    '}\n',
  ].join('\n');
};

function providerFile(source: string): string {
  return `terraform-provider-${source.split('/')[1]}`;
}
