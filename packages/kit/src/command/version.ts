import { readFileSync } from 'node:fs';

/**
 * Version of this package, or of the add-on with this code, from its package.json: beside the sources and
 * beside the packed JavaScript
 * alike.
 */
export function packageVersion(start: string = import.meta.url): string {
  const depth = 5;
  for (let up = 0; up < depth; up++) {
    const version = versionIn(new URL(`${'../'.repeat(up)}package.json`, start));
    if (version !== null) return version;
  }
  throw new Error(`no package.json of watchbill within ${depth} folders above ${start}; install it again`);
}

function versionIn(file: URL): string | null {
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown; version?: unknown };
    return isOurs(manifest.name) && typeof manifest.version === 'string' ? manifest.version : null;
  } catch {
    return null;
  }
}

/** In the sources the package of this file; packed, the command or one of its add-ons. */
function isOurs(name: unknown): boolean {
  return /^(?:@watchbill\/kit|watchbill(?:-(?:fleet|nominate|coordinate))?)$/.test(String(name));
}
