// Bundles our packages into plain JavaScript: Node strips no types under node_modules.

import { cpSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { isTestOnly } from '../check/sources.mjs';
import { ROOT } from '../pinned.mjs';

/** The commands that are packages by themselves, each in `packages/NAME/src/commands`. */
export const ADD_ONS = ['fleet', 'nominate', 'coordinate'];

const MAIN = 'packages/watchbill/src/main.ts';
const BOARD_API = 'node_modules/@bull-board/api/dist/index.js';
const BOARD_PAGES = 'node_modules/@bull-board/ui/dist';
/** CommonJS packages inside of a bundle of ES modules: they need these two names. */
const COMMON_JS = `import { createRequire as commonJs } from 'node:module';
const require = commonJs(import.meta.url), __dirname = import.meta.dirname;`;

/** `ws` has native parts that it can do without. It looks at these variables before it loads them. */
const WS_ALONE = {
  'process.env.WS_NO_BUFFER_UTIL': '"1"',
  'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
};

/** The command with everything that it imports, except the add-ons. */
export function bundleCommand(folder) {
  return bundle(folder, {
    entryPoints: { main: MAIN },
    plugins: [{ name: 'add-ons', setup: leaveAddOns }],
  });
}

/** The command with its add-ons and all that they import, for the one file with Node inside. */
export function bundleWhole(folder) {
  return bundle(folder, { entryPoints: { main: MAIN, ...threads('*') } });
}

/** One add-on, with everything that it imports. */
export function bundleAddOn(folder, name) {
  return bundle(folder, {
    entryPoints: { main: `packages/${name}/src/commands/${name}-command.ts`, ...threads(name) },
  });
}

async function bundle(folder, { plugins = [], ...options }) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    banner: { js: COMMON_JS },
    define: WS_ALONE,
    alias: { '@fastify/static': './scripts/pack/static-files.cjs' },
    legalComments: 'none',
    // A process holds the text of its modules. Lines and names stay, for the places in a stack trace.
    // `keepNames` would name each closure at run time, which is a tenth of the cost of a grant.
    minifyWhitespace: true,
    lineLimit: 120,
    metafile: true,
    logLevel: 'warning',
    plugins: [
      ...plugins,
      { name: 'node', setup: requireModulesOfNode },
      { name: 'imports', setup: (build) => changeImports(build, options.entryPoints.main === MAIN) },
    ],
    ...options,
  });
  refuseDynamicImports(metafile);
  // The import rules refuse test code too, but this reads the inputs that esbuild used.
  const wrong = Object.keys(metafile.inputs).filter(
    (path) => path.startsWith('packages/') && isTestOnly(path),
  );
  if (wrong.length > 0) throw new Error(`these must not be bundled: ${wrong.join(', ')}`);
  copyMonitoring(metafile, join(folder, 'dist'));
  if (BOARD_API in metafile.inputs) copyBoard(metafile, join(folder, 'board/dist'));
  return metafile;
}

/** The pages of the queue's board; `changeImports` says where. The licences are those of its inputs. */
function copyBoard({ outputs }, out) {
  cpSync(join(ROOT, BOARD_PAGES), out, { recursive: true });
  outputs.board = { inputs: { [BOARD_PAGES]: {} }, imports: [] };
}

/** Alerts and boards: a module reads them from its own folder, which is that of the bundle. */
function copyMonitoring({ inputs }, out) {
  const folders = new Set(Object.keys(inputs).map((path) => dirname(path)));
  for (const path of globSync('packages/*/src/{alerts,watch}/*.{yaml,json}', { cwd: ROOT }))
    if (folders.has(dirname(path))) cpSync(join(ROOT, path), join(out, basename(path)));
}

/**
 * esbuild gives `import()` of a bundled CommonJS package no names. A module of ours must stand between them.
 */
export function refuseDynamicImports({ inputs }) {
  for (const [path, { imports }] of Object.entries(inputs))
    for (const { kind, path: target } of imports)
      if (kind === 'dynamic-import' && path.startsWith('packages/') && target.includes('node_modules/'))
        throw new Error(
          `${path} loads ${target} by import(); import() a module of ours that exports its names`,
        );
}

/** `import('./fleet-command.ts')` of the door of an add-on becomes `import('watchbill-fleet')`. */
function leaveAddOns({ onResolve }) {
  const door = new RegExp(`/packages/(${ADD_ONS.join('|')})/src/commands/door[.]ts$`);
  onResolve({ filter: /^[.]\/[a-z]+-command[.]ts$/ }, ({ importer }) => {
    const [, name] = door.exec(importer) ?? [];
    return name === undefined ? undefined : { path: `watchbill-${name}`, external: true };
  });
}

