// Why a build failed, in one line: what is missing, and the command that mends it.

import { statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { cacheRoot } from './build-cache.mjs';

/** Debian packages of the programs that builds ask for. */
const PACKAGES = {
  cc: 'gcc libc6-dev',
  gcc: 'gcc libc6-dev',
  'c++': 'g++',
  'g++': 'g++',
  ar: 'binutils',
  ld: 'binutils',
  protoc: 'protobuf-compiler',
  libclang: 'libclang-dev',
  'dpkg-deb': 'dpkg',
  'apt-get': 'apt',
};
const FULL_DISK = /No space left on device|ENOSPC|disk quota exceeded|EDQUOT/i;
const NO_NETWORK = new RegExp(
  [
    'could not resolve (?:host|proxy)',
    'temporary failure (?:in name resolution|resolving)',
    'no such host|getaddrinfo|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT',
    'connection (?:refused|reset|timed out)|network is unreachable|i/o timeout|TLS handshake timeout',
    "failed to (?:download|fetch)|couldn't connect|could not connect",
  ].join('|'),
  'i',
);
/** The first host that a message about the network names. */
const HOST = /(?:resolve host:? |lookup |getaddrinfo \S+ |https?:\/\/)([a-z0-9-]+(?:\.[a-z0-9-]+)+)/i;
const MISSING_TOOLS = [
  /linker `([^`]+)` not found/,
  /failed to find tool "([^"]+)"/,
  /is `([^`]+)` not installed\?/,
  /exec: "([^"]+)": executable file not found/,
  /(?:sh|bash): (?:line )?\d+: ([\w+.-]+): (?:command )?not found/,
  /env: '?([\w+.-]+)'?: No such file or directory/,
  /Could not find `(protoc)`/,
  /Unable to find (libclang)/,
];

/**
 * @param {unknown} error
 * @param {string} again the command that builds
 * @returns {string} one line
 */
export function faultLine(error, again) {
  const message = error instanceof Error ? error.message : String(error);
  const output = error?.output ?? '';
  const text = `${message}\n${output}`;
  if (FULL_DISK.test(text)) return `the disk is full (${freeSpace()}). Free some space, then run: ${again}`;
  const tool = error?.missing ?? MISSING_TOOLS.map((pattern) => pattern.exec(text)?.[1]).find(Boolean);
  if (tool !== undefined) return `${tool} is missing. Run: ${installing(tool)}${again}`;
  if (NO_NETWORK.test(output)) {
    const host = HOST.exec(output)?.[1] ?? 'the package registry';
    return `no connection to ${host}. Check the network and the proxy settings, then run: ${again}`;
  }
  return output !== '' ? `${message}; its output is above. To try again, run: ${again}` : message;
}

function installing(tool) {
  if (tool === 'npm' || tool === 'go' || tool === 'cargo') return '';
  return `apt-get install -y ${PACKAGES[tool] ?? tool} && `;
}

function freeSpace() {
  for (const folder of [cacheRoot(), homedir(), '/']) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return `${Math.floor((bavail * bsize) / 2 ** 20)} MB free for ${folder}`;
    } catch {}
  }
  return 'the cache is there';
}
