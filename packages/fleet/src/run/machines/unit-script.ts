import { createHash } from 'node:crypto';
import { shellWord } from '@watchbill/kit/ssh';
import { replaceFile, UNIT_FOLDER, wrapped } from './shell.ts';

/**
 * Units with a new file that systemd may still run as before: for each the SHA-256 of the new text, and after
 * it the old text. The running unit counts as the live one, so the machine returns the old text until the
 * restart is done. A run that was cut off in between is then repeated, and not taken for done.
 */
const PENDING_FOLDER = '/var/lib/watchbill-fleet/units.pending';
/**
 * In place of the old text of a unit that was not there before: it is ours, and not yet as it is declared.
 */
const NOT_STARTED = '# not started yet';

const DIGEST_LENGTH = 64;

/** `pending FILE MARK`: whether the mark belongs to this file. */
export const SHOW_UNIT = `pending() { [ -f "$2" ] && [ ! -L "$1" ] && [ "$(head -c ${DIGEST_LENGTH} "$2")" = "$(sha256sum < "$1" | cut -c1-${DIGEST_LENGTH})" ]; }
show_unit() { if [ -f "$2" ] && pending "$2" "$3"; then printf '%s file' "$1"; rights "$2"; printf ' '; tail -c +${DIGEST_LENGTH + 2} "$3" | base64 -w0; echo; else show_file "$1" "$2"; fi; }`;

/**
 * Prints the line of a unit that `readItems` reads. Needs the functions of `readScript` and `SHOW_UNIT`
 * before it.
 */
export function showUnit(name: string, at: number): string {
  const { file, mark } = filesOf(name);
  return `show_unit ${at} ${file} ${mark}`;
}

/** Puts the unit in the place of the old one, and restarts it. */
export function startUnit(name: string, text: string): string {
  const { file, mark } = filesOf(name);
  const digest = createHash('sha256').update(text).digest('hex');
  const root = { owner: 'root', group: 'root', mode: '0644' };
  const fill = `base64 -d > "$t" <<'EOF'\n${wrapped(text)}\nEOF`;
  const before = `{ echo ${digest}; if [ -f ${file} ] && pending ${file} ${mark}; then tail -c +${DIGEST_LENGTH + 2} ${mark}; elif [ -f ${file} ] && [ ! -L ${file} ]; then cat -- ${file}; else echo ${shellWord(NOT_STARTED)}; fi; } > "$t"`;
  return `${SHOW_UNIT}
install -d -m 0755 -- ${PENDING_FOLDER}
${replaceFile(`${PENDING_FOLDER}/${name}`, root, before)}
${replaceFile(`${UNIT_FOLDER}/${name}`, root, fill)}
systemctl daemon-reload
systemctl enable --quiet ${shellWord(name)}
systemctl restart ${shellWord(name)}
rm -f -- ${mark}`;
}

/** Stops the unit and removes it. One that does not stop keeps its file: a running unit must stay visible. */
export function endUnit(name: string): string {
  const { file, mark } = filesOf(name);
  const quoted = shellWord(name);
  return `systemctl disable --quiet --now ${quoted} || systemctl disable --quiet ${quoted} || :
case $(systemctl show --property=ActiveState --value ${quoted}) in
inactive | failed) ;;
*) echo ${shellWord(`${name} does not stop`)} >&2; exit 75 ;;
esac
rm -f -- ${file} ${mark}
systemctl daemon-reload
systemctl reset-failed ${quoted} 2>/dev/null || :`;
}

function filesOf(name: string): { readonly file: string; readonly mark: string } {
  return { file: shellWord(`${UNIT_FOLDER}/${name}`), mark: shellWord(`${PENDING_FOLDER}/${name}`) };
}
