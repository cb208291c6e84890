import { readFileSync } from 'node:fs';

/** Version of this package, or of the add-on with this code. */
export function packageVersion(start?: string): string {
  return packageManifest(start).version;
}

/**
 * The package.json beside the sources and beside the packed JavaScript alike. A release that has a site of
 * its pages names it there.
 */
export function packageManifest(start: string = import.meta.url) {
  const depth = 5;
  for (let up = 0; up < depth; up++) {
    const manifest = manifestIn(new URL(`${'../'.repeat(up)}package.json`, start));
    if (manifest !== null) return manifest;
  }
  throw new Error(`no package.json of watchbill within ${depth} folders above ${start}; install it again`);
}

function manifestIn(file: URL): { readonly version: string; readonly homepage?: string } | null {
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    return isOurs(manifest.name) && typeof manifest.version === 'string' ? manifest : null;
  } catch {
    return null;
  }
}

/** In the sources the package of this file; packed, the command or one of its add-ons. */
function isOurs(name: unknown): boolean {
  return /^(?:@watchbill\/kit|watchbill(?:-(?:fleet|nominate|coordinate))?)$/.test(String(name));
}
