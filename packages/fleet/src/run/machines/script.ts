import { shellWord } from '@watchbill/kit/ssh';
import type { MachineItem } from '../../file/graph/index.ts';
import { replaceFile, wrapped } from './shell.ts';
import { endUnit, SHOW_UNIT, showUnit, startUnit } from './unit-script.ts';

export { UNIT_FOLDER, wrapped } from './shell.ts';

/** The folder of what we made for a network on a machine: one record for each resource. */
export function recordFolder(network: string): string {
  return `/var/lib/watchbill-fleet/${network}`;
}

/**
 * Prints, for each item, a line `INDEX KIND FIELDS…`, where fields are in base64; `absent` in place of a
 * kind.
 */
export function readScript(network: string, items: readonly MachineItem[]): string {
  return [
    SHOW,
    SHOW_UNIT,
    `for f in ${shellWord(recordFolder(network))}/*.json; do [ -f "$f" ] && { printf 'record '; base64 -w0 < "$f"; echo; }; done; true`,
    ...items.map((item, at) => showItem(item, at)),
  ].join('\n');
}

/** Links are not followed: a link in place of a file is another item. */
const SHOW = `b() { printf '%s' "$1" | base64 -w0; }
rights() { for w in $(stat -c '%U %G 0%a' -- "$1"); do printf ' %s' "$(b "$w")"; done; }
absent() { echo "$1 absent"; }
show_user() { h=$(getent passwd "$2" | cut -d: -f6) || h=; [ -n "$h" ] && echo "$1 user $(b "$h")" || absent "$1"; }
show_directory() { [ -d "$2" ] && [ ! -L "$2" ] && { printf '%s directory' "$1"; rights "$2"; echo; } || absent "$1"; }
show_file() { [ -f "$2" ] && [ ! -L "$2" ] && { printf '%s file' "$1"; rights "$2"; printf ' '; base64 -w0 < "$2"; echo; } || absent "$1"; }
show_binary() { [ -f "$2" ] && [ ! -L "$2" ] && { printf '%s binary' "$1"; rights "$2"; printf ' %s' "$(b "$(sha256sum < "$2" | cut -c1-64)")"; echo; } || absent "$1"; }`;

function showItem(item: MachineItem, at: number): string {
  if (item.kind === 'unit') return showUnit(item.name, at);
  return `show_${item.kind} ${at} ${shellWord('path' in item ? item.path : item.name)}`;
}

/**
 * Makes the declared item; a file is complete or unchanged. `content`: the bytes of a binary that is stored
 * here.
 */
export function applyScript(item: MachineItem, content: Uint8Array | null): string {
  switch (item.kind) {
    case 'user':
      return `getent passwd ${shellWord(item.name)} >/dev/null || useradd --system --user-group --no-create-home --home-dir ${shellWord(item.home)} --shell /usr/sbin/nologin ${shellWord(item.name)}`;
    case 'directory':
      return `install -d -o ${shellWord(item.owner)} -g ${shellWord(item.group)} -m ${shellWord(item.mode)} -- ${shellWord(item.path)}`;
    case 'file':
      return replaceFile(item.path, item, `base64 -d > "$t" <<'EOF'\n${wrapped(item.text)}\nEOF`);
    case 'binary':
      return fetchBinary(item, content);
    case 'unit':
      return startUnit(item.name, item.text);
  }
}

/** A download gets its name only if its digest is the declared one. */
function fetchBinary(item: MachineItem & { readonly kind: 'binary' }, content: Uint8Array | null): string {
  const source = shellWord(item.source);
  const fetch =
    content === null
      ? `command -v curl >/dev/null || { echo 'curl is not on the machine, and files with a URL need it; Debian: apt-get install curl' >&2; exit 69; }
curl --fail --silent --show-error --location --proto '=https' --max-time 1800 --output "$t" ${source}`
      : `base64 -d > "$t" <<'EOF'\n${wrapped(content)}\nEOF`;
  return replaceFile(
    item.path,
    item,
    `${fetch}
[ "$(sha256sum < "$t" | cut -c1-64)" = ${shellWord(item.sha256)} ] || { echo ${shellWord(`${item.source} has another SHA-256`)} >&2; exit 65; }`,
  );
}

/** Removes the item. A directory that is not empty, and a user, stay: chains and keys lie there. */
export function removeScript(item: MachineItem): string {
  switch (item.kind) {
    case 'user':
      return ':';
    case 'directory':
      return `[ ! -d ${shellWord(item.path)} ] || rmdir -- ${shellWord(item.path)} 2>/dev/null || :`;
    case 'file':
    case 'binary':
      return `rm -f -- ${shellWord(item.path)}`;
    case 'unit':
      return endUnit(item.name);
  }
}