/**
 * `import` of a module of Node reads each of its members, and some members load whole clients: `node:http`
 * costs 50 ms and 14 MB, because it reads `http.WebSocket`. `getBuiltinModule` reads none, and is called by
 * the first use of a member: `node:crypto` costs 7 ms. `import()` needs the names, so it stays.
 */
function requireModulesOfNode({ onResolve, onLoad }) {
  onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
    isBuiltin(path) && kind === 'import-statement'
      ? { path: path.replace(/^(?:node:)?/, 'node:'), namespace: 'node', sideEffects: false }
      : undefined,
  );
  onLoad({ filter: /./, namespace: 'node' }, ({ path }) => ({ contents: moduleOfNode(path) }));
}

/** No object can inherit from a function such as `node:events`, or from the live `node:process`. */
function moduleOfNode(path) {
  const load = `process.getBuiltinModule(${JSON.stringify(path)})`;
  if (path === 'node:process' || typeof process.getBuiltinModule(path) === 'function')
    return `module.exports = ${load};`;
  return `const members = {};
    const load = () => Object.setPrototypeOf(members, ${load});
    const unloaded = new Proxy({}, { get: (_, name) => load()[name], has: (_, name) => name in load() });
    module.exports = Object.create(Object.setPrototypeOf(members, unloaded));`;
}

/** Modules that most commands load. No other package comes with them but `commander`. */
const START = ['kit/call', 'kit/files', 'kit/command/read-secret', 'kit/command/run'];
/** Modules of a command that asks a service or reads its configuration. */
const CLIENT = ['duty/client/api', 'duty/client/target'];

/**
 * Imports to add to a module. A file costs a start 0.4 ms, and esbuild makes one for each set of entries that
 * share modules. Modules that load a part of {@link START} or {@link CLIENT} load all of it, as one file.
 */
function loadedToo(path, text) {
  const isStart = /kit[/]src[/](?!command[/](?:log|yaml-text|[a-z]+-command)[.])/.test(path);
  const isClient = /duty[/]src[/](?!client|config)/.test(path) && /[.]{2}[/](?:client|config)[/]/.test(text);
  const names = [...(isStart ? [] : START), ...(isClient ? CLIENT : [])];
  return names.map((name) => `import '@watchbill/${name}';`).join('');
}

const BOARD_PLACE = "path_1.default.join(__dirname, '../board')";
/** `const { A } = await import('package')` of ours, with the names of the package. */
const NAMED = /const \{ (\w+) \} = await import\('([@a-z][\w/.@-]*)'\)/g;

/**
 * esbuild drops unused members of a namespace, but keeps those of `z`: it has texts in fifty languages.
 * And it gives `import()` of a bundled package one name, `default`: a module in between has the name.
 */
function changeImports({ onLoad, onResolve }, isCommand) {
  onLoad({ filter: /[/]packages[/].*[.]ts$/ }, async ({ path }) => {
    const text = (await readFile(path, 'utf8'))
      .replace("import { z } from 'zod';", "import * as z from 'zod';")
      .replace(NAMED, "const { $1 } = await import('named:$1:$2')");
    return { contents: isCommand ? text + loadedToo(path, text) : text, loader: 'ts' };
  });
  onLoad({ filter: /bull-board[/]api[/]dist[/]index[.]js$/ }, async ({ path }) => ({
    contents: (await readFile(path, 'utf8')).replace(
      /path_1.default.dirname[(]eval[(].*?[)][)]/,
      BOARD_PLACE,
    ),
  }));
  onResolve({ filter: /^named:/ }, ({ path, resolveDir }) => ({
    path,
    namespace: 'named',
    pluginData: resolveDir,
  }));
  onLoad({ filter: /^named:/, namespace: 'named' }, ({ path, pluginData }) => {
    const [, name, from] = path.split(':');
    return { contents: `export { ${name} } from '${from}';`, resolveDir: pluginData };
  });
}

/** The programs of threads, each as a separate output under its file name: `NAME.thread.ts`. */
function threads(name) {
  const paths = globSync(`packages/${name}/src/**/*.thread.ts`, { cwd: ROOT });
  return Object.fromEntries(paths.map((path) => [basename(path, '.ts'), path]));
}
