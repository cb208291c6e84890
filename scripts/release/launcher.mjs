// Starts watchbill inside of the one file with Node (docs/decisions/0078-release.md). The files of the npm
// package are assets of the executable; for the program they are in the folder `EXECUTABLE/`, which no disk
// can have. `whole.mjs` bundles this file.

import { keepCompiledCode } from '../../packages/watchbill/bin/compiled-code.mjs';
import { isLasting, limitYoungGeneration } from '../../packages/watchbill/bin/young-generation.mjs';

const builtin = process.getBuiltinModule;
const fs = builtin('node:fs');
const threads = builtin('node:worker_threads');
const { getRawAsset, getAssetKeys } = builtin('node:sea');
const { fileURLToPath, pathToFileURL } = builtin('node:url');

const HOME = `${process.execPath}/`;
const HOME_URL = pathToFileURL(HOME).href;
/** The first bytes of a packed asset: RFC 8878. */
const ZSTD = 0xfd2fb528;
const START = `${HOME_URL}start`;
/** A module to load before the program. */
let first = HOME_URL;
const NAMES = new Set(getAssetKeys());

/** The name of an asset for a path or a file URL; null for all others. */
function assetOf(place) {
  const text = String(place);
  const path = text.startsWith('file:') ? fileURLToPath(text) : text;
  const name = path.startsWith(HOME) ? path.slice(HOME.length) : '';
  return NAMES.has(name) ? name : null;
}

/** Modules are packed, as they are large; the rest is packed already or small. */
function contentOf(name) {
  const bytes = Buffer.from(getRawAsset(name));
  return bytes.length > 4 && bytes.readUInt32LE(0) === ZSTD
    ? builtin('node:zlib').zstdDecompressSync(bytes)
    : Buffer.from(bytes);
}

function serveModules() {
  builtin('node:module').registerHooks({
    resolve(specifier, context, next) {
      const url = /^(?:[.]{0,2}[/]|file:)/.test(specifier) ? new URL(specifier, context.parentURL).href : '';
      return url.startsWith(HOME_URL)
        ? { url, format: 'module', shortCircuit: true }
        : next(specifier, context);
    },
    load(url, context, next) {
      const name = assetOf(url);
      if (name === null && url !== START) return next(url, context);
      const main = globalThis.watchbillThread ?? `${HOME_URL}dist/main.js`;
      const before = first.startsWith('data:') ? `await import(${JSON.stringify(first)}); ` : '';
      const source =
        name === null
          ? `void (async () => { ${before}await import(${JSON.stringify(main)}); })();`
          : contentOf(name);
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

function serveFiles() {
  const { readFileSync, existsSync, accessSync } = fs;
  const { readFile } = fs.promises;
  fs.accessSync = (place, mode) => assetOf(place) ?? accessSync(place, mode);
  fs.promises.readFile = async (place, options) =>
    assetOf(place) === null ? readFile(place, options) : fs.readFileSync(place, options);
  fs.existsSync = (place) => assetOf(place) !== null || existsSync(place);
  fs.readFileSync = (place, options) => {
    const name = typeof place === 'number' ? null : assetOf(place);
    if (name === null) return readFileSync(place, options);
    const bytes = contentOf(name);
    const encoding = typeof options === 'string' ? options : options?.encoding;
    return encoding ? bytes.toString(encoding) : bytes;
  };
}

/** A thread is not the executable: it gets this file as text, with the module to start. */
function serveThreads() {
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    constructor(program, options) {
      if (assetOf(program) === null) super(program, options);
      else {
        const text = contentOf('launcher.cjs');
        super(`globalThis.watchbillThread = ${JSON.stringify(String(program))};${text}`, {
          ...options,
          eval: true,
        });
      }
    }
  };
}

/** Node takes options of such an executable in one word. */
function execve(path, [, ...words], env) {
  const count = words.indexOf(path);
  process.execve(
    path,
    [path, `--node-options=${words.slice(0, count).join(' ')}`, ...words.slice(count + 1)],
    env,
  );
}

function prepareCommand() {
  // Processes that the program starts get its name as the script, as with Node, perhaps after a module.
  const script = process.argv[2] === '--import' ? 4 : 2;
  if (process.argv[script] === process.execPath) [, first] = process.argv.splice(2, script - 1);
  process.argv[1] = process.execPath;
  if (!isLasting(process.argv)) keepCompiledCode();
  else limitYoungGeneration({ ...process, execPath: process.execPath, channel: process.channel, execve });
}

serveModules();
serveFiles();
serveThreads();
if (threads.isMainThread) prepareCommand();
// A script of such an executable may import modules of Node alone; a module that it requires may import all.
builtin('node:module').createRequire(HOME)(`${HOME}start`);
